"""Current source records, their identifiers and relations. Before the deploy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


# Which value it is, as 64 bits: of the entity type, the kind and the value.
IDENTIFIER_KEY = """
create function staging.identifier_key(entity_type text, kind text, value text) returns bigint
language sql immutable strict parallel safe
return hashtextextended(value, hashtextextended(kind, hashtextextended(entity_type, 0)))
"""


def upgrade() -> None:
    """Apply."""
    op.execute(IDENTIFIER_KEY)
    op.create_table(
        "identifier",
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("value", sa.Text(collation="C"), nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("strength", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "key",
            sa.BigInteger(),
            sa.Computed("staging.identifier_key(entity_type, kind, value)", persisted=True),
            nullable=False,
        ),
        schema="staging",
    )
    op.create_index(
        op.f("ix_identifier_record_id"), "identifier", ["record_id"], unique=False, schema="staging"
    )
    op.create_index(
        "ix_identifier_key",
        "identifier",
        ["key"],
        unique=False,
        schema="staging",
        postgresql_include=["record_id"],
    )
    op.create_table(
        "pending_record",
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("last_record_id", sa.BigInteger(), nullable=True),
        schema="staging",
    )
    op.create_table(
        "record_relation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("target_type", sa.Text(collation="C"), nullable=False),
        sa.Column("target_resource", sa.Text(collation="C"), nullable=True),
        sa.Column("target_key", sa.Text(collation="C"), nullable=True),
        sa.Column("identifier_kind", sa.Text(collation="C"), nullable=True),
        sa.Column("identifier_value", sa.Text(collation="C"), nullable=True),
        sa.Column("object_uuid", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_relation")),
        schema="staging",
    )
    op.create_index(
        "ix_record_relation_identifier",
        "record_relation",
        ["identifier_kind", "identifier_value"],
        unique=False,
        schema="staging",
    )
    op.create_index(
        "ix_record_relation_object", "record_relation", ["object_uuid"], unique=False, schema="staging"
    )
    op.create_index(
        "ix_record_relation_record", "record_relation", ["record_id"], unique=False, schema="staging"
    )
    op.create_index(
        "ix_record_relation_target",
        "record_relation",
        ["source_system_id", "target_resource", "target_key"],
        unique=False,
        schema="staging",
    )
    op.create_table(
        "released_identifier",
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("value", sa.Text(collation="C"), nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        schema="staging",
    )
    op.create_table(
        "source_record",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(collation="C"), nullable=False),
        sa.Column("source_record_id", sa.Text(collation="C"), nullable=False),
        sa.Column("entity_type", sa.Text(collation="C"), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("landing", sa.BigInteger(), nullable=False),
        sa.Column("live_landing", sa.BigInteger(), nullable=True),
        sa.Column("live_position", sa.Integer(), nullable=True),
        sa.Column("source_version", sa.DateTime(timezone=True), nullable=True),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("live_version", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_observed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("live_hash", sa.LargeBinary(), nullable=True),
        sa.Column("name_key", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("rejected", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_record")),
        sa.UniqueConstraint(
            "source_system_id",
            "resource",
            "source_record_id",
            name=op.f("uq_source_record_source_system_id_resource_source_record_id"),
        ),
        schema="staging",
        postgresql_with={"fillfactor": "90"},
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("source_record", schema="staging")
    op.drop_table("released_identifier", schema="staging")
    op.drop_table("record_relation", schema="staging")
    op.drop_table("pending_record", schema="staging")
    op.drop_table("identifier", schema="staging")
    op.execute("drop function staging.identifier_key")
