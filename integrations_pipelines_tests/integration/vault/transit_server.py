"""HashiCorp Vault's transit engine, as its API documentation has it: versions, associated data, error words.

https://developer.hashicorp.com/vault/api-docs/secret/transit
"""

import base64
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from integrations_pipelines_tests.http_server import Request, Response

TOKEN = "hvs.the-token-of-the-test"


class Transit:
    """One key, ``integrations``, at the mount ``transit``."""

    def __init__(self) -> None:
        self.versions = {1: AESGCM.generate_key(256)}
        self.min_decryption_version = 1
        self.is_sealed = False

    def rotate(self) -> None:
        self.versions[max(self.versions) + 1] = AESGCM.generate_key(256)

    def answer(self, request: Request) -> Response:
        if self.is_sealed:
            return Response.of_json({"errors": ["Vault is sealed"]}, 503)
        if request.headers.get("x-vault-token") != TOKEN:
            return Response.of_json({"errors": ["permission denied"]}, 403)
        match request.method, request.path:
            case "GET", "/v1/transit/keys/integrations":
                oldest = self.min_decryption_version
                return _data(latest_version=max(self.versions), min_decryption_version=oldest)
            case "POST", "/v1/transit/encrypt/integrations":
                return self._encrypt(request.json())
            case "POST", "/v1/transit/decrypt/integrations":
                return self._decrypt(request.json())
        return Response.of_json({"errors": []}, 404)

    def _encrypt(self, body: dict[str, str]) -> Response:
        version, nonce = max(self.versions), os.urandom(12)
        plain, bound = base64.b64decode(body["plaintext"]), base64.b64decode(body["associated_data"])
        sealed = nonce + AESGCM(self.versions[version]).encrypt(nonce, plain, bound)
        return _data(ciphertext=f"vault:v{version}:{base64.b64encode(sealed).decode()}", key_version=version)

    def _decrypt(self, body: dict[str, str]) -> Response:
        _, version, text = body["ciphertext"].split(":")
        if int(version[1:]) < self.min_decryption_version:
            return _error("ciphertext or signature version is disallowed by policy (too old)")
        sealed, bound = base64.b64decode(text), base64.b64decode(body["associated_data"])
        try:
            plain = AESGCM(self.versions[int(version[1:])]).decrypt(sealed[:12], sealed[12:], bound)
        except InvalidTag:
            return _error("cipher: message authentication failed")
        return _data(plaintext=base64.b64encode(plain).decode())


def _data(**data: Any) -> Response:
    return Response(headers={"content-type": "application/json"}, body=json.dumps({"data": data}).encode())


def _error(words: str) -> Response:
    return Response.of_json({"errors": [words]}, 400)
