"""The rows of OAuth2 grants: held while one process refreshes, so that all others wait and then read."""

import datetime
from dataclasses import dataclass

from sqlalchemy import Connection, Select, select, update
from sqlalchemy.dialects.postgresql import insert

from integrations_pipelines.errors import NotFound
from integrations_pipelines.registry.models import OAuthGrant, SourceSystem

CONNECTED, REAUTH_REQUIRED = "connected", "reauth_required"


@dataclass(frozen=True, kw_only=True)
class StoredGrant:
    """What is known of a grant; ``generation`` counts its refreshes, ``access_expires_at`` is None before the first."""

    status: str
    reason: str
    generation: int
    access_expires_at: datetime.datetime | None


def grant_of(connection: Connection, system_key: str) -> StoredGrant | None:
    """Return the grant of a source system, None where nothing was granted."""
    row = connection.execute(_query(system_key)).one_or_none()
    return StoredGrant(**row._mapping) if row else None


def ended_grants(connection: Connection, system_key: str | None = None) -> dict[str, str]:
    """Return why the grants that need a person need one, by system key; of one source system where it is given."""
    joined = select(SourceSystem.system_key, OAuthGrant.reason).join(
        SourceSystem, SourceSystem.id == OAuthGrant.source_system_id
    )
    query = joined.where(OAuthGrant.status == REAUTH_REQUIRED).order_by(SourceSystem.system_key)
    if system_key is not None:
        query = query.where(SourceSystem.system_key == system_key)
    return {str(key): str(reason) for key, reason in connection.execute(query)}


def lock_grant(connection: Connection, system_key: str) -> StoredGrant:
    """Return the grant, made where it was not, and hold it until the transaction ends. Raises ``NotFound``."""
    system = _system(connection, system_key)
    connection.execute(insert(OAuthGrant).values(source_system_id=system).on_conflict_do_nothing())
    row = connection.execute(_query(system_key).with_for_update(of=OAuthGrant)).one()
    return StoredGrant(**row._mapping)


def note_refresh(connection: Connection, system_key: str, expires_at: datetime.datetime, scopes: str) -> None:
    """Keep that the grant was refreshed: its next generation."""
    now = datetime.datetime.now(datetime.UTC)
    connection.execute(
        update(OAuthGrant)
        .where(OAuthGrant.source_system_id == _system(connection, system_key))
        .values(generation=OAuthGrant.generation + 1, status=CONNECTED, reason="", scopes=scopes)
        .values(access_expires_at=expires_at, refreshed_at=now)
    )


def require_reauth(connection: Connection, system_key: str, reason: str) -> None:
    """Keep that only a person can go on: the grant was taken back, or has ended."""
    mine = OAuthGrant.source_system_id == _system(connection, system_key)
    connection.execute(update(OAuthGrant).where(mine).values(status=REAUTH_REQUIRED, reason=reason))


def _system(connection: Connection, system_key: str) -> int:
    query = select(SourceSystem.id).where(SourceSystem.system_key == system_key)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(f"there is no source system {system_key!r}")
    return int(found)


def _query(system_key: str) -> Select[str, str, int, datetime.datetime | None]:
    columns = (OAuthGrant.status, OAuthGrant.reason, OAuthGrant.generation, OAuthGrant.access_expires_at)
    joined = select(*columns).join(SourceSystem, SourceSystem.id == OAuthGrant.source_system_id)
    return joined.where(SourceSystem.system_key == system_key)
