"""Sealed secrets and the key check. Before the deploy."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AUDITED = ("secret", "secret_version")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "key_check",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("kek_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_check")),
        sa.UniqueConstraint("kek_id", name=op.f("uq_key_check_kek_id")),
        sa.UniqueConstraint("uuid", name=op.f("uq_key_check_uuid")),
        schema="integrations",
    )
    op.create_table(
        "secret",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="api_key", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_system_id"], ["integrations.source_system.id"], name=op.f("fk_secret_source_system_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secret")),
        sa.UniqueConstraint("source_system_id", "name", name=op.f("uq_secret_source_system_id_name")),
        sa.UniqueConstraint("uuid", name=op.f("uq_secret_uuid")),
        schema="integrations",
    )
    op.create_table(
        "secret_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
        sa.Column("secret_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("kek_id", sa.Text(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("integrations.actor()"), nullable=False),
        sa.CheckConstraint(
            "(state = 'revoked') = (kek_id is null)", name=op.f("ck_secret_version_revoked_is_empty")
        ),
        sa.CheckConstraint(
            "state in ('pending', 'active', 'retiring', 'revoked')", name=op.f("ck_secret_version_state")
        ),
        sa.ForeignKeyConstraint(
            ["kek_id"], ["integrations.key_check.kek_id"], name=op.f("fk_secret_version_kek_id")
        ),
        sa.ForeignKeyConstraint(
            ["secret_id"],
            ["integrations.secret.id"],
            name=op.f("fk_secret_version_secret_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secret_version")),
        sa.UniqueConstraint("secret_id", "version", name=op.f("uq_secret_version_secret_id_version")),
        sa.UniqueConstraint("uuid", name=op.f("uq_secret_version_uuid")),
        schema="integrations",
    )
    op.create_index(
        "ix_secret_version_kek_id", "secret_version", ["kek_id", "id"], unique=False, schema="integrations"
    )
    op.create_index(
        "uq_secret_version_active",
        "secret_version",
        ["secret_id"],
        unique=True,
        schema="integrations",
        postgresql_where=sa.text("state = 'active'"),
    )
    for table in AUDITED:
        op.execute(
            f"create trigger touch before update on integrations.{table} "
            "for each row execute function integrations.touch()"
        )


def downgrade() -> None:
    """Take back."""
    op.drop_table("secret_version", schema="integrations")
    op.drop_table("secret", schema="integrations")
    op.drop_table("key_check", schema="integrations")
