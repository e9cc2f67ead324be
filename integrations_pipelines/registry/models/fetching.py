"""What steers fetching: rate budgets, the windows of backfills, sweeps, and the records that sweeps missed."""

import datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import Audited, Base, Identified, Key

SCHEMA = "integrations"


class RateBudget(Identified, Base):
    """How many requests an account may still send, for one class of endpoints: a bucket that refills.

    ``capacity`` and ``refill`` (a second) are null where no limit is known; ``blocked_until`` is a pause that the third
    party asked for. ``waiting_lane``: the most urgent lane (0 first) that was refused lately, until ``waiting_until``.
    """

    __tablename__ = "rate_budget"
    __table_args__ = (UniqueConstraint("source_system_id", "name"), {"schema": SCHEMA})

    source_system_id: Mapped[int] = mapped_column(ForeignKey("integrations.source_system.id"))
    name: Mapped[Key]
    capacity: Mapped[float | None] = mapped_column(Float)
    refill: Mapped[float | None] = mapped_column(Float)
    tokens: Mapped[float] = mapped_column(Float, server_default=text("0"))
    refilled_at: Mapped[datetime.datetime] = mapped_column(server_default=text("now()"))
    blocked_until: Mapped[datetime.datetime | None]
    waiting_lane: Mapped[int | None] = mapped_column(SmallInteger)
    waiting_until: Mapped[datetime.datetime | None]
    taken: Mapped[int] = mapped_column(server_default=text("0"))


class BackfillWindow(Identified, Audited, Base):
    """One window of a backfill, half-open; done once, whoever asks again. ``attempts`` is its fencing token too."""

    __tablename__ = "backfill_window"
    __table_args__ = (
        UniqueConstraint("source_system_id", "resource", "from_at", "to_at"),
        {"schema": SCHEMA},
    )

    source_system_id: Mapped[int] = mapped_column(ForeignKey("integrations.source_system.id"))
    resource: Mapped[Key]
    from_at: Mapped[datetime.datetime]
    to_at: Mapped[datetime.datetime]
    status: Mapped[str] = mapped_column(server_default="waiting")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("integrations.import_job.id"))
    import_job_id: Mapped[int | None] = mapped_column(ForeignKey("integrations.import_job.id"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    cursor: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    extracted: Mapped[int] = mapped_column(server_default=text("0"))
    outcomes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    error: Mapped[str | None]
    next_try_at: Mapped[datetime.datetime | None]


class Sweep(Identified, Audited, Base):
    """How far sweeps of a resource are: ``generation`` counts the complete ones."""

    __tablename__ = "sweep"
    __table_args__ = (UniqueConstraint("source_system_id", "resource"), {"schema": SCHEMA})

    source_system_id: Mapped[int] = mapped_column(ForeignKey("integrations.source_system.id"))
    resource: Mapped[Key]
    generation: Mapped[int] = mapped_column(server_default=text("0"))
    attempted_at: Mapped[datetime.datetime | None]
    completed_at: Mapped[datetime.datetime | None]


class SuspectedRecord(Base):
    """A live record that a complete sweep did not see: suspected of being gone. ``missed``: by how many sweeps."""

    __tablename__ = "suspected_record"
    __table_args__ = ({"schema": SCHEMA},)

    source_system_id: Mapped[int] = mapped_column(
        ForeignKey("integrations.source_system.id"), primary_key=True, autoincrement=False
    )
    resource: Mapped[Key] = mapped_column(primary_key=True)
    source_record_id: Mapped[Key] = mapped_column(primary_key=True)
    missed: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    suspected_at: Mapped[datetime.datetime] = mapped_column(server_default=text("now()"))
