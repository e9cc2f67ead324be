"""The shapes of what an explanation is made of.

A record is named ``SYSTEM:RESOURCE:ID``, an entity, a job and a decision by uuid. ``id`` and ``ids`` are internal: they
lead from one statement to the next and are never shown.
"""

import uuid as uuidlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Moment = datetime


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
