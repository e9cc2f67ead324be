"""Schema ``integrations``: source systems, import jobs, landings, cursors, the log, the quarantine."""

import datetime
import uuid as uuidlib
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import NEW_UUID, Audited, Base, Identified, Key

SCHEMA = "integrations"


class SourceSystem(Identified, Audited, Base):
    """One account at a third party; ``system_key`` is immutable, ``config_payload`` holds settings, never secrets."""

    __tablename__ = "source_system"
    __table_args__ = ({"schema": SCHEMA},)

    system_key: Mapped[Key] = mapped_column(unique=True)
    label: Mapped[str]
    system_type: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    config_payload: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    poll_seconds: Mapped[int | None]


class ImportJob(Identified, Audited, Base):
    """One run of one source system; ``run_key`` is the Dagster run, and one run opens one job a source system.

    ``parent_id``: the backfill that it belongs to. ``next_try_at``: when it starts again, for a deferred one.
    """

    __tablename__ = "import_job"
    __table_args__ = (
        UniqueConstraint("source_system_id", "run_key"),
        Index("ix_import_job_source_system_started", "source_system_id", text("started_at desc")),
        {"schema": SCHEMA},
    )

    source_system_id: Mapped[int] = mapped_column(ForeignKey("integrations.source_system.id"))
    job_type: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="running")
    started_at: Mapped[datetime.datetime] = mapped_column(server_default=text("now()"))
    completed_at: Mapped[datetime.datetime | None]
    run_key: Mapped[str | None]
    result_summary: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    error_payload: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("integrations.import_job.id"), sort_order=94)
    next_try_at: Mapped[datetime.datetime | None] = mapped_column(sort_order=95)


class Landing(Identified, Audited, Base):
    """One unit of work of a job: some pages, landed together; ``status`` goes started, landed, applied.

    ``window_id``: the backfill window that it belongs to; null for what belongs to the resource's own lease.
    """

    __tablename__ = "landing"
    __table_args__ = (
        Index("ix_landing_import_job_resource", "import_job_id", "resource"),
        Index(
            "ix_landing_waiting", "source_system_id", "resource", postgresql_where=text("status = 'landed'")
        ),
        {"schema": SCHEMA},
    )

    source_system_id: Mapped[int] = mapped_column(ForeignKey("integrations.source_system.id"))
    import_job_id: Mapped[int] = mapped_column(ForeignKey("integrations.import_job.id"))
    resource: Mapped[Key]
    origin: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="started")
    extracted: Mapped[int] = mapped_column(server_default=text("0"))
    landed: Mapped[int] = mapped_column(server_default=text("0"))
    outcomes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    cursor_after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    window_id: Mapped[int | None] = mapped_column(sort_order=94)


class SyncCursor(Identified, Audited, Base):
    """Where a resource's next sync starts, and who may move it: the run that holds the newest ``fencing_token``."""

    __tablename__ = "sync_cursor"
    __table_args__ = (UniqueConstraint("source_system_id", "resource"), {"schema": SCHEMA})

    source_system_id: Mapped[int] = mapped_column(ForeignKey("integrations.source_system.id"))
    resource: Mapped[Key]
    cursor: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    fencing_token: Mapped[int] = mapped_column(server_default=text("0"))
    last_synced_at: Mapped[datetime.datetime | None]
    last_full_at: Mapped[datetime.datetime | None]
    pace_seconds: Mapped[int | None]


class SyncLog(Base):
    """The append-only account of what happened, partitioned by month; a trigger refuses UPDATE and DELETE."""

    __tablename__ = "sync_log"
    __table_args__ = (
        UniqueConstraint("uuid", "created_at"),
        Index("ix_sync_log_import_job", "import_job_id", postgresql_using="brin"),
        {"schema": SCHEMA, "postgresql_partition_by": "RANGE (created_at)"},
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    uuid: Mapped[uuidlib.UUID] = mapped_column(server_default=NEW_UUID)
    source_system_id: Mapped[int | None]
    import_job_id: Mapped[int | None]
    event_type: Mapped[str]
    status: Mapped[str]
    message: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    created_at: Mapped[datetime.datetime] = mapped_column(server_default=text("now()"), primary_key=True)
    updated_at: Mapped[datetime.datetime] = mapped_column(server_default=text("now()"))
    created_by: Mapped[str] = mapped_column(server_default=text("integrations.actor()"))
    updated_by: Mapped[str] = mapped_column(server_default=text("integrations.actor()"))


class QuarantinedRecord(Identified, Audited, Base):
    """A record that could not be taken: its bytes as they came, the stage, the reason, and when it is tried again.

    ``is_gone``: it came from a listing of deleted records. ``observed_at`` orders it among the record's versions when
    it is taken at last. ``status`` is waiting, resolved or discarded; ``closed_reason`` is a person's word.
    """

    __tablename__ = "quarantined_record"
    __table_args__ = (
        Index(
            "ix_quarantined_record_waiting",
            "source_system_id",
            "resource",
            postgresql_where=text("status = 'waiting'"),
        ),
        {"schema": SCHEMA},
    )

    source_system_id: Mapped[int] = mapped_column(ForeignKey("integrations.source_system.id"))
    import_job_id: Mapped[int] = mapped_column(ForeignKey("integrations.import_job.id"))
    resource: Mapped[Key]
    source_record_id: Mapped[str | None]
    stage: Mapped[str]
    error_class: Mapped[str]
    message: Mapped[str]
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    attempts: Mapped[int] = mapped_column(server_default=text("1"))
    next_try_at: Mapped[datetime.datetime | None]
    status: Mapped[str] = mapped_column(server_default="waiting")
    is_gone: Mapped[bool] = mapped_column(server_default=text("false"))
    source_version: Mapped[datetime.datetime | None]
    observed_at: Mapped[datetime.datetime] = mapped_column(server_default=text("now()"))
    closed_reason: Mapped[str | None]
