"""Schema ``integrations``: the feed of changes, who is told of them, what each was told; what webhooks missed."""

import datetime
import uuid as uuidlib
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import Audited, Base, Identified, Key

SCHEMA = "integrations"


class Change(Base):
    """Changes of one kind that one statement made, written by triggers in its transaction.

    ``items`` has an object each, or one object whose arrays have a value each; ``integrations.change_items`` reads
    both. ``position`` is given once the transaction has committed, so that no reader ever passes by a change that
    commits late; null until then.
    """

    __tablename__ = "change"
    __table_args__ = (
        Index("uq_change_position", "position", unique=True, postgresql_where=text("position is not null")),
        Index("ix_change_unplaced", "id", postgresql_where=text("position is null")),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    position: Mapped[int | None]
    kind: Mapped[Key]
    items: Mapped[list[Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime.datetime] = mapped_column(server_default=text("now()"))


class Subscription(Identified, Audited, Base):
    """An endpoint of another service that is told of changes; ``events`` empty means all of them.

    ``position`` and ``place`` say up to where deliveries were made for it. ``state``: active, or disabled by a 410
    or by days of failures. Its signing secret is in the vault under the subscription's uuid.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        CheckConstraint("state in ('active', 'disabled')", name="state"),
        {"schema": SCHEMA},
    )

    url: Mapped[str]
    events: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    state: Mapped[str] = mapped_column(server_default="active")
    position: Mapped[int] = mapped_column(server_default=text("0"))
    place: Mapped[int] = mapped_column(server_default=text("0"))
    failing_since: Mapped[datetime.datetime | None]
    last_delivered_at: Mapped[datetime.datetime | None]
    last_error: Mapped[str | None]


class Delivery(Identified, Audited, Base):
    """One message to one endpoint: some changes of one kind, in order; ``uuid`` is its id, kept on retries."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("status in ('pending', 'delivered', 'dead')", name="status"),
        Index("ix_delivery_due", "next_try_at", postgresql_where=text("status = 'pending'")),
        Index("ix_delivery_subscription", "subscription_id", "id"),
        {"schema": SCHEMA},
    )

    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("integrations.subscription.id", ondelete="CASCADE")
    )
    kind: Mapped[Key]
    changes: Mapped[list[Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(server_default="pending")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_try_at: Mapped[datetime.datetime] = mapped_column(server_default=text("now()"))
    answered: Mapped[int | None]
    error: Mapped[str | None]
    delivered_at: Mapped[datetime.datetime | None]
    redelivers: Mapped[uuidlib.UUID | None]


class MissedEvent(Identified, Audited, Base):
    """A version of a record that a poll saw and no webhook told; ``delivered_at``: one did, later."""

    __tablename__ = "missed_event"
    __table_args__ = (
        UniqueConstraint("source_system_id", "resource", "source_record_id", "content_hash"),
        {"schema": SCHEMA},
    )

    source_system_id: Mapped[int] = mapped_column(ForeignKey("integrations.source_system.id"))
    import_job_id: Mapped[int] = mapped_column(ForeignKey("integrations.import_job.id"))
    resource: Mapped[Key]
    source_record_id: Mapped[Key]
    source_version: Mapped[datetime.datetime | None]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    delivered_at: Mapped[datetime.datetime | None]
