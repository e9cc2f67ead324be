"""Requests for consent that any process may finish: kept in the database, the state as a hash, the verifier sealed."""

import datetime
import hashlib
import uuid as uuidlib
from dataclasses import dataclass, field

from sqlalchemy import Connection

from integrations_pipelines.errors import CredentialError, Never
from integrations_pipelines.registry import consents as stored
from integrations_pipelines.vault.authorizing import request_for
from integrations_pipelines.vault.keys import KeyProvider, WrappedKey, length_prefixed
from integrations_pipelines.vault.token_endpoint import OAuthClient, Tokens, by_code
from integrations_pipelines.vault.value import SecretValue

LIFETIME = datetime.timedelta(minutes=10)
"""How long a person has to consent."""
_CONTEXT = b"integrations-pipelines/oauth-consent"


class ConsentUnknown(Never):
    """This answer belongs to no request that is open: it was used already, came too late, or was never asked for."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Where a person consents, and until when."""

    url: str = field(repr=False)
    redirect_uri: str
    expires_at: datetime.datetime


@dataclass(frozen=True, kw_only=True)
class Consent:
    """A request that was answered. ``asked_by`` is the actor who made it."""

    system_key: str
    asked_by: str
    redirect_uri: str
    verifier: SecretValue = field(repr=False)


def ask_consent(
    connection: Connection,
    keys: KeyProvider,
    client: OAuthClient,
    system_uuid: uuidlib.UUID,
    redirect_uri: str,
) -> Asked:
    """Keep a fresh request and return where a person answers it. Raises ``ConfigurationError`` as ``request_for``."""
    request = request_for(client, redirect_uri)
    state_hash = _hash(SecretValue(request.state))
    wrapped = keys.wrap(request.verifier.encode(), _context(system_uuid, state_hash))
    expires_at = stored.add_consent(
        connection,
        client.system_key,
        state_hash,
        kek_id=wrapped.kek_id,
        verifier=wrapped.blob,
        redirect_uri=redirect_uri,
        lifetime=LIFETIME,
    )
    return Asked(url=request.url, redirect_uri=redirect_uri, expires_at=expires_at)


def take_consent(connection: Connection, keys: KeyProvider, state: SecretValue) -> Consent:
    """Return the request that ``state`` was made for; it is good for this once, whatever comes of it.

    The caller commits before the code is used. Raises ``ConsentUnknown`` for a state that was never given out, was
    used, or is too old: which of these is not told.
    """
    state_hash = _hash(state)
    found = stored.take_consent(connection, state_hash)
    if found is None or found.is_over:
        raise ConsentUnknown
    wrapped = WrappedKey(kek_id=found.kek_id, blob=found.verifier)
    try:
        verifier = keys.unwrap(wrapped, _context(found.system_uuid, state_hash))
    except CredentialError as error:
        # Its key was retired in these minutes, or the row is not what it was.
        raise ConsentUnknown from error
    return Consent(
        system_key=found.system_key,
        asked_by=found.created_by,
        redirect_uri=found.redirect_uri,
        verifier=SecretValue(verifier.decode()),
    )


def tokens_for(client: OAuthClient, consent: Consent, code: SecretValue) -> Tokens:
    """Return the tokens of an authorisation code. Raises ``CredentialError`` or ``Later`` as the endpoint answers."""
    return by_code(client, code.reveal(), consent.verifier.reveal(), consent.redirect_uri)


def _hash(state: SecretValue) -> bytes:
    return hashlib.sha256(state.reveal().encode("utf-8", "surrogatepass")).digest()


def _context(system_uuid: uuidlib.UUID, state_hash: bytes) -> bytes:
    return length_prefixed(_CONTEXT, system_uuid.bytes, state_hash)
