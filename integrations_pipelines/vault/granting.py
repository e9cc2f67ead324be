"""OAuth2 grants in use: refreshed before they end, one process at a time, new tokens stored before they are used."""

import datetime
from collections.abc import Mapping

from sqlalchemy import Connection, Engine

from integrations_pipelines.contract import Connector, OAuth2
from integrations_pipelines.errors import CredentialError
from integrations_pipelines.registry import grants as stored
from integrations_pipelines.vault.audit import record
from integrations_pipelines.vault.credentials import Credentials, credentials_of, set_credential
from integrations_pipelines.vault.keys import KeyProvider
from integrations_pipelines.vault.token_endpoint import (
    OAuthClient,
    ReauthRequired,
    Tokens,
    by_itself,
    by_refresh_token,
)

SKEW = datetime.timedelta(seconds=90)
"""How long before its end a token is replaced: clocks differ, and a request takes a while."""

_NO_OVERLAP = datetime.timedelta(0)


class OAuthTokens:
    """Keeps the access token of one source system good. Holds no token itself.

    A refresh locks the grant's row, so that ten processes make one request: the others wait, find another generation,
    and read what it brought. A refresh token that may be used once is never used twice.
    """

    def __init__(
        self,
        engine: Engine,
        keys: KeyProvider,
        connector: Connector,
        system_key: str,
        settings: Mapping[str, str],
    ) -> None:
        """``connector.oauth`` must not be None."""
        assert connector.oauth is not None  # noqa: S101 - said by who calls
        self._engine, self._keys, self._key = engine, keys, system_key
        self._word, self._settings = connector.oauth, settings
        self._good_until: datetime.datetime | None = None
        self.credential = connector.oauth.credential

    def fresh(self) -> bool:
        """See to it that the stored token is good for a while; return whether it was replaced by anybody.

        Raises ``CredentialError`` where only a person can go on, ``Later`` where the token endpoint does not answer.
        """
        now = datetime.datetime.now(datetime.UTC)
        if self._good_until is not None and now < self._good_until:
            return False
        with self._engine.begin() as connection:
            grant = stored.grant_of(connection, self._key)
        if grant is None and not self._gets_its_own():
            self._good_until = now + SKEW  # a token that was set by hand
            return False
        ends = grant.access_expires_at if grant else None
        if grant is not None and ends is not None and ends - SKEW > now:
            self._note(ends)
            return True
        self._refresh(seen=grant.generation if grant else 0, refused=None)
        return True

    def renew(self, refused: int) -> bool:
        """Replace the access token of version ``refused``; return whether there is another one now."""
        with self._engine.begin() as connection:
            grant = stored.grant_of(connection, self._key)
        if grant is None or grant.status != stored.CONNECTED:
            return False
        try:
            self._refresh(seen=grant.generation, refused=refused)
        except CredentialError:
            return False
        return True

    def _refresh(self, *, seen: int, refused: int | None) -> None:
        ended: ReauthRequired | None = None
        with self._engine.begin() as connection:
            grant = stored.lock_grant(connection, self._key)
            if grant.status == stored.REAUTH_REQUIRED:
                raise ReauthRequired(f"{self._key}: {grant.reason}")
            held = credentials_of(connection, self._keys, self._key)
            if grant.generation != seen or (refused is not None and self._version(held) != refused):
                self._note(grant.access_expires_at)
                return
            try:
                self._note(
                    store_tokens(connection, self._keys, self._key, self.credential, self._asked(held))
                )
            except ReauthRequired as error:
                ended = error
                stored.require_reauth(connection, self._key, str(error).partition(": ")[2])
                record(connection, self._keys, "oauth.reauth_required", self._key)
        if ended is not None:
            raise ended

    def _asked(self, held: Credentials) -> Tokens:
        client = client_of(self._word, self._key, self._settings, held)
        if client.kind == "authorization_code":
            return by_refresh_token(client, held.value("refresh_token"))
        return by_itself(client)

    def _gets_its_own(self) -> bool:
        """Return whether the account is one that gets tokens without a person, and has what that needs."""
        kind = self._settings.get("grant", self._word.kinds[0])
        if kind == "authorization_code" or not self._settings.get("client_id"):
            return False
        with self._engine.begin() as connection:
            names = credentials_of(connection, self._keys, self._key).names()
        return ("client_secret" if kind == "client_credentials" else "private_key") in names

    def _version(self, held: Credentials) -> int:
        live = held.live_versions(self.credential)
        return live[0].version if live else 0

    def _note(self, ends: datetime.datetime | None) -> None:
        self._good_until = ends - SKEW if ends is not None else None


def client_of(word: OAuth2, system_key: str, settings: Mapping[str, str], held: Credentials) -> OAuthClient:
    """Return the client that the account's settings and secrets make."""
    names = held.names()
    return OAuthClient(
        word=word,
        system_key=system_key,
        settings=settings,
        secret=held.value("client_secret") if "client_secret" in names else None,
        private_key=held.value("private_key") if "private_key" in names else None,
    )


def store_tokens(
    connection: Connection, keys: KeyProvider, system_key: str, credential: str, tokens: Tokens
) -> datetime.datetime:
    """Seal new tokens, the refresh token first, and return when the access token ends. The caller holds the grant."""
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=tokens.lifetime_seconds)
    if tokens.refresh is not None:
        set_credential(connection, keys, system_key, "refresh_token", tokens.refresh, overlap=_NO_OVERLAP)
    set_credential(
        connection, keys, system_key, credential, tokens.access, expires_at=ends, overlap=_NO_OVERLAP
    )
    stored.note_refresh(connection, system_key, ends, tokens.scopes)
    record(connection, keys, "oauth.refresh", system_key, {"lifetime_seconds": tokens.lifetime_seconds})
    return ends
