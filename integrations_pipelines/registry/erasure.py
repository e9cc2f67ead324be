"""Erasure: a person's records go, and the words that mean this person alone go wherever else they stand.

What stays is the fact: a digest of each record's key, so that the record is not taken again, and counts. The tables are
found in PostgreSQL's catalog, so that a table added tomorrow is searched too.
"""

import json
import uuid as uuidlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.registry.packing import empty_packed
from integrations_pipelines.registry.personal_words import (
    bytes_pattern,
    personal_values,
    spellings,
    telling,
    text_pattern,
)
from integrations_pipelines.registry.statements import driver, statements

_SQL = statements(Path(__file__).with_name("erasure.sql"))
_BLOT = "[erased]"
# Where a person's words are somebody's configuration, or part of a chain that proves itself.
_SPARED_TABLES = ["source_system", "secret", "secret_version", "key_check", "alembic_version", "api_token"]
_SPARED_TABLES += ["audit_event", "audit_head", "oauth_grant", "oauth_consent"]
_SPARED_COLUMNS = [
    "created_by",
    "updated_by",
    "system_key",
    "ciphertext",
    "wrapped_key",
    "nonce",
    "entity_type",
    # Hashes and letters of one record, which goes with it; by chance they may spell anything.
    "sketch",
]


@dataclass(frozen=True, kw_only=True)
class ErasedRecord:
    """A source record to be erased. ``id`` and ``attributes`` are None where only traces of it are left."""

    source_system_id: int
    system: uuidlib.UUID
    system_key: str
    system_type: str
    resource: str
    record: str
    id: int | None
    entity_type: str | None
    attributes: Mapping[str, Any] | None
    entity: uuidlib.UUID | None


@dataclass(kw_only=True)
class Removed:
    """How many rows went, by table; where words were blotted out, by column; what others hold too, by kind."""

    rows: Counter[str] = field(default_factory=Counter)
    blotted: Counter[str] = field(default_factory=Counter)
    shared: Counter[str] = field(default_factory=Counter)


def record_of(connection: Connection, system_key: str, resource: str, record: str) -> ErasedRecord | None:
    """Return the record by its key, None for an unknown source system."""
    values = {"system_key": system_key, "resource": resource, "record": record}
    row = _SQL.run(connection, "record", values).fetchone()
    return _erased_record((*row, resource, record)) if row else None


def records_of_entity(connection: Connection, uuid: uuidlib.UUID) -> list[ErasedRecord]:
    """Return all records mapped to the entity; an alias stands for its survivor."""
    return [_erased_record(row) for row in _SQL.run(connection, "entity_records", {"uuid": uuid})]


def as_they_are(connection: Connection, records: Iterable[ErasedRecord]) -> list[ErasedRecord]:
    """Return the same records as they stand now."""
    keys = [(one.system_key, one.resource, one.record) for one in records]
    return [found for key in keys if (found := record_of(connection, *key)) is not None]


def erased_rows(connection: Connection, source_system_id: int, resource: str, ids: Sequence[str]) -> set[int]:
    """Return which of the record ``ids`` were erased, by their place in the list."""
    values = {"source_system_id": source_system_id, "resource": resource}
    if not ids or _SQL.run(connection, "has_erased", values).fetchone() != (True,):
        return set()
    return {int(row[0]) for row in _SQL.run(connection, "erased_rows", {**values, "ids": list(ids)})}


def note_erasures(connection: Connection, records: Iterable[ErasedRecord], reason: str) -> list[uuidlib.UUID]:
    """Write down that the records are erased: from now on they are not taken. Returns the erasures' uuids."""
    found = []
    for record in records:
        values = {**_key(record), "entity": record.entity, "reason": reason}
        found += [row[0] for row in _SQL.run(connection, "note", values)]
    return found


def lift_erasure(connection: Connection, record: ErasedRecord) -> bool:
    """Let the record be taken again; return whether it had been erased."""
    return _SQL.run(connection, "lift", _key(record)).rowcount > 0


def erase(
    connection: Connection,
    records: Sequence[ErasedRecord],
    types: Mapping[str, EntityType],
    regions: Iterable[str | None],
) -> Removed:
    """Remove ``records`` and blot out their words everywhere, in the caller's transaction; return how much went.

    ``regions`` read national phone numbers in what the records once said.
    """
    for permission in (
        "erasure",
        "retention",
    ):  # to blot out lines of the log; to delete what persons decided of them
        driver(connection).execute(
            sql.SQL("set local {} = 'on'").format(sql.Identifier("integrations", permission))
        )
    removed = Removed()
    words = _words(connection, records, types, regions, removed)
    for record in records:
        _erase_traces(connection, record, removed)
    _erase_records(connection, records, words, removed)
    _blot_out(connection, words, removed)
    return removed


def note_removed(connection: Connection, erasures: Sequence[uuidlib.UUID], removed: Removed) -> None:
    """Keep the counts with the erasures, and a line in the sync log."""
    counts = {"rows": dict(removed.rows), "blotted": dict(removed.blotted), "shared": dict(removed.shared)}
    _SQL.run(connection, "note_removed", {"uuids": list(erasures), "removed": json.dumps(counts)})
    line = {**counts, "erasures": [str(uuid) for uuid in erasures]}
    message = f"{len(erasures)} source records erased"
    _SQL.run(connection, "log", {"source_system_id": None, "message": message, "payload": json.dumps(line)})


def _words(
    connection: Connection,
    records: Sequence[ErasedRecord],
    types: Mapping[str, EntityType],
    regions: Iterable[str | None],
    removed: Removed,
) -> frozenset[str]:
    values: dict[str, set[str]] = {}
    for record in records:
        entity_type = types.get(record.entity_type or "")
        if entity_type is not None:
            own = personal_values(entity_type, record.attributes or {})
            for kind, ones in own.items():
                values.setdefault(kind, set()).update(ones)
    _leave_shared(connection, records, values, removed)
    payloads = [payload for record in records for payload in _payloads(connection, record)]
    cleaned = {word for ones in values.values() for word in ones}
    return telling(cleaned | spellings(payloads, values, regions))


def _leave_shared(
    connection: Connection, records: Sequence[ErasedRecord], values: dict[str, set[str]], removed: Removed
) -> None:
    """Take out of ``values`` what others hold or bear too."""
    ids = {"ids": _ids(records)}
    words = {word for kind, ones in values.items() if kind != "name" for word in ones}
    others = {row[0] for row in _SQL.run(connection, "shared", {**ids, "words": list(words)})}
    for kind in values.keys() - {"name"}:
        removed.shared[kind] += len(values[kind] & others)
        values[kind] -= others
    namesakes = {row[0] for row in _SQL.run(connection, "namesakes", ids)}
    shared = {row[0] for row in _SQL.run(connection, "name_keys", ids) if row[1] in namesakes}
    for record in records:
        if record.id in shared and record.attributes:
            before = len(values.get("name", ()))
            values.get("name", set()).difference_update(str(one) for one in record.attributes.values())
            removed.shared["name"] += before - len(values.get("name", ()))


def _payloads(connection: Connection, record: ErasedRecord) -> list[Any]:
    waiting = [row[0] for row in _SQL.run(connection, "waiting", _key(record))]
    table = _landing_table(connection, record)
    return (
        waiting
        if table is None
        else waiting + [row[0] for row in _SQL.run(connection, "landed", _key(record), table=table)]
    )


def _erase_traces(connection: Connection, record: ErasedRecord, removed: Removed) -> None:
    values, table = _key(record), _landing_table(connection, record)
    if table is not None:
        rows = _SQL.run(connection, "delete_landed", values, table=table).rowcount
        removed.rows[f"staging_{record.system_type}.{record.resource}"] += rows
    removed.rows["staging.record_relation"] += _SQL.run(connection, "delete_aiming", values).rowcount
    removed.blotted["integrations.sync_log.payload"] += sum(
        _SQL.run(connection, name, values).rowcount for name in ("forget_key", "forget_line")
    )
    for name, where in (("forget_change", "change.items"), ("forget_delivery", "delivery.changes")):
        removed.blotted[f"integrations.{where}"] += _SQL.run(connection, name, values).rowcount


def _erase_keyed(connection: Connection, records: Sequence[ErasedRecord], removed: Removed) -> None:
    for schema, table in _SQL.run(connection, "keyed").fetchall():
        name = sql.Identifier(schema, table)
        removed.rows[f"{schema}.{table}"] += sum(
            _SQL.run(connection, "delete_keyed", _key(record), table=name).rowcount for record in records
        )


def _erase_records(
    connection: Connection, records: Sequence[ErasedRecord], words: frozenset[str], removed: Removed
) -> None:
    ids = _ids(records)
    uuids = list({record.entity for record in records if record.entity is not None})
    _SQL.run(connection, "left_behind", {"uuids": uuids, "ids": ids})
    _SQL.run(connection, "sharing", {"ids": ids})
    _erase_keyed(connection, records, removed)
    aiming = _SQL.run(connection, "delete_aiming_values", {"values": list(words)}).rowcount
    removed.rows["staging.record_relation"] += aiming
    for schema, table, columns in _SQL.run(connection, "referring").fetchall():
        name = sql.Identifier(schema, table)
        where = sql.SQL(" or ").join(sql.SQL("{} = any(%s)").format(sql.Identifier(one)) for one in columns)
        query = sql.SQL("delete from {} where {}").format(name, where)
        removed.rows[f"{schema}.{table}"] += driver(connection).execute(query, [ids] * len(columns)).rowcount
    removed.rows["resolution.scored_record"] += _SQL.run(connection, "empty_scored", {"ids": ids}).rowcount
    _SQL.run(connection, "leave_scored", {"ids": ids})
    removed.rows["staging.source_record"] += _SQL.run(connection, "delete_records", {"ids": ids}).rowcount
    removed.rows["entities.entity"] += _SQL.run(connection, "empty_entities", {"uuids": uuids}).rowcount


def _blot_out(connection: Connection, words: frozenset[str], removed: Removed) -> None:
    if not words:
        return
    patterns = {"text": text_pattern(words), "bytes": bytes_pattern(words)}
    spared = {"tables": _SPARED_TABLES, "columns": _SPARED_COLUMNS}
    for schema, table, column, kind in _SQL.run(connection, "columns", spared).fetchall():
        query = _blotting(sql.Identifier(schema, table), sql.Identifier(column), kind)
        count = driver(connection).execute(query, patterns).rowcount
        removed.blotted[f"{schema}.{table}.{column}"] += count
    removed.blotted["integrations.webhook_event.body"] += empty_packed(connection, patterns["bytes"])
    _SQL.run(connection, "settle_emptied")


def _blotting(table: sql.Identifier, column: sql.Identifier, kind: str) -> sql.Composed:
    if kind == "bytea":
        text = "update {table} set {column} = '' where encode({column}, 'escape') ~* %(bytes)s"
        return sql.SQL(text).format(table=table, column=column)
    text = (
        "update {table} set {column} = regexp_replace({column}::text, %(text)s, {blot}, 'gi')::{kind} "
        "where {column}::text ~* %(text)s"
    )
    names = {"table": table, "column": column, "blot": sql.Literal(_BLOT), "kind": sql.Identifier(kind)}
    return sql.SQL(text).format(**names)


def _landing_table(connection: Connection, record: ErasedRecord) -> sql.Identifier | None:
    table = sql.Identifier(f"staging_{record.system_type}", record.resource)
    found = driver(connection).execute("select to_regclass(%s)", [table.as_string()]).fetchone()
    return table if found and found[0] else None


def _ids(records: Iterable[ErasedRecord]) -> list[int]:
    return [record.id for record in records if record.id is not None]


def _key(record: ErasedRecord) -> dict[str, Any]:
    return {
        "source_system_id": record.source_system_id,
        "system": str(record.system),
        "system_key": record.system_key,
        "resource": record.resource,
        "record": record.record,
    }


def _erased_record(row: Sequence[Any]) -> ErasedRecord:
    names = (
        "source_system_id",
        "system",
        "system_key",
        "system_type",
        "id",
        "entity_type",
        "attributes",
        "entity",
    )
    return ErasedRecord(**dict(zip((*names, "resource", "record"), row, strict=True)))
