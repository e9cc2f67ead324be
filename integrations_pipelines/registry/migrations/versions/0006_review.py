"""Scored pairs, the review queue and decisions on entities. Before the deploy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


FORMER_CURRENT_DECISION = """
create or replace view resolution.current_decision as
select distinct on (least(left_record_id, right_record_id), greatest(left_record_id, right_record_id))
  d.uuid, d.verdict, least(left_record_id, right_record_id) as left_record_id,
  greatest(left_record_id, right_record_id) as right_record_id, d.reason, d.created_at, d.created_by
from resolution.record_decision d
where d.verdict in ('same', 'different')
  and not exists (select from resolution.record_decision r where r.revokes = d.uuid)
order by least(left_record_id, right_record_id), greatest(left_record_id, right_record_id), d.id desc
"""

# Words that were not taken back; then the last of each pair. No DISTINCT ON: one record's words are found by index.
CURRENT_WORD = """
create view resolution.current_word as
select d.* from resolution.record_decision d
where d.left_record_id is not null
  and not exists (select from resolution.record_decision r where r.revokes = d.uuid)
  and not exists (select from resolution.decision u where u.revokes = d.decision)
"""
CURRENT_DECISION = """
create view resolution.current_decision as
select d.uuid, d.verdict, d.left_record_id, d.right_record_id, d.reason, d.created_at, d.created_by, d.decision
from resolution.current_word d
where d.verdict in ('same', 'different') and not exists (
  select from resolution.current_word l
  where l.left_record_id = d.left_record_id and l.right_record_id = d.right_record_id and l.id > d.id)
"""


def upgrade() -> None:
    """Make the tables."""
    _scores()
    _reviews()


def downgrade() -> None:
    """Drop the tables."""
    _no_reviews()
    _no_scores()


def _scores() -> None:
    op.create_table(
        "scored_record",
        sa.Column("record_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("content", sa.BigInteger(), nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.Column("keys", postgresql.ARRAY(sa.BigInteger()), nullable=False),
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
    op.create_table(
        "large_block",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_large_block")),
        schema="resolution",
        postgresql_with={"fillfactor": "50"},
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
        sa.Column("former", sa.Uuid(), nullable=True),
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


def _reviews() -> None:
    _decision_tables()
    op.add_column("record_decision", sa.Column("decision", sa.Uuid(), nullable=True), schema="resolution")
    op.add_column("review_item", sa.Column("decision", sa.Uuid(), nullable=True), schema="resolution")
    op.add_column(
        "review_item", sa.Column("note", sa.Text(), server_default="", nullable=False), schema="resolution"
    )
    for table in ("record_decision", "review_item"):
        op.create_foreign_key(
            op.f(f"fk_{table}_decision"),
            table,
            "decision",
            ["decision"],
            ["uuid"],
            source_schema="resolution",
            referent_schema="resolution",
        )
    op.create_index("ix_record_decision_decision", "record_decision", ["decision"], schema="resolution")
    op.create_check_constraint(
        op.f("ck_record_decision_left_is_smaller"),
        "record_decision",
        "left_record_id < right_record_id",
        schema="resolution",
    )
    for table in ("decision", "decision_member"):
        op.execute(
            f"create trigger append_only before update or delete on resolution.{table} "
            "for each row execute function integrations.refuse_change()"
        )
    op.create_table(
        "told_merge",
        sa.Column("source_system_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("resource", sa.Text(collation="C"), nullable=False),
        sa.Column("lost", sa.Text(collation="C"), nullable=False),
        sa.Column("kept", sa.Text(collation="C"), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decision", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decision"], ["resolution.decision.uuid"], name=op.f("fk_told_merge_decision")
        ),
        sa.PrimaryKeyConstraint("source_system_id", "resource", "lost", "kept", name=op.f("pk_told_merge")),
        schema="resolution",
    )
    op.create_index(
        "ix_told_merge_undecided",
        "told_merge",
        ["source_system_id", "resource"],
        schema="resolution",
        postgresql_where=sa.text("decision is null"),
    )
    op.execute("drop view resolution.current_decision")
    op.execute(CURRENT_WORD)
    op.execute(CURRENT_DECISION)


def _no_reviews() -> None:
    op.execute("drop view resolution.current_decision")
    op.execute("drop view resolution.current_word")
    op.execute(FORMER_CURRENT_DECISION)
    op.drop_constraint("ck_record_decision_left_is_smaller", "record_decision", schema="resolution")
    op.drop_column("review_item", "note", schema="resolution")
    for table in ("review_item", "record_decision"):
        op.drop_column(table, "decision", schema="resolution")
    for table in ("decision_value", "told_merge", "reclaim", "decision_member", "decision"):
        op.drop_table(table, schema="resolution")


def _decision_tables() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("left_entity", sa.Uuid(), nullable=True),
        sa.Column("right_entity", sa.Uuid(), nullable=True),
        sa.Column("review_item", sa.Uuid(), nullable=True),
        sa.Column("revokes", sa.Uuid(), nullable=True),
        sa.Column("restates", sa.Uuid(), nullable=True),
        sa.Column(
            "evidence",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.CheckConstraint(
            "kind in ('accept', 'reject', 'merge', 'split', 'undo')", name=op.f("ck_decision_kind")
        ),
        sa.CheckConstraint("(kind = 'undo') = (revokes is not null)", name=op.f("ck_decision_undo_revokes")),
        sa.ForeignKeyConstraint(["revokes"], ["resolution.decision.uuid"], name=op.f("fk_decision_revokes")),
        sa.ForeignKeyConstraint(
            ["restates"], ["resolution.decision.uuid"], name=op.f("fk_decision_restates")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("uuid", name=op.f("uq_decision_uuid")),
        schema="resolution",
    )
    op.create_index(
        "uq_decision_revokes",
        "decision",
        ["revokes"],
        unique=True,
        schema="resolution",
        postgresql_where=sa.text("revokes is not null"),
    )
    op.create_table(
        "decision_member",
        sa.Column("decision", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.Text(collation="C"), nullable=False),
        sa.CheckConstraint("side in ('left', 'right')", name=op.f("ck_decision_member_side")),
        sa.ForeignKeyConstraint(
            ["decision"], ["resolution.decision.uuid"], name=op.f("fk_decision_member_decision")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["staging.source_record.id"], name=op.f("fk_decision_member_record_id")
        ),
        sa.PrimaryKeyConstraint("decision", "record_id", name=op.f("pk_decision_member")),
        schema="resolution",
    )
    op.create_index("ix_decision_member_record", "decision_member", ["record_id"], schema="resolution")
    op.create_table(
        "decision_value",
        sa.Column("decision", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision"], ["resolution.decision.uuid"], name=op.f("fk_decision_value_decision_decision")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["staging.source_record.id"],
            name=op.f("fk_decision_value_record_id_source_record"),
        ),
        sa.PrimaryKeyConstraint("decision", "record_id", "kind", "hash", name=op.f("pk_decision_value")),
        schema="resolution",
    )
    op.create_index("ix_decision_value_record", "decision_value", ["record_id"], schema="resolution")
    op.create_table(
        "reclaim",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("uuid", "record_id", name=op.f("pk_reclaim")),
        schema="resolution",
    )
