"""Lands one unit of rows: append-only, through a dlt pipeline of its own, as Parquet through ADBC."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import psycopg
import pyarrow as pa
from psycopg import sql

from integrations_pipelines.errors import DatabaseUnavailable, Unbalanced
from integrations_pipelines.staging.tables import (
    create_landing_table,
    landing_table,
)
from integrations_pipelines.staging.units import OBSERVED_SCHEMA

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
    try:
        with psycopg.connect(database_url) as connection:
            _prepare(connection, connector, resource, landing.landing)
            if landing.origin == "webhook" and 0 < rows.num_rows <= _FEW:
                _append_few(connection, connector, resource, enveloped(rows, landing))
            elif rows.num_rows:
                # dlt takes half a second to import: a run that takes webhooks does without.
                from integrations_pipelines.staging.loading import append

                append(database_url, connector, resource, enveloped(rows, landing))
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


def _count(connection: psycopg.Connection, connector: str, resource: str, landing: int) -> int:
    row = connection.execute(
        sql.SQL("SELECT count(*) FROM {} WHERE landing = %s").format(landing_table(connector, resource)),
        [landing],
    ).fetchone()
    return int(row[0]) if row else 0
