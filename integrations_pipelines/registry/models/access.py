"""Schema ``integrations``: who may (API tokens), OAuth2 grants, the audit chain, and what was erased."""

import datetime
import uuid as uuidlib
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import Audited, Base, Identified, Key

SCHEMA = "integrations"


class ApiToken(Identified, Audited, Base):
    """A bearer token of our own API: ``token_id`` stands in it in clear, of its secret half only SHA-256 is kept."""

    __tablename__ = "api_token"
    __table_args__ = ({"schema": SCHEMA},)

    token_id: Mapped[Key] = mapped_column(unique=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    label: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    expires_at: Mapped[datetime.datetime | None]
    revoked_at: Mapped[datetime.datetime | None]
    last_used_at: Mapped[datetime.datetime | None]


class OAuthGrant(Identified, Audited, Base):
    """What a source system was granted; its tokens are secrets. Refreshing holds this row: one refresh at a time."""

    __tablename__ = "oauth_grant"
    __table_args__ = (
        CheckConstraint("status in ('connected', 'reauth_required')", name="status"),
        {"schema": SCHEMA},
    )

    source_system_id: Mapped[int] = mapped_column(ForeignKey("integrations.source_system.id"), unique=True)
    status: Mapped[str] = mapped_column(server_default="connected")
    reason: Mapped[str] = mapped_column(server_default="")
    scopes: Mapped[str] = mapped_column(server_default="")
    generation: Mapped[int] = mapped_column(server_default=text("0"))
    access_expires_at: Mapped[datetime.datetime | None]
    refreshed_at: Mapped[datetime.datetime | None]


class OAuthConsent(Identified, Audited, Base):
    """A request for consent that waits for its answer, once and for minutes; gone when it was answered.

    ``state_hash`` is SHA-256 of the state, ``verifier`` the PKCE verifier under the key-encryption key ``kek_id``.
    """

    __tablename__ = "oauth_consent"
    __table_args__ = ({"schema": SCHEMA},)

    source_system_id: Mapped[int] = mapped_column(
        ForeignKey("integrations.source_system.id", ondelete="CASCADE")
    )
    state_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    kek_id: Mapped[str]
    verifier: Mapped[bytes] = mapped_column(LargeBinary)
    redirect_uri: Mapped[str]
    expires_at: Mapped[datetime.datetime]


class AuditEvent(Base):
    """One link of the audit chain: ``hash`` covers the row and ``previous_hash``. Append-only by trigger."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_subject", "subject", "sequence"), {"schema": SCHEMA})

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime.datetime]
    actor: Mapped[str]
    action: Mapped[Key]
    subject: Mapped[Key]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditHead(Base):
    """Where the chain ends, sealed by the key ring: who writes to the database only cannot move it."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"), {"schema": SCHEMA})

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    kek_id: Mapped[str | None]
    seal: Mapped[bytes] = mapped_column(LargeBinary)


class ErasedRecord(Identified, Audited, Base):
    """That a record was erased, and nothing of what it said: ``key_hash`` is SHA-256 of system uuid, resource and id.

    While ``allowed_again_at`` is null, the record is not taken again. ``removed`` counts rows by table.
    """

    __tablename__ = "erased_record"
    __table_args__ = (
        UniqueConstraint("source_system_id", "resource", "key_hash"),
        {"schema": SCHEMA},
    )

    source_system_id: Mapped[int] = mapped_column(ForeignKey("integrations.source_system.id"))
    resource: Mapped[Key]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary)
    entity_uuid: Mapped[uuidlib.UUID | None]
    reason: Mapped[str] = mapped_column(server_default="")
    removed: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    allowed_again_at: Mapped[datetime.datetime | None]


class RetentionRule(Identified, Audited, Base):
    """How many days a kind of row is kept; null ``source_system_id`` and ``resource`` mean all of them."""

    __tablename__ = "retention_rule"
    __table_args__ = (
        UniqueConstraint("what", "source_system_id", "resource", postgresql_nulls_not_distinct=True),
        CheckConstraint("days > 0", name="days"),
        {"schema": SCHEMA},
    )

    what: Mapped[Key]
    source_system_id: Mapped[int | None] = mapped_column(ForeignKey("integrations.source_system.id"))
    resource: Mapped[Key | None]
    days: Mapped[int]
