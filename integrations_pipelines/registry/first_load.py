"""The first landing of a resource: nothing is there to compare with, so rows go straight into the current versions."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.bulk import WORTH_IT, indexes_afterwards
from integrations_pipelines.registry.isolating import set_aside
from integrations_pipelines.registry.projecting import (
    RELATION,
    Head,
    Project,
    ProjectedColumns,
    entity_types,
    prepared_chunks,
    relation_line,
)
from integrations_pipelines.registry.statements import as_copy, copy_text, statements

_SQL = statements(Path(__file__).with_name("apply.sql"))
_HELD = ("record_id", "kind", "value", "strength", "entity_type")
_RECORD = (
    *("id", "source_system_id", "resource", "source_record_id", "is_deleted", "landing", "position"),
    *("source_version", "observed_at", "content_hash", "live_landing", "live_position", "live_version"),
    *("live_observed_at", "live_hash", "attributes", "name_key", "rejected", "entity_type"),
)
_RELATED = ("record_id", "source_system_id", *RELATION)
_PENDING = ("record_id", "entity_type")
# No cleaned value holds a control character.
_NULL = "\x02"


def load_first(
    connection: Connection, table: sql.Identifier, values: dict[str, Any], project: Project
) -> dict[str, int]:
    """Take a landing of live records that each stand there once; return rows by outcome: new and quarantined."""
    ((rows,),) = _SQL.run(connection, "first_rows", values, landed_table=table).fetchall()
    with indexes_afterwards(connection, rows, "staging.source_record", "staging.identifier"):
        failed = _load(connection, table, values, project)
    if rows >= WORTH_IT:
        _SQL.run(connection, "analyze_first")
    if failed:
        set_aside(connection, table, values, failed)
    outcomes = {"new": rows - len(failed), "quarantined": len(failed)}
    return {name: count for name, count in outcomes.items() if count}


@dataclass(frozen=True, kw_only=True)
class _Chunk:
    """Some rows ready for COPY, and by position why others cannot be projected."""

    records: bytes
    identifiers: bytes
    relations: bytes
    pending: bytes
    failed: dict[int, str]


def _load(
    connection: Connection, table: sql.Identifier, values: dict[str, Any], project: Project
) -> dict[int, str]:
    """Copy everything; return why payloads cannot be projected, by position."""
    failed: dict[int, str] = {}
    query = sql.SQL(_SQL.literal("first_payloads")).format(landed_table=table)
    for chunk in prepared_chunks(connection, query, values, project, partial(_chunk, values)):
        copy_text(connection, "staging.source_record", _RECORD, chunk.records, null=_NULL)
        copy_text(connection, "staging.identifier", _HELD, chunk.identifiers)
        copy_text(connection, "staging.record_relation", _RELATED, chunk.relations)
        copy_text(connection, "staging.pending_record", _PENDING, chunk.pending)
        failed |= chunk.failed
    return failed


def _chunk(values: dict[str, Any], heads: list[Head], columns: ProjectedColumns) -> _Chunk:
    own = values["entity_type"]
    types = entity_types(columns, own)
    said = zip(heads, columns.attributes, columns.name_keys, columns.rejected, types, strict=True)
    records = [
        f"{id_}\t{fields}\t{attributes}\t{key}\t{rejected or _NULL}\t{type_}\n"
        for (id_, _, fields), attributes, key, rejected, type_ in said
        if attributes
    ]
    end, start = f"\t{own}\n", f"\t{values['source_system_id']}"
    held = [
        f"{heads[n][0]}\t{kind}\t{value}\t{strength}{end}" for n, kind, value, strength in columns.identifiers
    ]
    taken = zip(heads, columns.attributes, types, strict=True)
    return _Chunk(
        records=as_copy(records),
        identifiers=as_copy(held),
        relations=as_copy([relation_line(f"{heads[row[0]][0]}{start}", row) for row in columns.relations]),
        pending=as_copy([f"{head[0]}{end}" for head, said, type_ in taken if said and type_ == own]),
        failed={heads[n][1]: reason for n, reason in columns.errors.items()},
    )
