"""Asks a token endpoint for an access token: RFC 6749 sections 4.1.3, 4.4 and 6, RFC 7523 for signed assertions."""

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import jwt
from requests import RequestException, Response

from integrations_pipelines.contract import OAuth2, filled
from integrations_pipelines.egress import guarded_session
from integrations_pipelines.errors import ConfigurationError, CredentialError, ThirdPartyUnavailable
from integrations_pipelines.vault.value import SecretValue

_SECONDS = (10, 20)
_ASSERTION_SECONDS = 180
_LARGEST = 256 * 1024
# RFC 6749, section 5.2: what no retry cures. Salesforce and Slack have words of their own.
_ENDED = {"invalid_grant", "invalid_refresh_token", "token_revoked", "token_expired", "inactive_user"}
_ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class ReauthRequired(CredentialError):
    """The grant was taken back or has ended: a person has to consent again."""


@dataclass(frozen=True, kw_only=True)
class OAuthClient:
    """One account's client at a token endpoint. Secrets are ``SecretValue``; None where the kind needs none."""

    word: OAuth2
    system_key: str
    settings: Mapping[str, str] = field(repr=False)
    secret: SecretValue | None = None
    private_key: SecretValue | None = None

    @property
    def kind(self) -> str:
        """How tokens are got: as the account says, else as the connector does first."""
        return self.settings.get("grant", self.word.kinds[0])

    @property
    def token_url(self) -> str:
        """Where tokens are got."""
        return self.settings.get("token_url") or filled(self.word.token_url, self.settings)

    @property
    def scopes(self) -> str:
        """The scopes to ask for, by spaces."""
        return self.settings.get("scopes") or " ".join(self.word.scopes)

    @property
    def client_id(self) -> str:
        """The client's id. Raises ``ConfigurationError`` where the account has none."""
        if not self.settings.get("client_id"):
            raise ConfigurationError(f"{self.system_key}: OAuth2 needs the setting 'client_id'")
        return self.settings["client_id"]


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What the endpoint gave; ``refresh`` is None where the former refresh token goes on being good."""

    access: SecretValue
    refresh: SecretValue | None
    lifetime_seconds: int
    scopes: str


def by_refresh_token(client: OAuthClient, refresh_token: SecretValue) -> Tokens:
    """Return new tokens. Raises ``ReauthRequired`` where the grant has ended, ``Later`` where nobody answers."""
    return _ask(client, {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()})


def by_code(client: OAuthClient, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """Return the tokens of an authorisation code, proved to be ours by its PKCE ``verifier`` (RFC 7636)."""
    form = {"code": code, "code_verifier": verifier, "redirect_uri": redirect_uri}
    return _ask(client, {"grant_type": "authorization_code", **form})


def by_itself(client: OAuthClient) -> Tokens:
    """Return tokens that need no person: client credentials, or a signed assertion."""
    scope = {"scope": client.scopes} if client.scopes else {}
    if client.kind == "client_credentials":
        return _ask(client, {"grant_type": "client_credentials", **scope})
    return _ask(client, {"grant_type": _ASSERTION, "assertion": _assertion(client)}, with_secret=False)


def _assertion(client: OAuthClient) -> str:
    if client.private_key is None:
        raise CredentialError(f"{client.system_key}: there is no credential 'private_key' to sign with")
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": client.client_id,
        "sub": client.settings.get("subject", client.client_id),
        "aud": client.word.audience or client.token_url,
        "iat": now,
        "exp": now + _ASSERTION_SECONDS,
    }
    # Google reads the scopes here; others take no notice of the claim.
    if client.scopes:
        claims["scope"] = client.scopes
    try:
        return jwt.encode(claims, client.private_key.reveal(), algorithm=client.word.algorithm)
    except (ValueError, TypeError, jwt.PyJWTError):
        raise CredentialError(f"{client.system_key}: 'private_key' is no key in PEM that can sign") from None


def _ask(client: OAuthClient, form: Mapping[str, str], *, with_secret: bool = True) -> Tokens:
    headers, body = {"Accept": "application/json"}, dict(form)
    if with_secret:
        headers, body = _identified(client, headers, body)
    try:
        with guarded_session() as session:
            # Not followed: a redirect would carry the secrets of the form elsewhere.
            answer = session.post(
                client.token_url, data=body, headers=headers, timeout=_SECONDS, allow_redirects=False
            )
    except RequestException as error:
        told = f"{client.system_key}: the token endpoint does not answer: {type(error).__name__}"
        raise ThirdPartyUnavailable(told) from None
    return _tokens(client, answer)


def _identified(
    client: OAuthClient, headers: dict[str, str], body: dict[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    secret = client.secret.reveal() if client.secret else ""
    if client.word.client_auth == "basic":
        # RFC 6749, section 2.3.1: both halves are form-encoded first.
        pair = f"{quote(client.client_id, safe='')}:{quote(secret, safe='')}"
        return {**headers, "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}, body
    own = {"client_secret": secret} if secret else {}
    return headers, {**body, "client_id": client.client_id, **own}


def _tokens(client: OAuthClient, answer: Response) -> Tokens:
    said = _json(answer)
    if answer.status_code >= 500 or answer.status_code == 429:
        raise ThirdPartyUnavailable(
            f"{client.system_key}: the token endpoint answers HTTP {answer.status_code}"
        )
    access = said.get("access_token")
    if answer.status_code != 200 or not isinstance(access, str) or not access:
        raise _refusal(client, answer.status_code, str(said.get("error", ""))[:60])
    refresh, lifetime = said.get("refresh_token"), said.get("expires_in")
    return Tokens(
        access=SecretValue(access),
        refresh=SecretValue(refresh) if isinstance(refresh, str) and refresh else None,
        lifetime_seconds=_seconds(lifetime, client.word.lifetime_seconds),
        scopes=str(said.get("scope", client.scopes)),
    )


def _seconds(said: object, otherwise: int) -> int:
    try:
        return max(1, int(str(said)))
    except ValueError:
        return otherwise


def _refusal(client: OAuthClient, status: int, code: str) -> CredentialError:
    told = f"{client.system_key}: the token endpoint refuses (HTTP {status}{f', {code}' if code else ''})"
    if code in _ENDED:
        return ReauthRequired(f"{told}; consent again: integrations credential connect {client.system_key}")
    return CredentialError(f"{told}. Check the client's id and secret")


def _json(answer: Response) -> dict[str, Any]:
    try:
        said = answer.json() if len(answer.content) <= _LARGEST else {}
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
