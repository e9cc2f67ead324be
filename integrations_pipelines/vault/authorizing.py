"""The authorisation-code flow with PKCE (RFC 7636), answered on loopback (RFC 8252, section 7.3)."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from integrations_pipelines.contract import filled
from integrations_pipelines.errors import ConfigurationError, CredentialError, UsageError
from integrations_pipelines.vault.token_endpoint import OAuthClient, Tokens, by_code
from integrations_pipelines.vault.value import SecretValue

_PATH = "/callback"
_DONE = b"<!doctype html><title>Connected</title><p>You can close this window."
_NOT_DONE = b"<!doctype html><title>Not connected</title><p>Access was not granted; the terminal says why."


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request for consent; ``state`` ties the answer to it, ``verifier`` proves that the code is ours."""

    url: str = field(repr=False)
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def request_for(client: OAuthClient, redirect_uri: str) -> Request:
    """Return a fresh request. Raises ``ConfigurationError`` where the third party has no such flow."""
    template = client.settings.get("authorize_url") or filled(client.word.authorize_url, client.settings)
    if not template or client.kind != "authorization_code":
        raise ConfigurationError(f"{client.system_key}: its tokens need no consent in a browser")
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    SecretValue(verifier)  # so that no log line shows it
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "scope": client.scopes,
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **client.word.extra,
    }
    joined = "&" if urlsplit(template).query else "?"
    url = f"{template}{joined}{urlencode(asked)}"
    return Request(url=url, redirect_uri=redirect_uri, state=state, verifier=verifier)


def consented(
    client: OAuthClient, show: Callable[[str], None], *, port: int = 0, seconds: float = 300
) -> Tokens:
    """Have a person consent at the URL that ``show`` is called with, and return the tokens.

    Listens on loopback alone, for ``seconds``; 0 is any free ``port``. Raises ``CredentialError`` where nobody
    consents, ``UsageError`` for a port that is taken.
    """
    try:
        server = _Listener(("127.0.0.1", port), _Door)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}") from None
    with server:
        request = request_for(client, f"http://127.0.0.1:{server.server_address[1]}{_PATH}")
        server.state = request.state
        show(request.url)
        code = _awaited(server, client.system_key, time.monotonic() + seconds)
    return by_code(client, code, request.verifier, request.redirect_uri)


def _awaited(server: "_Listener", system_key: str, deadline: float) -> str:
    server.timeout = 0.5
    while time.monotonic() < deadline:
        server.handle_request()
        if server.refused:
            raise CredentialError(f"{system_key}: access was not granted ({server.refused})")
        if server.code:
            return server.code
    raise CredentialError(f"{system_key}: nobody granted access in time")


class _Listener(HTTPServer):
    """Waits for the one answer that holds our ``state``."""

    state = ""
    code = ""
    refused = ""


class _Door(BaseHTTPRequestHandler):
    """Takes the code from the redirect; whatever else comes is 404 and changes nothing."""

    server: _Listener
    timeout = 5

    def do_GET(self) -> None:
        """Answer the redirect."""
        parts = urlsplit(self.path)
        said = {name: values[0] for name, values in parse_qs(parts.query).items()}
        is_ours = hmac.compare_digest(said.get("state", "").encode(), self.server.state.encode())
        if parts.path != _PATH or not is_ours:
            self.send_error(404)
            return
        self.server.code, self.server.refused = said.get("code", ""), said.get("error", "")[:60]
        if not self.server.code and not self.server.refused:
            self.server.refused = "no code"
        page = _NOT_DONE if self.server.refused else _DONE
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the line would hold the code."""
