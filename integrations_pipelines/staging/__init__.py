"""Third party to landed rows: the only room that speaks dlt. What it hands on is Arrow and JSON.

``fetch.fetch`` and ``read_file`` give units, ``land`` puts one unit's rows into PostgreSQL, ``probe.probe`` tries
credentials. What needs dlt is not imported here: that takes half a second, and a run that takes webhooks does without.
"""

from integrations_pipelines.staging.account import Account, Credentials, Limits
from integrations_pipelines.staging.files import FileShape, read_file, shape_of
from integrations_pipelines.staging.land import Landing, land
from integrations_pipelines.staging.tables import create_landing_table, landing_schema, landing_table
from integrations_pipelines.staging.units import OBSERVED_SCHEMA, Cursor, Rejected, Unit, rows_of

__all__ = [
    "OBSERVED_SCHEMA",
    "Account",
    "Credentials",
    "Cursor",
    "FileShape",
    "Landing",
    "Limits",
    "Rejected",
    "Unit",
    "create_landing_table",
    "land",
    "landing_schema",
    "landing_table",
    "read_file",
    "rows_of",
    "shape_of",
]
