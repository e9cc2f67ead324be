"""Source systems, jobs, landings, cursors, log, quarantine. Before the deploy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

AUDITED = ("source_system", "import_job", "landing", "sync_cursor", "quarantined_record")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "source_system",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("system_key", sa.Text(collation="C"), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("system_type", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "config_payload",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("poll_seconds", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_system")),
        sa.UniqueConstraint("system_key", name=op.f("uq_source_system_system_key")),
        sa.UniqueConstraint("uuid", name=op.f("uq_source_system_uuid")),
        schema="integrations",
    )
    op.create_table(
        "sync_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("source_system_id", sa.BigInteger(), nullable=True),
        sa.Column("import_job_id", sa.BigInteger(), nullable=True),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column(
            "payload", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.PrimaryKeyConstraint("id", "created_at", name=op.f("pk_sync_log")),
        sa.UniqueConstraint("uuid", "created_at", name=op.f("uq_sync_log_uuid_created_at")),
        schema="integrations",
        postgresql_partition_by="RANGE (created_at)",
    )
    op.create_index(
        "ix_sync_log_import_job",
        "sync_log",
        ["import_job_id"],
        unique=False,
        schema="integrations",
        postgresql_using="brin",
    )
    op.create_table(
        "import_job",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("job_type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="running", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run_key", sa.Text(), nullable=True),
        sa.Column(
            "result_summary",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("error_payload", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_system_id"],
            ["integrations.source_system.id"],
            name=op.f("fk_import_job_source_system_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
        sa.UniqueConstraint(
            "source_system_id", "run_key", name=op.f("uq_import_job_source_system_id_run_key")
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_import_job_uuid")),
        schema="integrations",
    )
    op.create_index(
        "ix_import_job_source_system_started",
        "import_job",
        ["source_system_id", sa.literal_column("started_at desc")],
        unique=False,
        schema="integrations",
    )
    op.create_table(
        "sync_cursor",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(collation="C"), nullable=False),
        sa.Column("cursor", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("fencing_token", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_full_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_system_id"],
            ["integrations.source_system.id"],
            name=op.f("fk_sync_cursor_source_system_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_cursor")),
        sa.UniqueConstraint(
            "source_system_id", "resource", name=op.f("uq_sync_cursor_source_system_id_resource")
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_sync_cursor_uuid")),
        schema="integrations",
    )
    op.create_table(
        "landing",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("import_job_id", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(collation="C"), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="started", nullable=False),
        sa.Column("extracted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("landed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "outcomes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("cursor_after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_job_id"], ["integrations.import_job.id"], name=op.f("fk_landing_import_job_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_system_id"], ["integrations.source_system.id"], name=op.f("fk_landing_source_system_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_landing")),
        sa.UniqueConstraint("uuid", name=op.f("uq_landing_uuid")),
        schema="integrations",
    )
    op.create_index(
        "ix_landing_import_job_resource",
        "landing",
        ["import_job_id", "resource"],
        unique=False,
        schema="integrations",
    )
    op.create_index(
        "ix_landing_waiting",
        "landing",
        ["source_system_id", "resource"],
        unique=False,
        schema="integrations",
        postgresql_where=sa.text("status = 'landed'"),
    )
    op.create_table(
        "quarantined_record",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("import_job_id", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(collation="C"), nullable=False),
        sa.Column("source_record_id", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("error_class", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_job_id"],
            ["integrations.import_job.id"],
            name=op.f("fk_quarantined_record_import_job_id"),
        ),
        sa.ForeignKeyConstraint(
            ["source_system_id"],
            ["integrations.source_system.id"],
            name=op.f("fk_quarantined_record_source_system_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_record")),
        sa.UniqueConstraint("uuid", name=op.f("uq_quarantined_record_uuid")),
        schema="integrations",
    )
    op.create_index(
        "ix_quarantined_record_waiting",
        "quarantined_record",
        ["source_system_id", "resource"],
        unique=False,
        schema="integrations",
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.execute("select integrations.ensure_sync_log_partitions()")
    op.execute("create table integrations.sync_log_rest partition of integrations.sync_log default")
    op.execute(
        "create trigger append_only before update or delete on integrations.sync_log "
        "for each row execute function integrations.refuse_change()"
    )
    for table in AUDITED:
        op.execute(
            f"create trigger touch before update on integrations.{table} "
            "for each row execute function integrations.touch()"
        )


def downgrade() -> None:
    """Take back."""
    for table in ("sync_log", *reversed(AUDITED)):
        op.drop_table(table, schema="integrations")
