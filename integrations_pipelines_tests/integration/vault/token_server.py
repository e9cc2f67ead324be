"""A token endpoint whose refresh tokens are good for one use: using one twice takes the whole grant back."""

import base64
import hashlib
import threading
import time
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

import jwt

from integrations_pipelines_tests.http_server import Request, Response


class TokenServer:
    """Grants tokens, and an API that takes only the newest access token.

    As RFC 9700, section 4.14.2 has it: a refresh token that comes back ends the grant.
    """

    def __init__(self, *, lifetime: int = 3600, public_key: str = "") -> None:
        self.refresh, self.access = "refresh-0000000", ""
        self.refreshes = self.reused = self.number = 0
        self.challenge, self.lifetime, self.public_key = "", lifetime, public_key
        self.code, self.redirect_uri, self.is_refused = "the-code", "", False
        self.is_ended = False
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        if request.path == "/token":
            return self._token(dict(parse_qsl(request.body.decode())))
        if request.path == "/authorize":
            return self._authorized(request.query)
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not self.access or bearer != self.access:
            return Response.of_json({"message": "who are you?"}, 401)
        return Response.of_json({"results": []})

    def _authorized(self, asked: Mapping[str, str]) -> Response:
        """Have the person consent at once, and send the browser back (RFC 6749, section 4.1.2; RFC 7636, 4.4)."""
        if (asked["response_type"], asked["code_challenge_method"]) != ("code", "S256"):
            return Response.of_json({"error": "invalid_request"}, 400)
        self.challenge, self.redirect_uri = asked["code_challenge"], asked["redirect_uri"]
        self.code = f"c4nary-code-{len(self.challenge)}-{self.number}/+&"
        said = {"error": "access_denied"} if self.is_refused else {"code": self.code}
        back = f"{self.redirect_uri}?{urlencode({**said, 'state': asked['state']})}"
        return Response(status=302, headers={"location": back})

    def _token(self, form: dict[str, str]) -> Response:
        time.sleep(0.1)  # long enough for nine others to try the same
        with self._lock:
            if form.get("client_secret", "") != "client-secret-value" and "assertion" not in form:
                return Response.of_json({"error": "invalid_client"}, 401)
            return self._granted(form)

    def _granted(self, form: dict[str, str]) -> Response:
        match form["grant_type"]:
            case "refresh_token":
                if self.is_ended or form["refresh_token"] != self.refresh:
                    self.reused += 1
                    self.is_ended = True
                    return Response.of_json({"error": "invalid_grant"}, 400)
                self.refreshes += 1
            case "authorization_code":
                digest = hashlib.sha256(form["code_verifier"].encode()).digest()
                proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
                is_same = (form["code"], proof) == (self.code, self.challenge)
                if not is_same or self.redirect_uri not in ("", form["redirect_uri"]):
                    return Response.of_json({"error": "invalid_grant"}, 400)
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                jwt.decode(form["assertion"], self.public_key, algorithms=["RS256"], audience="the-audience")
        return self._tokens()

    def _tokens(self) -> Response:
        self.number += 1
        self.access, self.refresh = f"access-{self.number:07}", f"refresh-{self.number:07}"
        said = {"access_token": self.access, "refresh_token": self.refresh, "expires_in": self.lifetime}
        return Response.of_json({**said, "token_type": "bearer"})
