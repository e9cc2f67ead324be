"""What an organisation rules over canonical values: policies, pins, and who may not make entities."""

import datetime
import uuid as uuidlib
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import KEY, Audited, Base, Identified, Key

RULES = ("owner", "source-priority", "newest", "most-frequent", "longest")


class AttributePolicy(Identified, Audited, Base):
    """Whose word counts for one attribute of one entity type; without one the newest does.

    ``sources`` are system keys, the first goes first. ``max_age``: seconds by which a source that has priority may be
    older than the newest word on the attribute; None is any age.
    """

    __tablename__ = "attribute_policy"
    __table_args__ = (
        UniqueConstraint("entity_type", "attribute"),
        CheckConstraint(
            "rule in ('owner', 'source-priority', 'newest', 'most-frequent', 'longest')", name="rule"
        ),
        {"schema": "resolution"},
    )

    entity_type: Mapped[Key]
    attribute: Mapped[Key]
    rule: Mapped[Key]
    sources: Mapped[list[str]] = mapped_column(ARRAY(KEY), server_default=text("'{}'"))
    max_age: Mapped[float | None] = mapped_column(Float)


class CreationBar(Identified, Audited, Base):
    """A source system whose records may join entities of a type, and make none."""

    __tablename__ = "creation_bar"
    __table_args__ = (UniqueConstraint("source_system_id", "entity_type"), {"schema": "resolution"})

    source_system_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("integrations.source_system.id"))
    entity_type: Mapped[Key]


class AttributePin(Identified, Audited, Base):
    """A value that a person set: it goes before whatever records say. Never deleted; ``ended_at`` ends it.

    ``until`` None is for good. ``entity`` has no foreign key: a first load drops and makes that index anew.
    """

    __tablename__ = "attribute_pin"
    __table_args__ = (
        Index(
            "uq_attribute_pin_current",
            "entity",
            "attribute",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
        {"schema": "resolution"},
    )

    entity: Mapped[uuidlib.UUID]
    entity_type: Mapped[Key]
    attribute: Mapped[Key]
    value: Mapped[Any] = mapped_column(JSONB)
    until: Mapped[datetime.datetime | None]
    reason: Mapped[str] = mapped_column(Text, server_default="")
    ended_at: Mapped[datetime.datetime | None]
    ended_reason: Mapped[str] = mapped_column(Text, server_default="")
