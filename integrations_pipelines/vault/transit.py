"""Key-encryption keys that HashiCorp Vault holds: its transit engine wraps and unwraps, and they never leave it.

API: https://developer.hashicorp.com/vault/api-docs/secret/transit (read, encrypt, decrypt).
"""

import base64
import binascii
import re
import threading
import time
from collections.abc import Collection
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

from requests import RequestException

from integrations_pipelines.egress import guarded_session
from integrations_pipelines.errors import ConfigurationError, CredentialError, Later
from integrations_pipelines.vault.keys import KeyMissing, SealBroken, WrappedKey
from integrations_pipelines.vault.value import SecretValue

_SECONDS = (5, 10)
_FRESH_SECONDS = 30.0
_WRAPPED = re.compile(r"vault:v(\d+):[A-Za-z0-9+/=_-]+")


class KeyServiceUnavailable(Later):
    """The service that holds the keys does not answer."""


class TransitKeys:
    """One named key of a transit engine. Each of its versions is a key of ours: ``transit/<name>/v3``.

    ``vault write -f transit/keys/<name>/rotate`` makes the next version, which wraps from then on.
    """

    def __init__(self, address: str, token: SecretValue) -> None:
        """``address`` is ``https://vault.example:8200/<mount>/<name>``. Raises ``ConfigurationError``."""
        parts = urlsplit(address)
        path = [quote(step, safe="") for step in parts.path.strip("/").split("/")]
        if parts.scheme not in ("http", "https") or not parts.hostname or len(path) < 2 or parts.username:
            raise ConfigurationError(
                "INTEGRATIONS_KEY_SERVICE: reads transit:https://vault.example:8200/<mount>/<key>"
            )
        self._base = f"{parts.scheme}://{parts.netloc}/v1/{'/'.join(path[:-1])}"
        self._name, self._token = path[-1], token
        # The operator named this very host: it may be private.
        self._session = guarded_session([parts.hostname])
        self._lock = threading.Lock()
        self._seen: tuple[float, int, list[str]] = (0.0, 0, [])
        self.where = f"Vault transit at {parts.hostname}"

    def current_id(self) -> str:
        """Return the id of the newest version."""
        return self._id(self._versions()[1])

    def known_ids(self) -> Collection[str]:
        """Return the ids of the versions that unwrap, the newest first."""
        return self._versions()[2]

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """Return ``data_key`` wrapped by the newest version, bound to ``context``."""
        body = {"plaintext": _text(data_key), "associated_data": _text(context)}
        wrapped = str(self._asked("POST", f"encrypt/{self._name}", body)["ciphertext"])
        version = _WRAPPED.fullmatch(wrapped)
        if version is None:
            raise CredentialError(f"{self.where}: answers in a form that this program does not know")
        return WrappedKey(kek_id=self._id(int(version[1])), blob=wrapped.encode())

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key. Raises ``KeyMissing`` for a key or a version that is not here, ``SealBroken``."""
        blob = wrapped.blob.decode("ascii", "replace")
        version = _WRAPPED.fullmatch(blob)
        if not wrapped.kek_id.startswith(f"transit/{self._name}/v"):
            raise KeyMissing(f"{self.where} has no key {wrapped.kek_id!r}")
        if version is None or self._id(int(version[1])) != wrapped.kek_id:
            raise SealBroken(f"the data key does not open under key {wrapped.kek_id!r}")
        body = {"ciphertext": blob, "associated_data": _text(context)}
        try:
            return base64.b64decode(
                str(self._asked("POST", f"decrypt/{self._name}", body, wrapped)["plaintext"])
            )
        except (KeyError, binascii.Error):
            raise SealBroken(f"the data key does not open under key {wrapped.kek_id!r}") from None

    def _versions(self) -> tuple[float, int, list[str]]:
        with self._lock:
            if time.monotonic() - self._seen[0] > _FRESH_SECONDS or not self._seen[2]:
                said = self._asked("GET", f"keys/{self._name}")
                newest, oldest = int(said["latest_version"]), int(said.get("min_decryption_version", 1))
                ids = [self._id(number) for number in range(newest, max(1, oldest) - 1, -1)]
                self._seen = (time.monotonic(), newest, ids)
            return self._seen

    def _asked(
        self, method: str, path: str, body: dict[str, str] | None = None, wrapped: WrappedKey | None = None
    ) -> dict[str, Any]:
        headers = {"X-Vault-Token": self._token.reveal()}
        try:
            answer = self._session.request(
                method,
                f"{self._base}/{path}",
                json=body,
                headers=headers,
                timeout=_SECONDS,
                allow_redirects=False,
            )
            data = answer.json().get("data", {}) if answer.content else {}
        except (RequestException, ValueError, AttributeError) as error:
            raise KeyServiceUnavailable(f"{self.where} does not answer: {type(error).__name__}") from None
        if answer.status_code == 200 and isinstance(data, dict):
            return data
        raise self._refusal(answer.status_code, answer.text, wrapped)

    def _refusal(self, status: int, said: str, wrapped: WrappedKey | None) -> Exception:
        if status in (429, 472, 473) or status >= 500:
            return KeyServiceUnavailable(f"{self.where} answers HTTP {status}")
        if status == 400 and wrapped is not None:
            if "too old" in said or "disallowed by policy" in said:
                return KeyMissing(f"{self.where} does not open with key {wrapped.kek_id!r} any more")
            return SealBroken(f"the data key does not open under key {wrapped.kek_id!r}")
        if status == 404:
            return CredentialError(f"{self.where}: there is no key {self._name!r}")
        return CredentialError(
            f"{self.where} refuses (HTTP {status}); check INTEGRATIONS_VAULT_TOKEN and its policy"
        )

    def _id(self, version: int) -> str:
        return f"transit/{self._name}/v{version}"

    def __repr__(self) -> str:
        return f"TransitKeys({self._name})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("keys cannot be pickled or copied")


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
