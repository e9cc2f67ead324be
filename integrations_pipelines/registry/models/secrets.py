"""Schema ``integrations``: sealed secrets. No plaintext column exists; the room ``vault`` seals and opens."""

import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import Audited, Base, Identified

SCHEMA = "integrations"


class Secret(Identified, Audited, Base):
    """A named secret of a source system: ``access_token`` of ``hubspot-emea``; its values are versions."""

    __tablename__ = "secret"
    __table_args__ = (UniqueConstraint("source_system_id", "name"), {"schema": SCHEMA})

    source_system_id: Mapped[int] = mapped_column(ForeignKey("integrations.source_system.id"))
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="api_key")


class SecretVersion(Identified, Audited, Base):
    """One sealed value: data key wrapped by ``kek_id``, value under the data key, both bound to this row.

    ``state`` goes pending, active, retiring, revoked; one version is active. A revoked version keeps no value:
    ``kek_id`` is null and the three byte columns are empty. The foreign key to ``key_check`` keeps a
    key-encryption key from being removed while anything is sealed under it. ``expires_at`` is when the third party
    stops taking the value, null where it does not say.
    """

    __tablename__ = "secret_version"
    __table_args__ = (
        UniqueConstraint("secret_id", "version"),
        CheckConstraint("state in ('pending', 'active', 'retiring', 'revoked')", name="state"),
        CheckConstraint("(state = 'revoked') = (kek_id is null)", name="revoked_is_empty"),
        Index(
            "uq_secret_version_active", "secret_id", unique=True, postgresql_where=text("state = 'active'")
        ),
        Index("ix_secret_version_kek_id", "kek_id", "id"),
        {"schema": SCHEMA},
    )

    secret_id: Mapped[int] = mapped_column(ForeignKey("integrations.secret.id", ondelete="CASCADE"))
    version: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="active")
    kek_id: Mapped[str | None] = mapped_column(ForeignKey("integrations.key_check.kek_id"))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    nonce: Mapped[bytes] = mapped_column(LargeBinary)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime.datetime] = mapped_column(server_default=text("now()"))
    valid_from: Mapped[datetime.datetime] = mapped_column(server_default=text("now()"))
    valid_until: Mapped[datetime.datetime | None]
    expires_at: Mapped[datetime.datetime | None]


class KeyCheck(Identified, Audited, Base):
    """A canary wrapped under each key-encryption key: it proves at start that the key is the right one.

    A row with ``retired_at`` is remembered so that the key is not taken up again by a process that missed it.
    """

    __tablename__ = "key_check"
    __table_args__ = (UniqueConstraint("kek_id"), {"schema": SCHEMA})

    kek_id: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    retired_at: Mapped[datetime.datetime | None]
