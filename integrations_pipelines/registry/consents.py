"""The rows of requests for consent: kept by the hash of their state, taken once, gone when taken."""

import datetime
import uuid as uuidlib
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from integrations_pipelines.registry.models import OAuthConsent, SourceSystem


@dataclass(frozen=True, kw_only=True)
class StoredConsent:
    """A request as it is kept; ``verifier`` is wrapped by the key ``kek_id``, ``created_by`` who asked for it."""

    system_uuid: uuidlib.UUID
    system_key: str
    kek_id: str
    verifier: bytes
    redirect_uri: str
    expires_at: datetime.datetime
    created_by: str
    is_over: bool


def add_consent(  # noqa: PLR0913 - the row
    connection: Connection,
    system_key: str,
    state_hash: bytes,
    *,
    kek_id: str,
    verifier: bytes,
    redirect_uri: str,
    lifetime: datetime.timedelta,
) -> datetime.datetime:
    """Keep a request, forget those that nobody answered in time, and return when this one ends."""
    connection.execute(delete(OAuthConsent).where(OAuthConsent.expires_at < func.now()))
    source = select(SourceSystem.id).where(SourceSystem.system_key == system_key).scalar_subquery()
    row = {"state_hash": state_hash, "kek_id": kek_id, "verifier": verifier, "redirect_uri": redirect_uri}
    statement = insert(OAuthConsent).values(source_system_id=source, expires_at=func.now() + lifetime, **row)
    return connection.execute(statement.returning(OAuthConsent.expires_at)).scalar_one()


def take_consent(connection: Connection, state_hash: bytes) -> StoredConsent | None:
    """Return the request of that state and forget it: of two who ask, one gets it. None where there is none."""
    statement = (
        delete(OAuthConsent)
        .where(OAuthConsent.state_hash == state_hash, SourceSystem.id == OAuthConsent.source_system_id)
        .returning(
            SourceSystem.uuid.label("system_uuid"),
            SourceSystem.system_key,
            OAuthConsent.kek_id,
            OAuthConsent.verifier,
            OAuthConsent.redirect_uri,
            OAuthConsent.expires_at,
            OAuthConsent.created_by,
            (OAuthConsent.expires_at <= func.now()).label("is_over"),
        )
    )
    row = connection.execute(statement).one_or_none()
    return StoredConsent(**row._mapping) if row else None
