"""Lands one unit of rows: append-only, through a dlt pipeline of its own, as Parquet through ADBC."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import dlt
import psycopg
import pyarrow as pa
from dlt.common.schema.typing import TColumnSchema
from dlt.destinations import postgres
from dlt.pipeline.exceptions import PipelineStepFailed
from psycopg import sql

from integrations_pipelines.errors import DatabaseUnavailable, TellDeveloper, Unbalanced
from integrations_pipelines.staging.dlt_runtime import isolate_dlt
from integrations_pipelines.staging.tables import (
    create_landing_table,
    has_dlt_tables,
    landing_schema,
    landing_table,
    only_one,
)
from integrations_pipelines.staging.units import OBSERVED_SCHEMA

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
_ENVELOPE_SCHEMA: Final = pa.schema(
    [
        pa.field("landing", pa.int64(), nullable=False),
        pa.field("position", pa.int32(), nullable=False),
        pa.field("source_system", pa.string(), nullable=False),
        *[OBSERVED_SCHEMA.field(name) for name in ("source_record_id", "source_version", "content_hash")],
        OBSERVED_SCHEMA.field("is_deleted"),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("import_job", pa.string(), nullable=False),
        pa.field("observed_at", pa.timestamp("us", tz="UTC"), nullable=False),
        OBSERVED_SCHEMA.field("payload"),
    ]
)
_FEW: Final = 500


@dataclass(frozen=True, kw_only=True)
class Landing:
    """What all rows of one landing have in common. ``landing`` is its number, given once and never again."""

    landing: int
    source_system: UUID
    import_job: UUID
    origin: str
    observed_at: datetime


def land(database_url: str, connector: str, resource: str, rows: pa.Table, landing: Landing) -> int:
    """Append ``rows`` (of ``OBSERVED_SCHEMA``) to the resource's landing table; return how many landed.

    Landing the same number again replaces what a crash may have left of it: those rows are deleted first.
    Raise ``DatabaseUnavailable`` where PostgreSQL does not answer, ``Unbalanced`` if it holds another number of
    rows afterwards, ``TellDeveloper`` for anything else that dlt meets.
    """
    isolate_dlt()
    try:
        with psycopg.connect(database_url) as connection:
            _prepare(connection, connector, resource, landing.landing)
            if landing.origin == "webhook" and 0 < rows.num_rows <= _FEW:
                _append_few(connection, connector, resource, enveloped(rows, landing))
            elif rows.num_rows:
                _append(database_url, connector, resource, enveloped(rows, landing))
            landed = _count(connection, connector, resource, landing.landing)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(f"landing {connector}.{resource}: {type(error).__name__}") from error
    if landed != rows.num_rows:
        raise Unbalanced(f"landing {connector}.{resource}: {rows.num_rows} rows sent, {landed} landed")
    return landed


def enveloped(rows: pa.Table, landing: Landing) -> pa.Table:
    """Return ``rows`` with the columns that are the same for all of them, and their position.

    ``rows`` may bring an ``observed_at`` each: what is read anew keeps the moment at which it came.
    """
    size = rows.num_rows
    same = {
        "landing": pa.scalar(landing.landing, pa.int64()),
        "source_system": pa.scalar(str(landing.source_system)),
        "origin": pa.scalar(landing.origin),
        "import_job": pa.scalar(str(landing.import_job)),
        "observed_at": pa.scalar(landing.observed_at, pa.timestamp("us", tz="UTC")),
    }
    columns = {name: pa.repeat(value, size) for name, value in same.items() if name not in rows.column_names}
    columns["position"] = pa.array(range(size), pa.int32())
    return pa.table(
        [columns[name] if name in columns else rows.column(name) for name in _ENVELOPE_SCHEMA.names],
        schema=_ENVELOPE_SCHEMA,
    )


def _prepare(connection: psycopg.Connection, connector: str, resource: str, landing: int) -> None:
    with connection.transaction():
        create_landing_table(connection, connector, resource)
        connection.execute(
            sql.SQL("DELETE FROM {} WHERE landing = %s").format(landing_table(connector, resource)), [landing]
        )


def _append_few(connection: psycopg.Connection, connector: str, resource: str, rows: pa.Table) -> None:
    """COPY some rows as they are: a dlt pipeline for one webhook costs half a second of processor time."""
    names = sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(landing_table(connector, resource), names)
    with connection.transaction(), connection.cursor().copy(statement) as copy:
        for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            copy.write_row(row)


def _append(database_url: str, connector: str, resource: str, rows: pa.Table) -> None:
    with tempfile.TemporaryDirectory(prefix="landing-") as folder:
        pipeline = dlt.pipeline(
            pipeline_name=f"land_{uuid4().hex}",
            pipelines_dir=folder,
            destination=postgres(credentials=database_url),
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


def _count(connection: psycopg.Connection, connector: str, resource: str, landing: int) -> int:
    row = connection.execute(
        sql.SQL("SELECT count(*) FROM {} WHERE landing = %s").format(landing_table(connector, resource)),
        [landing],
    ).fetchone()
    return int(row[0]) if row else 0
