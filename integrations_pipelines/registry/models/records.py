"""Schemas ``staging``, ``resolution`` and ``entities``, and the record map: records, mapping, canonical entities."""

import datetime
import uuid as uuidlib
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import KEY, Audited, Base, Identified, Key


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
    resource: Mapped[Key]
    source_record_id: Mapped[Key]
    entity_type: Mapped[Key]
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


# A cleaned value that can prove identity, held by a source record. No unique constraint: projection says each value
# once, and the two indexes are what a million rows are written through. ``key`` is the value as 64 bits, by which it is
# found: an index on the value itself is twice as large. Whoever asks by it compares the value too.
identifier = Table(
    "identifier",
    Base.metadata,
    Column("record_id", BigInteger, nullable=False, index=True),
    Column("kind", KEY, nullable=False),
    Column("value", KEY, nullable=False),
    Column("entity_type", KEY, nullable=False),
    Column("strength", KEY, nullable=False),
    Column(
        "key",
        BigInteger,
        Computed("staging.identifier_key(entity_type, kind, value)", persisted=True),
        nullable=False,
    ),
    Index("ix_identifier_key", "key", postgresql_include=["record_id"]),
    schema="staging",
)

# Source records that resolution has not seen since a landing; resolution deletes what it has dealt with. With a
# ``last_record_id``, every record of the type from one to the other: a first load says so once, not a million times.
pending_record = Table(
    "pending_record",
    Base.metadata,
    Column("record_id", BigInteger, nullable=False),
    Column("entity_type", KEY, nullable=False),
    Column("last_record_id", BigInteger),
    schema="staging",
)

# Identifiers that a record no longer holds: a value that was generic may have become telling again.
released_identifier = Table(
    "released_identifier",
    Base.metadata,
    Column("kind", KEY, nullable=False),
    Column("value", KEY, nullable=False),
    Column("entity_type", KEY, nullable=False),
    schema="staging",
)


class RecordRelation(Base):
    """What a source record says of its relations; ``object_uuid`` is null while the target is not there: parked."""

    __tablename__ = "record_relation"
    __table_args__ = (
        Index("ix_record_relation_record", "record_id"),
        Index("ix_record_relation_target", "source_system_id", "target_resource", "target_key"),
        Index("ix_record_relation_identifier", "identifier_kind", "identifier_value"),
        Index("ix_record_relation_object", "object_uuid"),
        {"schema": "staging"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int]
    source_system_id: Mapped[int]
    name: Mapped[Key]
    target_type: Mapped[Key]
    target_resource: Mapped[Key | None]
    target_key: Mapped[Key | None]
    identifier_kind: Mapped[Key | None]
    identifier_value: Mapped[Key | None]
    object_uuid: Mapped[uuidlib.UUID | None]


class GenericValue(Base):
    """An identifier value that records of too many names share: it joins nobody while it stands here."""

    __tablename__ = "generic_value"
    __table_args__ = ({"schema": "resolution"},)

    entity_type: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[Key] = mapped_column(primary_key=True)
    value: Mapped[Key] = mapped_column(primary_key=True)
    holders: Mapped[int]
    names: Mapped[int]


class RecordDecision(Identified, Audited, Base):
    """A person's word on two source records, append-only: ``same``, ``different``, or ``unsaid`` (no word any more).

    The smaller record id stands left. ``decision`` is the act that it is part of; with the act it is taken back.
    ``revokes`` takes back a single word.
    """

    __tablename__ = "record_decision"
    __table_args__ = (
        Index("ix_record_decision_left", "left_record_id"),
        Index("ix_record_decision_right", "right_record_id"),
        Index("ix_record_decision_decision", "decision"),
        CheckConstraint("left_record_id < right_record_id", name="left_is_smaller"),
        {"schema": "resolution"},
    )

    verdict: Mapped[str]
    left_record_id: Mapped[int | None] = mapped_column(ForeignKey("staging.source_record.id"))
    right_record_id: Mapped[int | None] = mapped_column(ForeignKey("staging.source_record.id"))
    reason: Mapped[str] = mapped_column(server_default="")
    revokes: Mapped[uuidlib.UUID | None]
    decision: Mapped[uuidlib.UUID | None] = mapped_column(ForeignKey("resolution.decision.uuid"))


class ReviewItem(Identified, Audited, Base):
    """Something a person should look at: what a guard stopped, between two records, and why.

    ``decision`` is the act that answered it last; ``note`` says why it is asked again after that.
    """

    __tablename__ = "review_item"
    __table_args__ = (
        UniqueConstraint("entity_type", "left_record_id", "right_record_id", "reason"),
        {"schema": "resolution"},
    )

    entity_type: Mapped[Key]
    left_record_id: Mapped[int] = mapped_column(ForeignKey("staging.source_record.id", ondelete="CASCADE"))
    right_record_id: Mapped[int] = mapped_column(ForeignKey("staging.source_record.id", ondelete="CASCADE"))
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="open")
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    decision: Mapped[uuidlib.UUID | None] = mapped_column(ForeignKey("resolution.decision.uuid"))
    note: Mapped[str] = mapped_column(server_default="")


class RecordMap(Identified, Audited, Base):
    """Which canonical entity a source record is; the target is named by uuid alone, never by an internal id.

    ``record_id`` is the source record of that key: its id stays, whatever is forgotten, restored or observed of it.
    """

    __tablename__ = "record_map"
    __table_args__ = (
        UniqueConstraint("source_system_id", "resource", "source_record_id", "target_domain"),
        Index("ix_record_map_target", "target_uuid"),
        Index("ix_record_map_record", "record_id"),
        # What changes is in no index: with room in its page, a row is rewritten without touching five of them.
        {"schema": "integrations", "postgresql_with": {"fillfactor": "90"}},
    )

    source_system_id: Mapped[int]
    resource: Mapped[Key]
    source_record_id: Mapped[Key]
    record_id: Mapped[int]
    target_domain: Mapped[Key]
    target_uuid: Mapped[uuidlib.UUID | None]
    map_status: Mapped[Key]
    decided_by: Mapped[Key]
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
        Index("ix_entity_founder", "founder", postgresql_where=text("merged_into is not null")),
        Index("ix_entity_merged_into", "merged_into", postgresql_where=text("merged_into is not null")),
        {"schema": "entities"},
    )

    entity_type: Mapped[Key]
    values: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    merged_into: Mapped[uuidlib.UUID | None]
    founder: Mapped[int]
