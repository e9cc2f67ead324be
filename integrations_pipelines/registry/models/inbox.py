"""Schema ``integrations``: the inbox of webhooks, the right to empty it, and what was refused at its door."""

import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import Audited, Base, Identified, Key

SCHEMA = "integrations"


class WebhookEvent(Identified, Audited, Base):
    """A delivery as it came, verified: its raw body, chosen headers, and how far its work is.

    ``delivery_key`` is the third party's id of the delivery, or stands in for one; ``signed_hash`` is over what the
    signature covers, because that id is unsigned mostly. ``secret_version_id`` is null where the source system takes
    unsigned ones. ``body`` is read through ``registry.packing``; ``unpacked_size`` is null where it is as it came.
    ``seen_again_at``: the same came under another id, and may be a hint at another change.
    No foreign keys: thousands of rows a second are written by one room alone.
    """

    __tablename__ = "webhook_event"
    __table_args__ = (
        UniqueConstraint("source_system_id", "delivery_key"),
        UniqueConstraint("source_system_id", "signed_hash"),
        CheckConstraint("state in ('received', 'leased', 'done', 'dead')", name="state"),
        Index(
            "ix_webhook_event_waiting",
            "source_system_id",
            "id",
            postgresql_where=text("state in ('received', 'leased')"),
        ),
        Index("ix_webhook_event_created_at", "created_at", postgresql_using="brin"),
        {"schema": SCHEMA},
    )

    source_system_id: Mapped[int]
    delivery_key: Mapped[Key]
    signed_hash: Mapped[bytes] = mapped_column(LargeBinary)
    secret_version_id: Mapped[int | None]
    sent_at: Mapped[datetime.datetime | None]
    headers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    unpacked_size: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(server_default="received")
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    lease_until: Mapped[datetime.datetime | None]
    next_try_at: Mapped[datetime.datetime | None]
    seen_again_at: Mapped[datetime.datetime | None]
    import_job_id: Mapped[int | None]
    note: Mapped[str | None]


class WebhookDrain(Identified, Audited, Base):
    """The right to empty a source system's part of the inbox: who asked for a run last, and until when it is his."""

    __tablename__ = "webhook_drain"
    __table_args__ = (UniqueConstraint("source_system_id"), {"schema": SCHEMA})

    source_system_id: Mapped[int]
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    lease_until: Mapped[datetime.datetime | None]


class WebhookRefusal(Identified, Audited, Base):
    """How many deliveries were refused for which reason. Their bodies are not kept."""

    __tablename__ = "webhook_refusal"
    __table_args__ = (UniqueConstraint("source_system_id", "reason"), {"schema": SCHEMA})

    source_system_id: Mapped[int]
    reason: Mapped[Key]
    refused: Mapped[int] = mapped_column(server_default=text("0"))
    last_refused_at: Mapped[datetime.datetime]
