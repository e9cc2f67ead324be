"""Keeps secrets with the one third party they are for: which origin they go to, and out of every text we write."""

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from integrations_pipelines.contract import ApiKey, Auth, Basic, Bearer, NoAuth, filled, names_needed
from integrations_pipelines.staging.account import Account

_PORTS = {"http": 80, "https": 443}
_SHORTEST = 4


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port: what has to be the same for a secret to be sent. Raise ``ValueError`` for none."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(scheme)


class Scrubber:
    """Takes known secrets out of texts, in every spelling that they are sent in."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def learn(self, secret: str) -> None:
        """Remember a secret that was revealed."""
        if len(secret) >= _SHORTEST:
            self._secrets |= {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}

    def scrub(self, text: str) -> str:
        """Return ``text`` in one line without any secret known here."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+", " ", text).strip()


def _with_param(url: str, name: str, value: str) -> str:
    """Return ``url`` with the parameter set: a next link may hold it already."""
    parts = urlsplit(url)
    kept = [(key, text) for key, text in parse_qsl(parts.query, keep_blank_values=True) if key != name]
    return urlunsplit(parts._replace(query=urlencode([*kept, (name, value)])))


class OriginAuth(AuthBase):
    """Signs requests to the account's own origin, and no others. Its secrets are revealed when they are needed."""

    def __init__(self, account: Account, config: Mapping[str, str], scrubber: Scrubber) -> None:
        self._account = account
        self._config = config
        self._scrubber = scrubber
        self._origin = origin_of(account.connector.base_url_of(config))

    def __repr__(self) -> str:
        return f"OriginAuth({self._account.system_key})"

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the credentials, if the request goes where they belong."""
        if origin_of(str(request.url)) == self._origin:
            auth = self._account.connector.auth
            request.headers.update(self._headers(auth))
            if isinstance(auth, ApiKey) and auth.param:
                request.url = _with_param(
                    str(request.url), auth.param, auth.prefix + self._reveal(auth.credential)
                )
        return request

    def __eq__(self, other: Any) -> bool:
        return self is other

    __hash__ = AuthBase.__hash__

    def _headers(self, auth: Auth) -> Mapping[str, str]:
        known = {name: self._reveal(name) for name in names_needed(auth)}
        match auth:
            case Bearer(credential=name):
                return {"Authorization": f"Bearer {known[name]}"}
            case ApiKey(header=header, credential=name, prefix=prefix):
                return {header: prefix + known[name]} if header else {}
            case Basic(username=username, password=password):
                pair = f"{filled(username, known)}:{filled(password, known)}"
                self._scrubber.learn(pair)
                return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
            case NoAuth():
                return {}

    def _reveal(self, name: str) -> str:
        if any(setting.name == name for setting in self._account.connector.all_settings):
            return self._config[name]
        secret = self._account.credentials.reveal(name)
        self._scrubber.learn(secret)
        return secret
