"""Which observed rows say nothing new: asked of a whole unit at once, so that what is known need not land."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.apply import LandedUnit, unit_values
from integrations_pipelines.registry.columns import Integers, read_columns
from integrations_pipelines.registry.copying import as_parameter
from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("apply.sql"))
_ASKED = {
    "ids": "source_record_id",
    "versions": "source_version",
    "hashes": "content_hash",
    "deleted": "is_deleted",
}


def known_already(
    connection: Connection, unit: LandedUnit, rows: pa.Table, observed_at: datetime
) -> tuple[Integers, Integers]:
    """Return the numbers of the rows that say nothing new, and for each 1 where this job brought the record before.

    ``rows`` has the columns of a unit as ``staging`` hands it on. That those without a version were seen again is
    noted.
    """
    values = unit_values(connection, unit)
    asked = {name: as_parameter(rows[column]) for name, column in _ASKED.items()}
    known, again = read_columns(connection, sql.SQL(_SQL.literal("known_already")), 2, values | asked)
    _see_again(connection, rows.take(pa.array(known)), values | {"observed_at": observed_at})
    return known, again


def _see_again(connection: Connection, rows: pa.Table, values: dict[str, Any]) -> None:
    unversioned = rows.filter(rows["source_version"].is_null())
    if unversioned.num_rows:
        ids = as_parameter(unversioned["source_record_id"])
        _SQL.run(connection, "seen_again", values | {"ids": ids})
