"""The webhook inbox: events, the right to empty it, refusals; and word of a changed door. Before the deploy."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SchemaItem

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = ("webhook_event", "webhook_drain", "webhook_refusal")
WATCHED = ("source_system", "secret_version")

# Receivers keep doors, with opened secrets, in memory: they hear of a change at once, and look anew.
TELL = """
create function integrations.tell_doors() returns trigger language plpgsql as $$
begin
  perform pg_notify('integrations_doors', '');
  return null;
end $$
"""


def _moment(name: str, *, default: sa.TextClause | None = None, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def _first() -> list[SchemaItem]:
    return [
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
    ]


def _last(table: str) -> list[SchemaItem]:
    actor = sa.text("integrations.actor()")
    return [
        _moment("created_at", default=sa.text("now()"), nullable=False),
        _moment("updated_at", default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=actor, nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=actor, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("uuid", name=op.f(f"uq_{table}_uuid")),
    ]


def upgrade() -> None:
    """Make the tables."""
    key = sa.Text(collation="C")
    op.create_table(
        "webhook_event",
        *_first(),
        sa.Column("delivery_key", key, nullable=False),
        sa.Column("signed_hash", sa.LargeBinary(), nullable=False),
        sa.Column("secret_version_id", sa.BigInteger(), nullable=True),
        _moment("sent_at"),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("unpacked_size", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), server_default="received", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _moment("lease_until"),
        _moment("next_try_at"),
        _moment("seen_again_at"),
        sa.Column("import_job_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        *_last("webhook_event"),
        sa.CheckConstraint(
            "state in ('received', 'leased', 'done', 'dead')", name=op.f("ck_webhook_event_state")
        ),
        sa.UniqueConstraint("source_system_id", "delivery_key"),
        sa.UniqueConstraint("source_system_id", "signed_hash"),
        schema="integrations",
    )
    # Its own compression costs more than the commit (webhooks.md, A5); long bodies come packed by the receiver.
    op.execute("alter table integrations.webhook_event alter column body set storage external")
    op.create_index(
        "ix_webhook_event_waiting",
        "webhook_event",
        ["source_system_id", "id"],
        schema="integrations",
        postgresql_where=sa.text("state in ('received', 'leased')"),
    )
    op.create_index(
        "ix_webhook_event_created_at",
        "webhook_event",
        ["created_at"],
        schema="integrations",
        postgresql_using="brin",
    )
    op.create_table(
        "webhook_drain",
        *_first(),
        sa.Column("attempt", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _moment("lease_until"),
        *_last("webhook_drain"),
        sa.UniqueConstraint("source_system_id"),
        schema="integrations",
    )
    op.create_table(
        "webhook_refusal",
        *_first(),
        sa.Column("reason", key, nullable=False),
        sa.Column("refused", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _moment("last_refused_at", nullable=False),
        *_last("webhook_refusal"),
        sa.UniqueConstraint("source_system_id", "reason"),
        schema="integrations",
    )
    for table in TABLES:
        op.execute(
            f"create trigger touch before update on integrations.{table} "
            "for each row execute function integrations.touch()"
        )
    op.execute(TELL)
    for table in WATCHED:
        op.execute(
            f"create trigger tell_doors after insert or update or delete on integrations.{table} "
            "for each statement execute function integrations.tell_doors()"
        )


def downgrade() -> None:
    """Drop the tables."""
    for table in WATCHED:
        op.execute(f"drop trigger tell_doors on integrations.{table}")
    op.execute("drop function integrations.tell_doors()")
    for table in reversed(TABLES):
        op.drop_table(table, schema="integrations")
