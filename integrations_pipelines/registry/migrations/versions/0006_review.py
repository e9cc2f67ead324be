"""Scored pairs, the review queue and decisions on entities. Before the deploy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _scores()


def downgrade() -> None:
    """Drop the tables."""
    _no_scores()


def _scores() -> None:
    op.create_table(
        "scored_record",
        sa.Column("record_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("content", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_scored_record")),
        schema="resolution",
    )
    op.create_table(
        "blocking_key",
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        schema="resolution",
    )
    op.create_index("ix_blocking_key_key", "blocking_key", ["key", "record_id"], schema="resolution")
    op.create_index("ix_blocking_key_record", "blocking_key", ["record_id"], schema="resolution")
    op.create_table(
        "large_block",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_large_block")),
        schema="resolution",
    )
    op.create_table(
        "pair_score",
        sa.Column("left_record_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("right_record_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("evidence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("left_record_id", "right_record_id", name=op.f("pk_pair_score")),
        schema="resolution",
    )
    op.create_index("ix_pair_score_right", "pair_score", ["right_record_id"], schema="resolution")
    op.create_table(
        "scored_state",
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("size_class", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.Float(), nullable=False),
        sa.Column("review", sa.Float(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entity_type", name=op.f("pk_scored_state")),
        schema="resolution",
    )
    op.create_table(
        "matching_model",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("weights", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("statistics", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_model")),
        sa.UniqueConstraint("uuid", name=op.f("uq_matching_model_uuid")),
        schema="resolution",
    )
    op.create_index(
        "uq_matching_model_current",
        "matching_model",
        ["entity_type"],
        unique=True,
        schema="resolution",
        postgresql_where=sa.text("is_current"),
    )


def _no_scores() -> None:
    for table in (
        "matching_model", "scored_state", "pair_score", "large_block", "blocking_key", "scored_record"
    ):  # fmt: skip
        op.drop_table(table, schema="resolution")
