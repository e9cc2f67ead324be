"""Rate budgets, backfill windows and sweeps. Before the deploy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SCHEMA = "integrations"
AUDITED = ("backfill_window", "sweep")


def upgrade() -> None:
    """Make the tables."""
    op.add_column("import_job", sa.Column("parent_id", sa.BigInteger(), nullable=True), schema=SCHEMA)
    op.add_column(
        "import_job", sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True), schema=SCHEMA
    )
    op.create_foreign_key(
        op.f("fk_import_job_parent_id"),
        "import_job",
        "import_job",
        ["parent_id"],
        ["id"],
        source_schema=SCHEMA,
        referent_schema=SCHEMA,
    )
    _budgets()
    _windows()
    _sweeps()
    op.add_column("landing", sa.Column("window_id", sa.BigInteger(), nullable=True), schema=SCHEMA)
    for table in AUDITED:
        op.execute(
            f"create trigger touch before update on integrations.{table} "
            "for each row execute function integrations.touch()"
        )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_column("landing", "window_id", schema=SCHEMA)
    for table in ("suspected_record", "sweep", "backfill_window", "rate_budget"):
        op.drop_table(table, schema=SCHEMA)
    op.drop_constraint(op.f("fk_import_job_parent_id"), "import_job", schema=SCHEMA)
    op.drop_column("import_job", "next_try_at", schema=SCHEMA)
    op.drop_column("import_job", "parent_id", schema=SCHEMA)


def _budgets() -> None:
    op.create_table(
        "rate_budget",
        *_identified(),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("capacity", sa.Float(), nullable=True),
        sa.Column("refill", sa.Float(), nullable=True),
        sa.Column("tokens", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("refilled_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_lane", sa.SmallInteger(), nullable=True),
        sa.Column("waiting_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        *_keys("rate_budget", "name"),
        schema=SCHEMA,
    )


def _windows() -> None:
    op.create_table(
        "backfill_window",
        *_identified(),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(collation="C"), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("import_job_id", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cursor", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("extracted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "outcomes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        *_audited(),
        *_keys("backfill_window", "resource", "from_at", "to_at"),
        *(
            sa.ForeignKeyConstraint(
                [name], ["integrations.import_job.id"], name=op.f(f"fk_backfill_window_{name}")
            )
            for name in ("parent_id", "import_job_id")
        ),
        schema=SCHEMA,
    )


def _sweeps() -> None:
    op.create_table(
        "sweep",
        *_identified(),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(collation="C"), nullable=False),
        sa.Column("generation", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        *_audited(),
        *_keys("sweep", "resource"),
        schema=SCHEMA,
    )
    op.create_table(
        "suspected_record",
        sa.Column("source_system_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("resource", sa.Text(collation="C"), nullable=False),
        sa.Column("source_record_id", sa.Text(collation="C"), nullable=False),
        sa.Column("missed", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "suspected_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["source_system_id"],
            ["integrations.source_system.id"],
            name=op.f("fk_suspected_record_source_system_id"),
        ),
        sa.PrimaryKeyConstraint(
            "source_system_id", "resource", "source_record_id", name=op.f("pk_suspected_record")
        ),
        schema=SCHEMA,
    )


def _identified() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
    )


def _audited() -> tuple[sa.schema.SchemaItem, ...]:
    now, actor = sa.text("now()"), sa.text("integrations.actor()")
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("created_by", sa.Text(), server_default=actor, nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=actor, nullable=False),
    )


def _keys(table: str, *unique: str) -> tuple[sa.Constraint, ...]:
    columns = ("source_system_id", *unique)
    return (
        sa.ForeignKeyConstraint(
            ["source_system_id"],
            ["integrations.source_system.id"],
            name=op.f(f"fk_{table}_source_system_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}")),
        sa.UniqueConstraint("uuid", name=op.f(f"uq_{table}_uuid")),
    )
