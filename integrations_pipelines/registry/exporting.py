"""Exports: mappings, entities, relations and the log as files, streamed; by uuid and source key, never an internal id.

``restoring`` takes such a file in again.
"""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, LiteralString

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import driver, statements

_SQL = statements(Path(__file__).with_name("export.sql"))
FORMATS = ("csv", "jsonl", "parquet")
_ROWS_AT_ONCE = 10_000
# No character of JSON text: each line of the copy is one document, as it is.
_BARE: Final[LiteralString] = "format csv, quote e'\\x01', delimiter e'\\x02'"


@dataclass(frozen=True, kw_only=True)
class Export:
    """What can be exported: its block in ``export.sql``, and its columns in the order in which they are written.

    ``times`` and ``documents`` name those that are moments and JSON; the others are text. ``by_type``: whether an
    entity type can be asked for.
    """

    name: str
    block: str
    columns: tuple[str, ...]
    times: frozenset[str]
    documents: frozenset[str] = frozenset()
    by_type: bool = True


_AUDIT = ("created_at", "created_by", "updated_at", "updated_by")
_TIMES = frozenset({"created_at", "updated_at"})
EXPORTS: Final[Mapping[str, Export]] = {
    one.name: one
    for one in (
        Export(
            name="record-maps",
            block="record_maps",
            columns=(
                *("uuid", "system_key", "system_type", "resource", "source_record_id", "entity_type"),
                *(
                    "target_domain",
                    "target_uuid",
                    "map_status",
                    "decided_by",
                    "source_version",
                    "content_hash",
                ),
                *("last_synced_at", *_AUDIT),
            ),
            times=_TIMES | {"source_version", "last_synced_at"},
        ),
        Export(
            name="entities",
            block="entities",
            columns=(
                *(
                    "uuid",
                    "entity_type",
                    "values",
                    "merged_into",
                    "founder_system_key",
                    "founder_system_type",
                ),
                *("founder_resource", "founder_record_id", *_AUDIT),
            ),
            times=_TIMES,
            documents=frozenset({"values"}),
        ),
        Export(
            name="relations",
            block="relations",
            columns=(
                *("system_key", "system_type", "resource", "source_record_id", "entity_type", "subject_uuid"),
                *(
                    "name",
                    "target_type",
                    "target_resource",
                    "target_key",
                    "identifier_kind",
                    "identifier_value",
                ),
                "object_uuid",
            ),
            times=frozenset(),
        ),
        Export(
            name="sync-log",
            block="sync_log",
            columns=(
                *("uuid", "system_key", "system_type", "import_job", "job_type", "job_status", "event_type"),
                *("status", "message", "payload", *_AUDIT),
            ),
            times=_TIMES,
            documents=frozenset({"payload"}),
            by_type=False,
        ),
    )
}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which rows; None is no condition. ``since``: what was changed then or later."""

    system_key: str | None = None
    entity_type: str | None = None
    since: datetime.datetime | None = None


def export(connection: Connection, what: Export, chosen: Chosen, form: str, into: BinaryIO) -> int:
    """Write the rows to ``into`` in ``form`` (of ``FORMATS``), as they come; return how many there were."""
    driver(connection).execute("set local timezone to 'UTC'")
    if form == "parquet":
        return _write_parquet(connection, what, chosen, into)
    statement = _csv(what) if form == "csv" else _jsonl(what)
    with driver(connection).cursor() as cursor:
        with cursor.copy(statement, vars(chosen)) as copy:
            for chunk in copy:
                into.write(chunk)
        return max(cursor.rowcount, 0)


def _csv(what: Export) -> sql.Composed:
    """Moments in ISO 8601, as in JSON."""
    spelled = [
        sql.SQL("to_jsonb({0}) #>> '{{}}' as {0}" if name in what.times else "{0}").format(
            sql.Identifier(name)
        )
        for name in what.columns
    ]
    query = sql.SQL("copy (select {columns} from ({rows}) q) to stdout (format csv, header true)")
    return query.format(columns=sql.SQL(", ").join(spelled), rows=sql.SQL(_SQL.literal(what.block)))


def _jsonl(what: Export) -> sql.Composed:
    query = sql.SQL("copy (select row_to_json(q)::text from ({rows}) q) to stdout ({form})")
    return query.format(rows=sql.SQL(_SQL.literal(what.block)), form=sql.SQL(_BARE))


def _write_parquet(connection: Connection, what: Export, chosen: Chosen, into: BinaryIO) -> int:
    import pyarrow as pa
    from pyarrow import parquet

    moment, total = pa.timestamp("us", tz="UTC"), 0
    schema = pa.schema([(name, moment if name in what.times else pa.string()) for name in what.columns])
    with parquet.ParquetWriter(into, schema) as writer:
        for rows in _chunks(connection, what, chosen):
            columns = zip(*rows, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))
            total += len(rows)
    return total


def _chunks(connection: Connection, what: Export, chosen: Chosen) -> Iterator[list[tuple[Any, ...]]]:
    """Yield rows, all but moments as text."""
    spelled = [
        sql.SQL("{}" if name in what.times else "{}::text").format(sql.Identifier(name))
        for name in what.columns
    ]
    query = sql.SQL("select {columns} from ({rows}) q").format(
        columns=sql.SQL(", ").join(spelled), rows=sql.SQL(_SQL.literal(what.block))
    )
    with driver(connection).cursor("export") as cursor:
        cursor.execute(query, vars(chosen))
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield rows
