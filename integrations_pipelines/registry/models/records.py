"""Schemas ``staging``, ``integrations.record_map``, ``resolution`` and ``entities``: records, mapping, canonical entities."""

import datetime
import uuid as uuidlib
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import Audited, Base, Identified


class SourceRecord(Base):
    """The current version of a source record.

    ``source_version`` .. ``position`` describe the newest landed row; ``live_*`` the newest that was no tombstone,
    whose cleaned values ``attributes`` holds: a tombstone ends a record's say, not its identity.
    No foreign keys here: rows are written by the million, by one room alone, and a check a row costs more than the row.
    """

    __tablename__ = "source_record"
    __table_args__ = (
        UniqueConstraint("source_system_id", "resource", "source_record_id"),
        {"schema": "staging", "postgresql_with": {"fillfactor": "90"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_system_id: Mapped[int]
    resource: Mapped[str]
    source_record_id: Mapped[str]
    entity_type: Mapped[str]
    is_deleted: Mapped[bool]
    position: Mapped[int] = mapped_column(Integer)
    landing: Mapped[int]
    live_landing: Mapped[int | None]
    live_position: Mapped[int | None] = mapped_column(Integer)
    source_version: Mapped[datetime.datetime | None]
    observed_at: Mapped[datetime.datetime]
    live_version: Mapped[datetime.datetime | None]
    live_observed_at: Mapped[datetime.datetime | None]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    live_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    name_key: Mapped[str] = mapped_column(server_default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    rejected: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class Identifier(Base):
    """A cleaned value that can prove identity, held by a source record."""

    __tablename__ = "identifier"
    __table_args__ = (
        Index("ix_identifier_value", "entity_type", "kind", "value"),
        {"schema": "staging"},
    )

    record_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    entity_type: Mapped[str]
    strength: Mapped[str]


class RecordRelation(Base):
    """What a source record says of its relations; ``object_uuid`` is null while the target is not there: parked."""

    __tablename__ = "record_relation"
    __table_args__ = (
        UniqueConstraint("record_id", "name", "ordinal"),
        Index("ix_record_relation_target", "source_system_id", "target_resource", "target_key"),
        Index("ix_record_relation_identifier", "identifier_kind", "identifier_value"),
        Index("ix_record_relation_object", "object_uuid"),
        {"schema": "staging"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int]
    source_system_id: Mapped[int]
    name: Mapped[str]
    ordinal: Mapped[int] = mapped_column(Integer)
    target_type: Mapped[str]
    target_resource: Mapped[str | None]
    target_key: Mapped[str | None]
    identifier_kind: Mapped[str | None]
    identifier_value: Mapped[str | None]
    object_uuid: Mapped[uuidlib.UUID | None]


class PendingRecord(Base):
    """A source record that resolution has not seen since ``landing``; resolution deletes what it has dealt with."""

    __tablename__ = "pending_record"
    __table_args__ = (Index("ix_pending_record_type", "entity_type"), {"schema": "staging"})

    record_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    landing: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entity_type: Mapped[str]


class ReleasedIdentifier(Base):
    """An identifier that a record no longer holds since ``landing``: a generic value may have become telling again."""

    __tablename__ = "released_identifier"
    __table_args__ = (Index("ix_released_identifier_type", "entity_type"), {"schema": "staging"})

    record_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    landing: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    entity_type: Mapped[str]


class GenericValue(Base):
    """An identifier value that records of too many names share: it joins nobody while it stands here."""

    __tablename__ = "generic_value"
    __table_args__ = ({"schema": "resolution"},)

    entity_type: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    holders: Mapped[int]
    names: Mapped[int]


class RecordDecision(Identified, Audited, Base):
    """A person's word on two source records, append-only: ``same`` or ``different``; ``revokes`` takes one back."""

    __tablename__ = "record_decision"
    __table_args__ = (
        Index("ix_record_decision_left", "left_record_id"),
        Index("ix_record_decision_right", "right_record_id"),
        {"schema": "resolution"},
    )

    verdict: Mapped[str]
    left_record_id: Mapped[int | None] = mapped_column(ForeignKey("staging.source_record.id"))
    right_record_id: Mapped[int | None] = mapped_column(ForeignKey("staging.source_record.id"))
    reason: Mapped[str] = mapped_column(server_default="")
    revokes: Mapped[uuidlib.UUID | None]


class ReviewItem(Identified, Audited, Base):
    """Something a person should look at: what a guard stopped, between two records, and why."""

    __tablename__ = "review_item"
    __table_args__ = (
        UniqueConstraint("entity_type", "left_record_id", "right_record_id", "reason"),
        {"schema": "resolution"},
    )

    entity_type: Mapped[str]
    left_record_id: Mapped[int] = mapped_column(ForeignKey("staging.source_record.id", ondelete="CASCADE"))
    right_record_id: Mapped[int] = mapped_column(ForeignKey("staging.source_record.id", ondelete="CASCADE"))
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="open")
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class RecordMap(Identified, Audited, Base):
    """Which canonical entity a source record is; the target is named by uuid alone, never by an internal id."""

    __tablename__ = "record_map"
    __table_args__ = (
        UniqueConstraint("source_system_id", "resource", "source_record_id", "target_domain"),
        Index("ix_record_map_target", "target_uuid"),
        {"schema": "integrations"},
    )

    source_system_id: Mapped[int]
    resource: Mapped[str]
    source_record_id: Mapped[str]
    target_domain: Mapped[str]
    target_uuid: Mapped[uuidlib.UUID | None]
    map_status: Mapped[str]
    decided_by: Mapped[str]
    last_synced_at: Mapped[datetime.datetime]
    source_version: Mapped[datetime.datetime | None]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)


class Entity(Identified, Audited, Base):
    """A canonical entity of the built-in domain; ``values`` is a pure function of the records mapped to it.

    ``merged_into`` is set on a uuid that became an alias; it still answers. ``founder`` is the source record that the
    uuid was given for: when it stands apart again, it gets this uuid back.
    """

    __tablename__ = "entity"
    __table_args__ = (
        Index("ix_entity_type", "entity_type", postgresql_where=text("merged_into is null")),
        Index("ix_entity_founder", "founder", postgresql_where=text("merged_into is not null")),
        Index("ix_entity_merged_into", "merged_into", postgresql_where=text("merged_into is not null")),
        {"schema": "entities"},
    )

    entity_type: Mapped[str]
    values: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    merged_into: Mapped[uuidlib.UUID | None]
    founder: Mapped[int]
