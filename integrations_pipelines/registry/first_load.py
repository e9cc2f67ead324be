"""The first landing of a resource: nothing is there to compare with, so rows go straight into the current versions."""

from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.bulk import indexes_afterwards
from integrations_pipelines.registry.isolating import set_aside
from integrations_pipelines.registry.projecting import (
    RELATION,
    Head,
    Project,
    ProjectedColumns,
    entity_types,
    projected_chunks,
    relation_line,
)
from integrations_pipelines.registry.statements import copy_lines, statements

_SQL = statements(Path(__file__).with_name("apply.sql"))
_HELD = ("record_id", "kind", "value", "strength", "entity_type")
_RECORD = (
    *("id", "source_system_id", "resource", "source_record_id", "is_deleted", "landing", "position"),
    *("source_version", "observed_at", "content_hash", "live_landing", "live_position", "live_version"),
    *("live_observed_at", "live_hash", "attributes", "name_key", "rejected", "entity_type"),
)
# No cleaned value holds a control character.
_NULL = "\x02"


def load_first(
    connection: Connection, table: sql.Identifier, values: dict[str, Any], project: Project
) -> dict[str, int]:
    """Take a landing of live records that each stand there once; return rows by outcome: new and quarantined."""
    ((rows,),) = _SQL.run(connection, "first_rows", values, landed_table=table).fetchall()
    with indexes_afterwards(connection, rows, "staging.source_record", "staging.identifier"):
        failed = _load(connection, table, values, project)
    if failed:
        set_aside(connection, table, values, failed)
    outcomes = {"new": rows - len(failed), "quarantined": len(failed)}
    return {name: count for name, count in outcomes.items() if count}


def _load(
    connection: Connection, table: sql.Identifier, values: dict[str, Any], project: Project
) -> dict[int, str]:
    """Copy everything; return why payloads cannot be projected, by position."""
    failed: dict[int, str] = {}
    query = sql.SQL(_SQL.literal("first_payloads")).format(landed_table=table)
    for heads, columns in projected_chunks(connection, query, values, project):
        failed |= {heads[n][1]: reason for n, reason in columns.errors.items()}
        _copy(connection, heads, columns, values)
        ends = {**values, "first": heads[0][0], "last": heads[-1][0]}
        _SQL.run(connection, "mark_first_pending", ends)
    return failed


def _copy(
    connection: Connection, heads: list[Head], columns: ProjectedColumns, values: dict[str, Any]
) -> None:
    types = entity_types(columns, values["entity_type"])
    said = zip(heads, columns.attributes, columns.name_keys, columns.rejected, types, strict=True)
    lines = [
        f"{id_}\t{fields}\t{attributes}\t{key}\t{rejected or _NULL}\t{type_}\n"
        for (id_, _, fields), attributes, key, rejected, type_ in said
        if attributes
    ]
    copy_lines(connection, "staging.source_record", _RECORD, lines, null=_NULL)
    end = f"\t{values['entity_type']}\n"
    held = [
        f"{heads[n][0]}\t{kind}\t{value}\t{strength}{end}" for n, kind, value, strength in columns.identifiers
    ]
    copy_lines(connection, "staging.identifier", _HELD, held)
    start = f"\t{values['source_system_id']}"
    related = [relation_line(f"{heads[row[0]][0]}{start}", row) for row in columns.relations]
    copy_lines(connection, "staging.record_relation", ("record_id", "source_system_id", *RELATION), related)
