"""The first landing of a resource: nothing is there to compare with, so rows go straight into the current versions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.bulk import WORTH_IT, indexes_afterwards
from integrations_pipelines.registry.copying import (
    Documents,
    Field,
    alike,
    as_field,
    binary_rows,
    copy_binary,
    documents_or_null,
)
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
_HELD = ("record_id", "entity_type", "kind", "strength", "value")
# What the newest row says, and after it the live one: a first load's are the same.
_RECORD = (
    *("id", "source_system_id", "resource", "is_deleted", "entity_type"),
    *("landing", "position", "source_version", "observed_at", "content_hash"),
    *("live_landing", "live_position", "live_version", "live_observed_at", "live_hash"),
    *("rejected", "source_record_id", "name_key", "attributes"),
)
_RELATED = ("record_id", "source_system_id", *RELATION)


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
    """Some rows ready for COPY, who of them waits for resolution, and by position why others cannot be projected."""

    records: bytes
    identifiers: bytes
    relations: bytes
    pending: NDArray[np.int64]
    failed: dict[int, str]


def _load(
    connection: Connection, table: sql.Identifier, values: dict[str, Any], project: Project
) -> dict[int, str]:
    """Copy everything; return why payloads cannot be projected, by position."""
    failed: dict[int, str] = {}
    pending: list[int] = []
    query = sql.SQL(_SQL.literal("first_payloads")).format(landed_table=table)
    for chunk in prepared_chunks(connection, query, values, project, partial(_chunk, values)):
        copy_binary(connection, "staging.source_record", _RECORD, chunk.records)
        copy_binary(connection, "staging.identifier", _HELD, chunk.identifiers)
        copy_text(connection, "staging.record_relation", _RELATED, chunk.relations)
        pending += chunk.pending[[0, -1]].tolist() if len(chunk.pending) else []
        failed |= chunk.failed
    if pending:
        _SQL.run(connection, "mark_loaded", {**values, "first": min(pending), "last": max(pending)})
    return failed


def _chunk(values: dict[str, Any], heads: list[Head], columns: ProjectedColumns) -> _Chunk:
    own, start = values["entity_type"], f"\t{values['source_system_id']}"
    types = entity_types(columns, own)
    ids = np.array([head[0] for head in heads], dtype=np.int64)
    left_out = [*columns.errors, *columns.passed_over]
    return _Chunk(
        records=_records(values, heads, columns, types),
        identifiers=_identifiers(values, ids, columns),
        relations=as_copy([relation_line(f"{heads[row[0]][0]}{start}", row) for row in columns.relations]),
        pending=np.delete(ids, left_out) if left_out else ids,
        failed={heads[n][1]: reason for n, reason in columns.errors.items()},
    )


def _records(values: dict[str, Any], heads: list[Head], columns: ProjectedColumns, types: list[str]) -> bytes:
    attributes = Documents(said for said in columns.attributes if said is not None)
    taken, name_keys, rejected, kinds = (
        _without(columns.errors, part) for part in (heads, columns.name_keys, columns.rejected, types)
    )
    ids, positions, keys, *moments = ([head[n] for head in taken] for n in range(6))
    versions, observed, hashes = map(as_field, moments)
    seen = (
        values["landing"].to_bytes(8, "big"),
        np.array(positions, dtype=np.int32),
        versions,
        observed,
        hashes,
    )
    fields: tuple[Field, ...] = (
        np.array(ids, dtype=np.int64),
        values["source_system_id"].to_bytes(8, "big"),
        values["resource"].encode(),
        b"\0",
        alike(kinds),
        *seen,
        *seen,
        documents_or_null(rejected),
        keys,
        name_keys,
        attributes,
    )
    return binary_rows(len(taken), fields)


def _without(rows: Collection[int], part: Sequence[Any]) -> Sequence[Any]:
    return [one for n, one in enumerate(part) if n not in rows] if rows else part


def _identifiers(values: dict[str, Any], ids: NDArray[np.int64], columns: ProjectedColumns) -> bytes:
    if not columns.identifiers:
        return b""
    rows, kinds, held, strengths = zip(*columns.identifiers, strict=True)
    fields = ids[np.array(rows)], values["entity_type"].encode(), kinds, strengths, held
    return binary_rows(len(rows), fields)
