"""Credentials of a running account: opened when asked for, and replaced when the third party refuses them."""

import threading
from typing import NoReturn, Protocol

from sqlalchemy import Connection, Engine

from integrations_pipelines.vault.audit import record
from integrations_pipelines.vault.credentials import Credentials, credentials_of
from integrations_pipelines.vault.keys import KeyProvider
from integrations_pipelines.vault.versions import fall_back, former_versions


class Grant(Protocol):
    """Renews one credential by OAuth2; ``credential`` is its name."""

    credential: str

    def fresh(self) -> bool:
        """See to it that the stored access token is good for a while; return whether it was replaced."""

    def renew(self, refused: int) -> bool:
        """Replace the access token of version ``refused``; return whether there is another one now."""


class LiveCredentials:
    """The credentials of one source system while it is asked. Safe to use from several threads.

    ``renew`` is for a third party that refuses: where another process has replaced the refused version already, it
    reads anew; else OAuth2 gets another token, or a secret that was rotated goes back to its former version.
    """

    def __init__(
        self,
        engine: Engine,
        keys: KeyProvider,
        system_key: str,
        grant: Grant | None = None,
    ) -> None:
        """``grant`` renews one of the credentials by OAuth2; None where all of them were set by a person."""
        self._engine, self._keys, self._system_key = engine, keys, system_key
        self._grant = grant
        self._lock = threading.RLock()
        self._used: dict[str, int] = {}
        self._opened = self._read()

    def reveal(self, name: str) -> str:
        """Return the plaintext of ``name``, an access token refreshed before it ends. Raises ``CredentialError``."""
        with self._lock:
            if self._grant is not None and self._grant.credential == name and self._grant.fresh():
                self._opened = self._read()
            value = self._opened.reveal(name)
            self._used[name] = self._opened.live_versions(name)[0].version
            return value

    def renew(self) -> bool:
        """Return whether other credentials than those revealed last are in place now."""
        with self._lock:
            self._opened = self._read()
            if any(self._version(name) != used for name, used in self._used.items()):
                return True
            is_other = self._renewed_by_grant() or self._fallen_back()
            self._opened = self._read()
            return is_other

    def _read(self) -> Credentials:
        with self._engine.begin() as connection:
            return credentials_of(connection, self._keys, self._system_key)

    def _version(self, name: str) -> int:
        live = self._opened.live_versions(name)
        return live[0].version if live else 0

    def _renewed_by_grant(self) -> bool:
        grant = self._grant
        return (
            grant is not None and grant.credential in self._used and grant.renew(self._used[grant.credential])
        )

    def _fallen_back(self) -> bool:
        with self._engine.begin() as connection:
            back = [self._back(connection, name, used) for name, used in sorted(self._used.items())]
        return any(back)

    def _back(self, connection: Connection, name: str, used: int) -> bool:
        if not former_versions(connection, self._system_key, name, refused=used):
            return False
        former = fall_back(connection, self._system_key, name)
        detail = {"refused": used, "active": former}
        record(connection, self._keys, "credential.fall_back", f"{self._system_key}/{name}", detail)
        return True

    def __repr__(self) -> str:
        return f"LiveCredentials({self._system_key})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("credentials cannot be pickled or copied")
