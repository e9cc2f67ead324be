"""Attribute policies, bound domains, custom types. Before the deploy."""

from typing import Any

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
    _policies()


def downgrade() -> None:
    """Drop the tables."""
    _no_policies()
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


def _policies() -> None:
    _make(
        "attribute_policy",
        "resolution",
        _key("entity_type"),
        _key("attribute"),
        _key("rule"),
        sa.Column(
            "sources",
            postgresql.ARRAY(sa.Text(collation="C")),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("max_age", sa.Float(), nullable=True),
        sa.CheckConstraint(
            "rule in ('owner', 'source-priority', 'newest', 'most-frequent', 'longest')",
            name=op.f("ck_attribute_policy_rule"),
        ),
        sa.UniqueConstraint(
            "entity_type", "attribute", name=op.f("uq_attribute_policy_entity_type_attribute")
        ),
    )
    _make(
        "attribute_pin",
        "resolution",
        sa.Column("entity", sa.Uuid(), nullable=False),
        _key("entity_type"),
        _key("attribute"),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        _text("reason"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _text("ended_reason"),
    )
    op.create_index(
        "uq_attribute_pin_current",
        "attribute_pin",
        ["entity", "attribute"],
        unique=True,
        schema="resolution",
        postgresql_where=sa.text("ended_at is null"),
    )
    _make(
        "creation_bar",
        "resolution",
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        _key("entity_type"),
        sa.ForeignKeyConstraint(
            ["source_system_id"],
            ["integrations.source_system.id"],
            name=op.f("fk_creation_bar_source_system_id"),
        ),
        sa.UniqueConstraint(
            "source_system_id", "entity_type", name=op.f("uq_creation_bar_source_system_id_entity_type")
        ),
    )
    _custom_types()


def _custom_types() -> None:
    _make(
        "custom_type",
        "entities",
        _key("name"),
        _key("label"),
        _text("description"),
        sa.UniqueConstraint("name", name=op.f("uq_custom_type_name")),
    )
    _make(
        "custom_attribute",
        "entities",
        _key("entity_type"),
        _key("name"),
        _key("kind"),
        _flag("many"),
        sa.Column("strength", sa.Text(collation="C"), nullable=True),
        _text("description"),
        sa.CheckConstraint(
            "strength in ('exclusive', 'strong', 'weak')", name=op.f("ck_custom_attribute_strength")
        ),
        sa.UniqueConstraint("entity_type", "name", name=op.f("uq_custom_attribute_entity_type_name")),
    )
    _make(
        "custom_relation",
        "entities",
        _key("entity_type"),
        _key("name"),
        _key("target"),
        _flag("many"),
        sa.UniqueConstraint("entity_type", "name", name=op.f("uq_custom_relation_entity_type_name")),
    )


def _no_policies() -> None:
    for table in ("custom_relation", "custom_attribute", "custom_type"):
        op.drop_table(table, schema="entities")
    for table in ("creation_bar", "attribute_pin", "attribute_policy"):
        op.drop_table(table, schema="resolution")


def _make(table: str, schema: str, *parts: Any) -> None:
    """Make a table that is identified and audited as ``models.base`` says."""
    moment, actor = sa.text("now()"), sa.text("integrations.actor()")
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        *parts,
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=moment, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=moment, nullable=False),
        sa.Column("created_by", sa.Text(), server_default=actor, nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=actor, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("uuid", name=op.f(f"uq_{table}_uuid")),
        schema=schema,
    )
    op.execute(
        f"create trigger touch before update on {schema}.{table} "
        "for each row execute function integrations.touch()"
    )


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(collation="C"), nullable=False)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False)
