"""What an explanation is made of, as it stands in the database. Reads only; what it means is resolution's to say.

A record is named ``SYSTEM:RESOURCE:ID``, an entity, a job and a decision by uuid. ``id`` and ``ids`` are internal: they
lead from one statement to the next and are never shown.
"""

import datetime
import uuid as uuidlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.reading import Row, rows
from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("explain.sql"))

Moment = datetime.datetime
LIMIT = 200  # lines of one sort: an explanation is read by a person


@dataclass(frozen=True, kw_only=True)
class RecordRow:
    """The current version of a source record. ``is_pending``: resolution has not seen it as it is now."""

    id: int
    record: str
    system_type: str
    system_uuid: uuidlib.UUID
    resource: str
    source_record_id: str
    entity_type: str
    is_deleted: bool
    source_version: Moment | None
    observed_at: Moment
    landing: int = field(repr=False)
    position: int = field(repr=False)
    live_landing: int | None = field(repr=False)
    live_position: int | None = field(repr=False)
    attributes: Mapping[str, Any]
    rejected: Mapping[str, str]
    is_pending: bool


@dataclass(frozen=True, kw_only=True)
class Version:
    """One landed row. ``state`` is its landing's: ``applied``, ``landed`` (not yet taken), ``abandoned``.

    ``is_newest`` is the row that the record stands at; ``is_live`` the one whose values speak for it.
    """

    source_version: Moment | None
    observed_at: Moment
    origin: str
    job: uuidlib.UUID
    state: str
    is_deleted: bool
    content_hash: str
    is_newest: bool
    is_live: bool


@dataclass(frozen=True, kw_only=True)
class IdentifierRow:
    """A value that a record holds; ``names`` is how many different names share a generic one."""

    kind: str
    value: str
    strength: str
    is_generic: bool
    names: int | None
    holders: int


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Another record that holds the same value."""

    kind: str
    value: str
    record: str
    entity: uuidlib.UUID | None
    is_same_entity: bool


@dataclass(frozen=True, kw_only=True)
class MapRow:
    """A record map; ``records`` is how many records its entity has."""

    uuid: uuidlib.UUID
    target_domain: str
    target_uuid: uuidlib.UUID | None
    map_status: str
    decided_by: str
    source_version: Moment | None
    last_synced_at: Moment
    created_at: Moment
    created_by: str
    records: int


@dataclass(frozen=True, kw_only=True)
class DecisionRow:
    """A person's word; one that was revoked or overruled since is not ``is_current``."""

    uuid: uuidlib.UUID
    verdict: str
    left_record: str | None
    right_record: str | None
    reason: str
    created_at: Moment
    created_by: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class ReviewRow:
    """A question that waits for a person."""

    uuid: uuidlib.UUID
    status: str
    reason: str
    evidence: Mapping[str, Any]
    created_at: Moment
    left_record: str
    right_record: str


@dataclass(frozen=True, kw_only=True)
class RelationRow:
    """A relation: ``record`` says ``name`` of ``aims_at``, a record or ``kind=value``.

    ``entity`` is the one at its other end, None while it is parked.
    """

    name: str
    record: str
    target_type: str
    aims_at: str
    entity: uuidlib.UUID | None
    is_parked: bool


@dataclass(frozen=True, kw_only=True)
class QuarantineRow:
    """A record that waits in quarantine."""

    uuid: uuidlib.UUID
    stage: str
    error_class: str
    message: str
    attempts: int
    created_at: Moment
    updated_at: Moment
    job: uuidlib.UUID | None


@dataclass(frozen=True, kw_only=True)
class LogRow:
    """A line of the sync log, as far as it is about the record."""

    uuid: uuidlib.UUID
    created_at: Moment
    event_type: str
    status: str
    message: str
    job: uuidlib.UUID | None


@dataclass(frozen=True, kw_only=True)
class EntityRow:
    """A canonical entity."""

    uuid: uuidlib.UUID
    entity_type: str
    values: Mapping[str, Any]
    created_at: Moment
    updated_at: Moment


@dataclass(frozen=True, kw_only=True)
class MemberRow:
    """A record of an entity, with the version and the job whose values speak for it."""

    id: int
    record: str
    map_status: str
    decided_by: str
    is_deleted: bool
    attributes: Mapping[str, Any]
    source_version: Moment | None
    observed_at: Moment
    job: uuidlib.UUID | None


@dataclass(frozen=True, kw_only=True)
class LinkRow:
    """A value that several records of an entity hold."""

    kind: str
    value: str
    strength: str
    is_generic: bool
    names: int | None
    ids: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class AliasRow:
    """A uuid that was merged away."""

    uuid: uuidlib.UUID
    created_at: Moment
    merged_at: Moment


def record_row(connection: Connection, key: Mapping[str, str]) -> RecordRow | None:
    """Return the record called ``key`` (``system_key``, ``resource``, ``source_record_id``), None if unknown."""
    return next(iter(_read(connection, "record", RecordRow, key)), None)


def versions(connection: Connection, record: RecordRow) -> list[Version]:
    """Return what landed of ``record``, the last observed first."""
    # DESIGN, section 2: a landed row lives in staging_<connector>.<resource>.
    table = sql.Identifier(f"staging_{record.system_type}", record.resource)
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
    """Return all records of ``entity``, the last of which has the last word."""
    return _read(connection, "members", MemberRow, {"entity": entity})


def links(connection: Connection, ids: Sequence[int]) -> list[LinkRow]:
    """Return the values that several of the records hold."""
    return _read(connection, "links", LinkRow, {"ids": list(ids)})


def aliases(connection: Connection, entity: uuidlib.UUID) -> list[AliasRow]:
    """Return the uuids that answer as ``entity``."""
    return _read(connection, "aliases", AliasRow, {"entity": entity})


def _read(connection: Connection, name: str, shape: type[Row], values: Mapping[str, Any]) -> list[Row]:
    return rows(connection, _SQL, name, shape, {**values, "limit": LIMIT})
