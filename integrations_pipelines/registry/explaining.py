"""Reads what an explanation is made of, as it stands in the database; what it means is resolution's to say."""

import uuid as uuidlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.explained import (
    AliasRow,
    DecisionRow,
    EntityRow,
    Holder,
    IdentifierRow,
    LinkRow,
    LogRow,
    MapRow,
    MemberRow,
    QuarantineRow,
    RecordRow,
    RelationRow,
    ReviewRow,
    Version,
)
from integrations_pipelines.registry.reading import Row, rows
from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("explain.sql"))

LIMIT = 200  # lines of one sort: an explanation is read by a person


def record_row(connection: Connection, key: Mapping[str, str]) -> RecordRow | None:
    """Return the record ``key`` (``system_key``, ``resource``, ``source_record_id``), None if unknown."""
    return next(iter(_read(connection, "record", RecordRow, key)), None)


def versions(connection: Connection, record: RecordRow) -> list[Version]:
    """Return what landed of ``record``, the last observed first."""
    # DESIGN, section 2: a landed row lives in staging_<connector>.<resource>.
    table = sql.Identifier(f"staging_{record.system_type}", record.resource)
    if _SQL.run(connection, "has_landed", {"table": table.as_string()}).fetchone() != (True,):
        return []
    return rows(connection, _SQL, "versions", Version, {**vars(record), "limit": LIMIT}, landed_table=table)


def identifiers(connection: Connection, record: RecordRow) -> list[IdentifierRow]:
    """Return what ``record`` holds."""
    return _read(connection, "identifiers", IdentifierRow, {"id": record.id})


def holders(connection: Connection, record: RecordRow, entity: uuidlib.UUID | None) -> list[Holder]:
    """Return who holds the same values as ``record``, those of ``entity`` first within each value."""
    return _read(connection, "shared_by", Holder, {"id": record.id, "entity": entity})


def mappings(connection: Connection, key: Mapping[str, str]) -> list[MapRow]:
    """Return the record's maps, one a domain."""
    return _read(connection, "mapping", MapRow, key)


def decisions(connection: Connection, ids: Sequence[int]) -> list[DecisionRow]:
    """Return what persons said of the records, the last word first."""
    return _read(connection, "decisions", DecisionRow, {"ids": list(ids)})


def reviews(connection: Connection, ids: Sequence[int]) -> list[ReviewRow]:
    """Return the open questions about the records."""
    return _read(connection, "reviews", ReviewRow, {"ids": list(ids)})


def relations_of(connection: Connection, ids: Sequence[int]) -> list[RelationRow]:
    """Return what the records say of their relations; ``entity`` is the target."""
    return _read(connection, "relations_of", RelationRow, {"ids": list(ids)})


def relations_to(connection: Connection, entity: uuidlib.UUID, ids: Sequence[int]) -> list[RelationRow]:
    """Return relations that lead to ``entity``, or would; ``entity`` of each is where it comes from."""
    return _read(connection, "relations_to", RelationRow, {"entity": entity, "ids": list(ids)})


def quarantined(connection: Connection, key: Mapping[str, str]) -> list[QuarantineRow]:
    """Return the record's versions that wait in quarantine."""
    return _read(connection, "quarantined", QuarantineRow, key)


def log_of(connection: Connection, key: Mapping[str, str], jobs: Sequence[uuidlib.UUID]) -> list[LogRow]:
    """Return the record's history in the sync log; ``jobs`` are those that landed it."""
    return _read(connection, "log", LogRow, {**key, "jobs": list(jobs)})


def entity_row(connection: Connection, entity: uuidlib.UUID) -> EntityRow | None:
    """Return the entity that the uuid answers as, None if unknown."""
    return next(iter(_read(connection, "entity", EntityRow, {"entity": entity})), None)


def members(connection: Connection, entity: uuidlib.UUID) -> list[MemberRow]:
    """Return all records of ``entity``."""
    return _read(connection, "members", MemberRow, {"entity": entity})


def links(connection: Connection, ids: Sequence[int]) -> list[LinkRow]:
    """Return the values that several of the records hold."""
    return _read(connection, "links", LinkRow, {"ids": list(ids)})


def aliases(connection: Connection, entity: uuidlib.UUID) -> list[AliasRow]:
    """Return the uuids that answer as ``entity``."""
    return _read(connection, "aliases", AliasRow, {"entity": entity})


def _read(connection: Connection, name: str, shape: type[Row], values: Mapping[str, Any]) -> list[Row]:
    return rows(connection, _SQL, name, shape, {**values, "limit": LIMIT})
