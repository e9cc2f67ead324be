"""The rows of API tokens. What a token is made of, and whether one holds, is the vault's business."""

import datetime
import uuid as uuidlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from integrations_pipelines.errors import NotFound
from integrations_pipelines.registry.models import ApiToken

_LAST_USED_EVERY = datetime.timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class StoredToken:
    """A token as it is kept; ``secret_hash`` is SHA-256 of its secret half."""

    uuid: uuidlib.UUID
    token_id: str
    secret_hash: bytes
    label: str
    scopes: Sequence[str]
    created_at: datetime.datetime
    created_by: str
    expires_at: datetime.datetime | None
    revoked_at: datetime.datetime | None
    last_used_at: datetime.datetime | None


_COLUMNS = (
    ApiToken.uuid,
    ApiToken.token_id,
    ApiToken.secret_hash,
    ApiToken.label,
    ApiToken.scopes,
    ApiToken.created_at,
    ApiToken.created_by,
    ApiToken.expires_at,
    ApiToken.revoked_at,
    ApiToken.last_used_at,
)


def add_token(
    connection: Connection,
    *,
    token_id: str,
    secret_hash: bytes,
    label: str,
    scopes: Sequence[str],
    expires_at: datetime.datetime | None,
) -> StoredToken:
    """Store a new token and return it."""
    row = {"token_id": token_id, "secret_hash": secret_hash, "label": label}
    statement = insert(ApiToken).values(**row, scopes=list(scopes), expires_at=expires_at)
    return StoredToken(**connection.execute(statement.returning(*_COLUMNS)).one()._mapping)


def token_of(connection: Connection, token_id: str) -> StoredToken | None:
    """Return the token of that id, None where there is none."""
    row = connection.execute(select(*_COLUMNS).where(ApiToken.token_id == token_id)).one_or_none()
    return StoredToken(**row._mapping) if row else None


def all_tokens(connection: Connection) -> list[StoredToken]:
    """Return every token, oldest first."""
    return [
        StoredToken(**row._mapping) for row in connection.execute(select(*_COLUMNS).order_by(ApiToken.id))
    ]


def note_use(connection: Connection, token: StoredToken, now: datetime.datetime) -> bool:
    """Keep when the token was last used, to the minute; return whether it is its first use this hour."""
    seen = token.last_used_at
    if seen is None or now - seen >= _LAST_USED_EVERY:
        statement = update(ApiToken).where(ApiToken.token_id == token.token_id)
        moved = statement.where(ApiToken.last_used_at.is_not_distinct_from(seen)).values(last_used_at=now)
        won = connection.execute(moved).rowcount == 1
        return won and (seen is None or seen.replace(minute=0, second=0, microsecond=0) < _hour(now))
    return False


def revoke_token(connection: Connection, name: str) -> StoredToken:
    """Revoke the token whose id or uuid is ``name`` and return it. Raises ``NotFound``; once revoked, it stays so."""
    found = next((one for one in all_tokens(connection) if name in (one.token_id, str(one.uuid))), None)
    if found is None:
        raise NotFound(f"there is no API token {name!r}; `integrations token list` shows them all")
    statement = update(ApiToken).where(ApiToken.token_id == found.token_id)
    connection.execute(statement.values(revoked_at=func.coalesce(ApiToken.revoked_at, func.now())))
    return found


def _hour(moment: datetime.datetime) -> datetime.datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
