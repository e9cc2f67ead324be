"""Connecting an account by OAuth2: where a person consents, and what is done with the answer. CLI and API call it.

A request for consent is good once, for minutes, in any process; every step stands in the audit chain.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.contract import OAuth2
from integrations_pipelines.egress import leads_to_us
from integrations_pipelines.errors import ConfigurationError, CredentialError, NotFound, UsageError
from integrations_pipelines.hub import Hub, audited
from integrations_pipelines.registry.grants import lock_grant
from integrations_pipelines.registry.sources import Source, source_of
from integrations_pipelines.vault import (
    Asked,
    OAuthClient,
    SecretValue,
    Tokens,
    ask_consent,
    by_itself,
    client_of,
    credentials_of,
    record,
    store_tokens,
    take_consent,
    tokens_for,
)

CALLBACK = "/oauth/callback"
_ERROR = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, kw_only=True)
class Connected:
    """An account whose tokens are kept, and refreshed from now on. ``expires_at``: when the first one ends."""

    system_key: str
    kind: str
    scopes: str
    expires_at: datetime


def word_of(source: Source) -> OAuth2:
    """Return how ``source`` is connected by OAuth2. Raises ``UsageError`` where it is not."""
    word = connector_of(source.system_type).oauth
    if word is None:
        key = source.system_key
        raise UsageError(f"{key} ({source.system_type}) is not connected by OAuth2: use `credential set`")
    return word


def callback_of(base_url: str | None) -> str:
    """Return where third parties send a person back to. Raises ``ConfigurationError`` for a base that cannot be it."""
    parts = urlsplit(base_url or "")
    if not leads_to_us(parts):
        raise ConfigurationError(
            "where does a browser reach this API? Set INTEGRATIONS_PUBLIC_URL, for example https://hub.example.com"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}{CALLBACK}"


def client_for(hub: Hub, source: Source) -> OAuthClient:
    """Return the client that the account's settings and secrets make. Raises ``UsageError``, ``ConfigurationError``."""
    word, config = word_of(source), connector_of(source.system_type).configured(source.settings)
    with hub.engine.begin() as connection:
        held = credentials_of(connection, hub.keys, source.system_key)
    return client_of(word, source.system_key, config, held)


def begin(hub: Hub, source: Source, name: str, base_url: str | None, *, actor: str) -> Asked | Connected:
    """Return where a person consents to the credential ``name``; kinds of grant that need nobody are connected.

    Raises ``NotFound`` for a credential that is not got by OAuth2, and what ``client_for`` and ``connect`` raise.
    """
    if name != word_of(source).credential:
        raise NotFound(
            f"{source.system_key}: by OAuth2 the credential {word_of(source).credential!r} is got, not {name!r}"
        )
    client = client_for(hub, source)
    if client.kind != "authorization_code":
        return connect(hub, source, client, by_itself(client), actor=actor)
    with audited(hub, actor) as connection:
        asked = ask_consent(connection, hub.keys, client, source.uuid, callback_of(base_url))
        record(connection, hub.keys, "oauth.ask", source.system_key)
    return asked


def finish(hub: Hub, *, state: SecretValue, code: SecretValue | None, error: str = "") -> Connected:
    """Return the account that an answer connects. Its ``state`` is good for this once.

    Raises ``ConsentUnknown`` for another state, ``CredentialError`` where access was not granted or the code is not
    taken, ``Later`` where the third party's token endpoint does not answer.
    """
    with hub.engine.begin() as connection:
        consent = take_consent(connection, hub.keys, state)
        source = source_of(connection, consent.system_key)
    actor = consent.asked_by
    try:
        if code is None:
            said = error if _ERROR.fullmatch(error) else "no code"
            raise CredentialError(f"{source.system_key}: access was not granted ({said})")
        client = client_for(hub, source)
        return connect(hub, source, client, tokens_for(client, consent, code), actor=actor)
    except CredentialError:
        with audited(hub, actor) as connection:
            record(connection, hub.keys, "oauth.refused", source.system_key)
        raise


def connect(hub: Hub, source: Source, client: OAuthClient, tokens: Tokens, *, actor: str) -> Connected:
    """Keep ``tokens`` and return what they connect; they are refreshed from then on."""
    key = source.system_key
    with audited(hub, actor) as connection:
        lock_grant(connection, key)
        ends = store_tokens(connection, hub.keys, key, word_of(source).credential, tokens)
        record(connection, hub.keys, "oauth.connect", key, {"kind": client.kind, "scopes": tokens.scopes})
    return Connected(system_key=key, kind=client.kind, scopes=tokens.scopes, expires_at=ends)
