"""Replay, the change feed and outbound webhooks. Before the deploy."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from integrations_pipelines.registry.statements import statements

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TRIGGERS = statements(Path(__file__).parents[1] / "feed_triggers.sql")
TOLD = ("maps_inserted", "maps_updated", "maps_deleted", "entities_inserted", "entities_updated")

# A minute after the first failure, twice as long after each further one, a day at most.
NEXT_TRY = """
create function integrations.next_try(attempts bigint) returns timestamptz language sql stable parallel safe as
$$ select now() + least(interval '1 minute' * power(2, least(attempts, 20) - 1), interval '1 day') $$
"""


def _moment(name: str, *, default: str | None = None, nullable: bool = True) -> sa.Column[Any]:
    value = sa.text(default) if default else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=value, nullable=nullable)


def _identified() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
    ]


def _audited() -> list[sa.Column[Any]]:
    actor = sa.text("integrations.actor()")
    return [
        _moment("created_at", default="now()", nullable=False),
        _moment("updated_at", default="now()", nullable=False),
        sa.Column("created_by", sa.Text(), server_default=actor, nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=actor, nullable=False),
    ]


def upgrade() -> None:
    """Make the tables."""
    _widen_quarantine()
    _make_feed()
    _make_subscriptions()
    _make_missed()
    for name in ("change_items", *TOLD):
        op.execute(TRIGGERS.literal(name))


def _widen_quarantine() -> None:
    op.execute(NEXT_TRY)
    columns: list[sa.Column[Any]] = [
        sa.Column("is_gone", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _moment("source_version"),
        _moment("observed_at", default="now()", nullable=False),
        sa.Column("closed_reason", sa.Text(), nullable=True),
    ]
    for column in columns:
        op.add_column("quarantined_record", column, schema="integrations")


def _make_feed() -> None:
    op.create_table(
        "change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        _moment("created_at", default="now()", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
        schema="integrations",
    )
    placed, unplaced = sa.text("position is not null"), sa.text("position is null")
    op.create_index(
        "uq_change_position",
        "change",
        ["position"],
        unique=True,
        schema="integrations",
        postgresql_where=placed,
    )
    # Uuids hardly shrink, and pressing them costs more than what triggers do beside it.
    op.execute("alter table integrations.change alter column items set storage external")
    op.create_index("ix_change_unplaced", "change", ["id"], schema="integrations", postgresql_where=unplaced)
    op.execute("create sequence integrations.change_position")


def _make_subscriptions() -> None:
    op.create_table(
        "subscription",
        *_identified(),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("place", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _moment("failing_since"),
        _moment("last_delivered_at"),
        sa.Column("last_error", sa.Text(), nullable=True),
        *_audited(),
        sa.CheckConstraint("state in ('active', 'disabled')", name=op.f("ck_subscription_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("uuid", name=op.f("uq_subscription_uuid")),
        schema="integrations",
    )
    op.create_table(
        "delivery",
        *_identified(),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _moment("next_try_at", default="now()", nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        _moment("delivered_at"),
        sa.Column("redelivers", sa.Uuid(), nullable=True),
        *_audited(),
        sa.CheckConstraint("status in ('pending', 'delivered', 'dead')", name=op.f("ck_delivery_status")),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["integrations.subscription.id"],
            name=op.f("fk_delivery_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("uuid", name=op.f("uq_delivery_uuid")),
        schema="integrations",
    )
    due = sa.text("status = 'pending'")
    op.create_index(
        "ix_delivery_due", "delivery", ["next_try_at"], schema="integrations", postgresql_where=due
    )
    op.create_index("ix_delivery_subscription", "delivery", ["subscription_id", "id"], schema="integrations")
    for table in ("subscription", "delivery"):
        op.execute(
            f"create trigger touch before update on integrations.{table} "
            "for each row execute function integrations.touch()"
        )


def _make_missed() -> None:
    op.create_table(
        "missed_event",
        *_identified(),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("import_job_id", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(collation="C"), nullable=False),
        sa.Column("source_record_id", sa.Text(collation="C"), nullable=False),
        _moment("source_version"),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        _moment("delivered_at"),
        *_audited(),
        sa.ForeignKeyConstraint(
            ["source_system_id"],
            ["integrations.source_system.id"],
            name=op.f("fk_missed_event_source_system_id"),
        ),
        sa.ForeignKeyConstraint(
            ["import_job_id"], ["integrations.import_job.id"], name=op.f("fk_missed_event_import_job_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_missed_event")),
        sa.UniqueConstraint("uuid", name=op.f("uq_missed_event_uuid")),
        sa.UniqueConstraint("source_system_id", "resource", "source_record_id", "content_hash"),
        schema="integrations",
    )
    op.execute(
        "create trigger touch before update on integrations.missed_event "
        "for each row execute function integrations.touch()"
    )
    op.add_column(
        "sync_cursor", sa.Column("pace_seconds", sa.BigInteger(), nullable=True), schema="integrations"
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_column("sync_cursor", "pace_seconds", schema="integrations")
    op.drop_table("missed_event", schema="integrations")
    for name in TOLD:
        table = "entities.entity" if name.startswith("entities") else "integrations.record_map"
        op.execute(f"drop trigger tell_{name} on {table}")
        op.execute(f"drop function integrations.tell_{name}()")
    for table in ("delivery", "subscription", "change"):
        op.drop_table(table, schema="integrations")
    op.execute("drop sequence integrations.change_position")
    for column in ("closed_reason", "observed_at", "source_version", "is_gone"):
        op.drop_column("quarantined_record", column, schema="integrations")
    for function in ("change_items(jsonb)", "next_try(bigint)"):
        op.execute(f"drop function integrations.{function}")
