"""The dlt pipeline that a landing goes through: extract, normalise, load, in a folder of its own."""

import tempfile
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import dlt
import psycopg
import pyarrow as pa
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.schema.typing import TColumnSchema
from dlt.destinations import postgres
from dlt.pipeline.exceptions import PipelineStepFailed

from integrations_pipelines.errors import DatabaseUnavailable, TellDeveloper
from integrations_pipelines.staging.dlt_runtime import isolate_dlt
from integrations_pipelines.staging.tables import has_dlt_tables, landing_schema, only_one

if TYPE_CHECKING:
    from dlt.destinations.impl.postgres.postgres import PostgresClient

# What dlt is told of the columns. The table was made before: dlt finds nothing to change, so that it never alters.
_HINTS: Final[dict[str, TColumnSchema]] = {
    "landing": {"data_type": "bigint", "nullable": False},
    "position": {"data_type": "bigint", "precision": 32, "nullable": False},
    "source_system": {"data_type": "text", "nullable": False},
    "source_record_id": {"data_type": "text", "nullable": False},
    "source_version": {"data_type": "timestamp", "nullable": True},
    "content_hash": {"data_type": "binary", "nullable": False},
    "is_deleted": {"data_type": "bool", "nullable": False},
    "origin": {"data_type": "text", "nullable": False},
    "import_job": {"data_type": "text", "nullable": False},
    "observed_at": {"data_type": "timestamp", "nullable": False},
    "payload": {"data_type": "json", "nullable": True},
}


class _Destination(postgres):
    """dlt's destination, which works out eighteen times a landing what it can do: a sixth of its cost.

    Nothing that it looks at changes meanwhile but the naming convention; each caller gets a copy of its own.
    """

    def __init__(self, database_url: str) -> None:
        super().__init__(credentials=database_url)
        self._known: dict[str, DestinationCapabilitiesContext] = {}

    @property
    def client_class(self) -> "type[PostgresClient]":
        """dlt's client, with ADBC's handles kept; imported with the first landing, as dlt does it."""
        from integrations_pipelines.staging.adbc_handles import Client

        return Client

    def capabilities(self, config: Any = None, naming: Any = None) -> DestinationCapabilitiesContext:
        """As dlt says; worked out once for each naming convention where no ``config`` is given."""
        if config is not None:
            return super().capabilities(config, naming)
        name = naming.name() if naming else ""
        if name not in self._known:
            self._known[name] = super().capabilities(naming=naming)
        return self._known[name].copy()


def append(database_url: str, connector: str, resource: str, rows: pa.Table) -> None:
    """Append ``rows``, enveloped, to the landing table. Raise ``DatabaseUnavailable`` or ``TellDeveloper``."""
    isolate_dlt()
    with tempfile.TemporaryDirectory(prefix="landing-") as folder:
        pipeline = dlt.pipeline(
            pipeline_name=f"land_{uuid4().hex}",
            pipelines_dir=folder,
            destination=_Destination(database_url),
            dataset_name=landing_schema(connector),
        )
        try:
            pipeline.extract(
                dlt.resource([rows], name=resource, columns=_HINTS, write_disposition="append"),
                schema=dlt.Schema(f"{connector}_{resource}"),
                loader_file_format="parquet",
            )
            pipeline.normalize()
            _load(database_url, connector, pipeline)
        except PipelineStepFailed as error:
            raise _recovery(f"landing {connector}.{resource}", error) from error


def _load(database_url: str, connector: str, pipeline: dlt.Pipeline) -> None:
    with psycopg.connect(database_url) as connection:
        first = not has_dlt_tables(connection, connector)
        if first:
            # dlt makes its own two tables with a plain CREATE TABLE; two first loads at once would collide.
            only_one(connection)
            pipeline.sync_schema()
    pipeline.load()


def _recovery(where: str, error: PipelineStepFailed) -> Exception:
    """Return our error for dlt's: the name of what went wrong, never its text, which may hold a row or an URL."""
    cause: BaseException | None = error
    names = []
    while cause is not None:
        names.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    if any(name in {"OperationalError", "InterfaceError"} for name in names):
        return DatabaseUnavailable(f"{where}: {names[-1]}")
    return TellDeveloper(f"{where}: {' < '.join(names)}")
