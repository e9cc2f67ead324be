"""API tokens: made, shown once, and checked in constant time. ``ipt_<id>_<secret>``; of the secret a hash is kept.

256 random bits need no slow hash: OWASP ASVS 5.0.0, 6.5.2 asks for one below 112 bits only.
"""

import datetime
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import Connection

from integrations_pipelines.errors import Never, UsageError
from integrations_pipelines.registry import tokens as stored
from integrations_pipelines.vault.audit import record
from integrations_pipelines.vault.keys import KeyProvider
from integrations_pipelines.vault.value import SecretValue

SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "entities:read": "canonical entities and their values",
        "record-maps:read": "which canonical entity a source record is",
        "changes:read": "the feed of changes",
        "subscriptions:write": "who is told of changes by webhook",
        "status:read": "how syncs went",
        "sync:run": "start a sync",
        "credentials:write": "connect source systems by OAuth2",
        "review:write": "decide on doubtful matches",
        "webhooks:write": "hand in events of third parties that cannot sign",
        "admin": "everything",
    }
)
"""What a token may be for. ``scope@system_key`` grants it for one source system only."""

_FORM = re.compile(r"ipt_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_NOBODY = stored.StoredToken(
    uuid=UUID(int=0),
    token_id="0" * 16,
    secret_hash=b"\0" * 32,
    label="",
    scopes=(),
    created_at=datetime.datetime.min.replace(tzinfo=datetime.UTC),
    created_by="",
    expires_at=None,
    revoked_at=datetime.datetime.min.replace(tzinfo=datetime.UTC),
    last_used_at=None,
)


class TokenRejected(Never):
    """The API token is missing, malformed, unknown, expired or revoked; which of these is not told."""


@dataclass(frozen=True, kw_only=True)
class Granted:
    """Who asks, and what for: a token that holds, without its secret."""

    uuid: UUID
    token_id: str
    label: str
    scopes: Sequence[str]

    def allows(self, scope: str, system_key: str | None = None) -> bool:
        """Return whether the token grants ``scope``; one that is bound to a source system needs ``system_key``."""
        wide = {scope, "admin"}
        return any(
            one in wide or (system_key is not None and one in {f"{word}@{system_key}" for word in wide})
            for one in self.scopes
        )


def create_token(
    connection: Connection,
    keys: KeyProvider,
    *,
    label: str,
    scopes: Sequence[str],
    expires_at: datetime.datetime | None = None,
) -> tuple[stored.StoredToken, SecretValue]:
    """Make a token; its text is returned this once and kept nowhere. Raises ``UsageError`` for an unknown scope."""
    for scope in scopes:
        if scope.partition("@")[0] not in SCOPES:
            raise UsageError(f"there is no scope {scope!r}; there are: {', '.join(SCOPES)}")
    if not scopes:
        raise UsageError("a token needs at least one scope")
    token_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    words = list(dict.fromkeys(scopes))
    token = stored.add_token(
        connection,
        token_id=token_id,
        secret_hash=_hash(secret),
        label=label,
        scopes=words,
        expires_at=expires_at,
    )
    record(connection, keys, "token.create", token_id, {"label": label, "scopes": " ".join(words)})
    return token, SecretValue(f"ipt_{token_id}_{secret}")


def revoke_token(connection: Connection, keys: KeyProvider, name: str) -> stored.StoredToken:
    """Revoke the token of that id or uuid: it is refused from the next request on. Raises ``NotFound``."""
    token = stored.revoke_token(connection, name)
    record(connection, keys, "token.revoke", token.token_id, {"label": token.label})
    return token


def check_token(connection: Connection, keys: KeyProvider, text: str | None) -> Granted:
    """Return what ``text`` grants. Raises ``TokenRejected``, in the same time and words whatever is wrong with it.

    The first use in an hour is an event of the audit chain.
    """
    match = _FORM.fullmatch(text or "")
    token_id, secret = (match[1], match[2]) if match else (_NOBODY.token_id, "")
    token = stored.token_of(connection, token_id) or _NOBODY
    now = datetime.datetime.now(datetime.UTC)
    is_same = hmac.compare_digest(_hash(secret), token.secret_hash)
    is_live = token.revoked_at is None and (token.expires_at is None or token.expires_at > now)
    if not (is_same and is_live):
        raise TokenRejected("this needs a valid API token")
    if stored.note_use(connection, token, now):
        record(connection, keys, "token.use", token.token_id, {"label": token.label})
    return Granted(uuid=token.uuid, token_id=token.token_id, label=token.label, scopes=token.scopes)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
