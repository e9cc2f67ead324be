"""OAuth2 grants, API tokens, the audit chain, erasure, database roles. Before the deploy."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from integrations_pipelines.registry.statements import statements

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

AUDITED = ("api_token", "oauth_grant", "oauth_consent", "erased_record", "retention_rule")
SCHEMAS = ("integrations", "staging", "resolution", "entities")

# Erasure may take a person's values out of the log; nothing whatever may change the audit chain.
REFUSE = """
create or replace function integrations.refuse_change() returns trigger language plpgsql as $$
begin
  if tg_table_name not like 'audit\\_%' then
    if coalesce(current_setting('integrations.retention', true), '') = 'on' and tg_op = 'DELETE' then
      return old;
    end if;
    if coalesce(current_setting('integrations.erasure', true), '') = 'on' and tg_op = 'UPDATE' then
      return new;
    end if;
  end if;
  raise exception '%.% is append-only: % refused', tg_table_schema, tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege';
end $$
"""

ROLES = statements(Path(__file__).parents[1] / "roles.sql")
HANDED = statements(Path(__file__).parents[1] / "handed_secrets.sql")


def upgrade() -> None:
    """Make the tables."""
    op.add_column(
        "secret_version",
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        schema="integrations",
    )
    _make_tokens_and_grants()
    _make_consents()
    _make_audit()
    _make_erasure()
    for table in AUDITED:
        op.execute(
            f"create trigger touch before update on integrations.{table} "
            "for each row execute function integrations.touch()"
        )
    op.execute(REFUSE)
    op.execute(
        "create trigger append_only before update or delete on integrations.audit_event "
        "for each row execute function integrations.refuse_change()"
    )
    op.execute(
        "create trigger append_only_whole before truncate on integrations.audit_event "
        "for each statement execute function integrations.refuse_change()"
    )
    # The app makes months of a table that it does not own.
    op.execute("alter function integrations.ensure_sync_log_partitions(integer) security definer")
    op.execute(
        "alter function integrations.ensure_sync_log_partitions(integer) set search_path = pg_catalog, pg_temp"
    )
    for block in ("lock_expected", "hand_over", "closed"):
        op.execute(HANDED.literal(block))
    op.execute(ROLES.literal("roles"))
    op.execute(ROLES.literal("grants"))


def downgrade() -> None:
    """Drop the tables. The roles stay: other databases of the server may use them."""
    op.execute(ROLES.literal("revokes"))
    op.execute("drop function integrations.hand_over_secret, integrations.lock_expected_secret")
    op.execute("alter function integrations.ensure_sync_log_partitions(integer) security invoker")
    op.execute("alter function integrations.ensure_sync_log_partitions(integer) reset search_path")
    for table in (*AUDITED, "audit_event", "audit_head"):
        op.drop_table(table, schema="integrations")
    op.drop_column("secret_version", "expires_at", schema="integrations")


def _make_tokens_and_grants() -> None:
    op.create_table(
        "api_token",
        *_identified(),
        sa.Column("token_id", sa.Text(collation="C"), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        *_audited(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_id", name=op.f("uq_api_token_token_id")),
        sa.UniqueConstraint("uuid", name=op.f("uq_api_token_uuid")),
        schema="integrations",
    )
    op.create_table(
        "oauth_grant",
        *_identified(),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), server_default="connected", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("scopes", sa.Text(), server_default="", nullable=False),
        sa.Column("generation", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("access_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        *_audited(),
        sa.CheckConstraint("status in ('connected', 'reauth_required')", name=op.f("ck_oauth_grant_status")),
        sa.ForeignKeyConstraint(
            ["source_system_id"],
            ["integrations.source_system.id"],
            name=op.f("fk_oauth_grant_source_system_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_grant")),
        sa.UniqueConstraint("source_system_id", name=op.f("uq_oauth_grant_source_system_id")),
        sa.UniqueConstraint("uuid", name=op.f("uq_oauth_grant_uuid")),
        schema="integrations",
    )


def _make_consents() -> None:
    op.create_table(
        "oauth_consent",
        *_identified(),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kek_id", sa.Text(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        *_audited(),
        sa.ForeignKeyConstraint(
            ["source_system_id"],
            ["integrations.source_system.id"],
            name=op.f("fk_oauth_consent_source_system_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_consent")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_oauth_consent_state_hash")),
        sa.UniqueConstraint("uuid", name=op.f("uq_oauth_consent_uuid")),
        schema="integrations",
    )


def _make_audit() -> None:
    op.create_table(
        "audit_event",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(collation="C"), nullable=False),
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_event")),
        schema="integrations",
    )
    op.create_index(
        "ix_audit_event_subject", "audit_event", ["subject", "sequence"], unique=False, schema="integrations"
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("kek_id", sa.Text(), nullable=True),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
        schema="integrations",
    )
    op.execute("insert into integrations.audit_head (id, sequence, hash, seal) values (1, 0, '', '')")


def _make_erasure() -> None:
    op.create_table(
        "erased_record",
        *_identified(),
        sa.Column("source_system_id", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(collation="C"), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("allowed_again_at", sa.DateTime(timezone=True), nullable=True),
        *_audited(),
        sa.ForeignKeyConstraint(
            ["source_system_id"],
            ["integrations.source_system.id"],
            name=op.f("fk_erased_record_source_system_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erased_record")),
        sa.UniqueConstraint(
            "source_system_id",
            "resource",
            "key_hash",
            name=op.f("uq_erased_record_source_system_id_resource_key_hash"),
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_erased_record_uuid")),
        schema="integrations",
    )
    op.create_table(
        "retention_rule",
        *_identified(),
        sa.Column("what", sa.Text(collation="C"), nullable=False),
        sa.Column("source_system_id", sa.BigInteger(), nullable=True),
        sa.Column("resource", sa.Text(collation="C"), nullable=True),
        sa.Column("days", sa.BigInteger(), nullable=False),
        *_audited(),
        sa.CheckConstraint("days > 0", name=op.f("ck_retention_rule_days")),
        sa.ForeignKeyConstraint(
            ["source_system_id"],
            ["integrations.source_system.id"],
            name=op.f("fk_retention_rule_source_system_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rule")),
        sa.UniqueConstraint(
            "what",
            "source_system_id",
            "resource",
            name=op.f("uq_retention_rule_what_source_system_id_resource"),
            postgresql_nulls_not_distinct=True,
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_retention_rule_uuid")),
        schema="integrations",
    )


def _identified() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("integrations.new_uuid()"), nullable=False),
    )


def _audited() -> tuple[sa.Column[object], ...]:
    moment, actor = sa.DateTime(timezone=True), sa.Text()
    return (
        sa.Column("created_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", actor, server_default=sa.text("integrations.actor()"), nullable=False),
        sa.Column("updated_by", actor, server_default=sa.text("integrations.actor()"), nullable=False),
    )
