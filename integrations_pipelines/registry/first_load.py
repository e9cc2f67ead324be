"""The first landing of a resource: nothing is there to compare with, so rows go straight into the current versions."""

from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.bulk import indexes_afterwards
from integrations_pipelines.registry.projecting import (
    RELATION,
    Project,
    copy_records,
    projected_chunks,
    relation_line,
)
from integrations_pipelines.registry.statements import copy_lines, statements

_SQL = statements(Path(__file__).with_name("apply.sql"))
_HELD = ("record_id", "kind", "value", "strength", "entity_type")


def load_first(
    connection: Connection, table: sql.Identifier, values: dict[str, Any], project: Project
) -> dict[str, int]:
    """Take a landing of live records that each stand there once; return rows by outcome: new and quarantined."""
    rows = _SQL.run(connection, "first_records", values, landed_table=table).rowcount
    with indexes_afterwards(connection, rows, "staging.source_record", "staging.identifier"):
        return _load(connection, table, values, project)


def _load(
    connection: Connection, table: sql.Identifier, values: dict[str, Any], project: Project
) -> dict[str, int]:
    _SQL.run(connection, "first_projected")
    failed: dict[int, str] = {}
    query = sql.SQL(_SQL.literal("first_payloads")).format(landed_table=table)
    for ids, columns in projected_chunks(connection, query, values, project):
        failed |= {ids[n]: reason for n, reason in columns.errors.items()}
        copy_records(connection, ids, columns, values["entity_type"])
        last = f"\t{values['entity_type']}\n"
        held = [
            f"{ids[n]}\t{kind}\t{value}\t{strength}{last}" for n, kind, value, strength in columns.identifiers
        ]
        copy_lines(connection, "staging.identifier", _HELD, held)
        start = f"\t{values['source_system_id']}"
        related = [relation_line(f"{ids[row[0]]}{start}", row) for row in columns.relations]
        copy_lines(
            connection, "staging.record_relation", ("record_id", "source_system_id", *RELATION), related
        )
    if failed:
        aside = {**values, "ids": list(failed), "reasons": list(failed.values())}
        _SQL.run(connection, "set_aside_first", aside, landed_table=table)
    new = _SQL.run(connection, "insert_first_records", values, landed_table=table).rowcount
    _SQL.run(connection, "mark_first_pending", values)
    _SQL.run(connection, "clear_first")
    return {name: count for name, count in (("new", new), ("quarantined", len(failed))) if count}
