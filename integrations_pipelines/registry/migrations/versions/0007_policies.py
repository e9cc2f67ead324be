"""Attribute policies, bound domains, custom types. Before the deploy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _domains()


def downgrade() -> None:
    """Drop the tables."""
    _no_domains()


def _domains() -> None:
    op.create_table(
        "domain_binding",
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("schema_name", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("uuid_column", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.JSONB(), nullable=False),
        sa.Column("relations", postgresql.JSONB(), nullable=False),
        sa.Column("place", sa.Text(collation="C"), nullable=True),
        sa.Column("is_read_only", sa.Boolean(), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("poll_seconds", sa.Float(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        *_audit(),
        sa.ForeignKeyConstraint(
            ["source_system_id"],
            ["integrations.source_system.id"],
            name=op.f("fk_domain_binding_source_system_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain_binding")),
        sa.UniqueConstraint("uuid", name=op.f("uq_domain_binding_uuid")),
        sa.UniqueConstraint("name", name=op.f("uq_domain_binding_name")),
        schema="integrations",
    )


def _audit() -> list[sa.Column[object]]:
    times = [
        sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
        for name in ("created_at", "updated_at")
    ]
    actors = [
        sa.Column(name, sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False)
        for name in ("created_by", "updated_by")
    ]
    return [*times, *actors]  # type: ignore[list-item]  # columns of two types


def _no_domains() -> None:
    op.drop_table("domain_binding", schema="integrations")
