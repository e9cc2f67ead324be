"""Decisions, record maps, canonical entities. Before the deploy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CURRENT_DECISION = """
create view resolution.current_decision as
select distinct on (least(left_record_id, right_record_id), greatest(left_record_id, right_record_id))
  d.uuid, d.verdict, least(left_record_id, right_record_id) as left_record_id,
  greatest(left_record_id, right_record_id) as right_record_id, d.reason, d.created_at, d.created_by
from resolution.record_decision d
where d.verdict in ('same', 'different')
  and not exists (select from resolution.record_decision r where r.revokes = d.uuid)
order by least(left_record_id, right_record_id), greatest(left_record_id, right_record_id), d.id desc
"""

RELATION = """
create view entities.relation as
select distinct m.target_uuid as subject_uuid, r.name, r.object_uuid
from staging.record_relation r
join staging.source_record s on s.id = r.record_id and not s.is_deleted
join integrations.record_map m
  on m.source_system_id = s.source_system_id and m.resource = s.resource and m.source_record_id = s.source_record_id
where r.object_uuid is not null and m.target_uuid is not null
"""

VIEWS = (CURRENT_DECISION, RELATION)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "entity",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "values", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("founder", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity")),
        sa.UniqueConstraint("uuid", name=op.f("uq_entity_uuid")),
        schema="entities",
    )
    op.create_index(
        "ix_entity_founder",
        "entity",
        ["founder"],
        unique=False,
        schema="entities",
        postgresql_where=sa.text("merged_into is not null"),
    )
    op.create_index(
        "ix_entity_merged_into",
        "entity",
        ["merged_into"],
        unique=False,
        schema="entities",
        postgresql_where=sa.text("merged_into is not null"),
    )
    op.create_table(
        "record_map",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(collation="C"), nullable=False),
        sa.Column("source_record_id", sa.Text(collation="C"), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("target_domain", sa.Text(collation="C"), nullable=False),
        sa.Column("target_uuid", sa.Uuid(), nullable=True),
        sa.Column("map_status", sa.Text(collation="C"), nullable=False),
        sa.Column("decided_by", sa.Text(collation="C"), nullable=False),
        sa.Column("last_synced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_version", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_map")),
        sa.UniqueConstraint(
            "source_system_id",
            "resource",
            "source_record_id",
            "target_domain",
            name=op.f("uq_record_map_source_system_id_resource_source_record_id_target_domain"),
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_record_map_uuid")),
        schema="integrations",
        postgresql_with={"fillfactor": "90"},
    )
    op.create_index("ix_record_map_record", "record_map", ["record_id"], unique=False, schema="integrations")
    op.create_index(
        "ix_record_map_target", "record_map", ["target_uuid"], unique=False, schema="integrations"
    )
    op.create_table(
        "generic_value",
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("value", sa.Text(collation="C"), nullable=False),
        sa.Column("holders", sa.BigInteger(), nullable=False),
        sa.Column("names", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entity_type", "kind", "value", name=op.f("pk_generic_value")),
        schema="resolution",
    )
    op.create_table(
        "record_decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("left_record_id", sa.BigInteger(), nullable=True),
        sa.Column("right_record_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("revokes", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["left_record_id"], ["staging.source_record.id"], name=op.f("fk_record_decision_left_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["right_record_id"], ["staging.source_record.id"], name=op.f("fk_record_decision_right_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_decision")),
        sa.UniqueConstraint("uuid", name=op.f("uq_record_decision_uuid")),
        schema="resolution",
    )
    op.create_index(
        "ix_record_decision_left", "record_decision", ["left_record_id"], unique=False, schema="resolution"
    )
    op.create_index(
        "ix_record_decision_right", "record_decision", ["right_record_id"], unique=False, schema="resolution"
    )
    op.create_table(
        "review_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("left_record_id", sa.BigInteger(), nullable=False),
        sa.Column("right_record_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
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
        sa.ForeignKeyConstraint(
            ["left_record_id"],
            ["staging.source_record.id"],
            name=op.f("fk_review_item_left_record_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["right_record_id"],
            ["staging.source_record.id"],
            name=op.f("fk_review_item_right_record_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_item")),
        sa.UniqueConstraint(
            "entity_type",
            "left_record_id",
            "right_record_id",
            "reason",
            name=op.f("uq_review_item_entity_type_left_record_id_right_record_id_reason"),
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_review_item_uuid")),
        schema="resolution",
    )
    op.execute(
        "create trigger append_only before update or delete on resolution.record_decision "
        "for each row execute function integrations.refuse_change()"
    )
    for view in VIEWS:
        op.execute(view)


def downgrade() -> None:
    """Take back."""
    op.execute("drop view entities.relation")
    op.execute("drop view resolution.current_decision")
    op.drop_table("review_item", schema="resolution")
    op.drop_table("record_decision", schema="resolution")
    op.drop_table("generic_value", schema="resolution")
    op.drop_table("record_map", schema="integrations")
    op.drop_table("entity", schema="entities")
