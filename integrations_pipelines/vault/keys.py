"""Key-encryption keys: what a provider of them has to do, keys held by this process, and the ring of providers."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol, runtime_checkable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from integrations_pipelines.errors import CredentialError

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyMissing(CredentialError):
    """The key ring lacks the key that a secret is sealed under."""


class SealBroken(CredentialError):
    """Something sealed does not open: it was altered, or belongs elsewhere."""


@dataclass(frozen=True, kw_only=True)
class WrappedKey:
    """A data key, wrapped by the key-encryption key ``kek_id``; ``blob`` is the provider's own form."""

    kek_id: str
    blob: bytes


class KeyProvider(Protocol):
    """Holds key-encryption keys, or speaks to who holds them (Vault transit, AWS KMS), and wraps data keys.

    ``context`` is authenticated and never stored: AES-GCM's associated data, KMS's encryption context, Vault
    transit's ``associated_data``. ``unwrap`` raises ``KeyMissing`` for a key it does not have, ``SealBroken``
    for a blob or a context that is not the wrapped one; both may raise ``Later`` where the holder is far away.
    """

    @property
    def where(self) -> str:
        """Where the keys are held, for people: a file's path, the environment, a service's address."""

    def current_id(self) -> str:
        """Return the id of the key that wraps now."""

    def known_ids(self) -> Collection[str]:
        """Return the ids of all keys that unwrap."""

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """Return ``data_key`` wrapped by the current key, bound to ``context``."""

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key that was wrapped with the same ``context``."""


@runtime_checkable
class Forgetful(Protocol):
    """Keeps data keys in memory for a while, and drops them when told."""

    def forget(self) -> None:
        """Drop every data key."""


class LocalKeys:
    """Keys that this process holds: AES-256-GCM with a random nonce, so at most 2**32 wraps a key.

    Source of that bound: NIST SP 800-38D, section 8.3.
    """

    def __init__(self, keys: Mapping[str, bytes], current: str, where: str = "this process") -> None:
        """Raise ``CredentialError`` for a key of a wrong length or a ``current`` that is not among ``keys``."""
        for kek_id, key in keys.items():
            if len(key) != KEY_BYTES:
                raise CredentialError(f"key {kek_id!r} has {len(key)} bytes; a key has {KEY_BYTES}")
        if current not in keys:
            raise CredentialError(f"the current key {current!r} is not in the key ring")
        self.where = where
        self._ciphers = {kek_id: AESGCM(key) for kek_id, key in keys.items()}
        self._current = current

    def current_id(self) -> str:
        """Return the id of the key that wraps now."""
        return self._current

    def known_ids(self) -> Collection[str]:
        """Return the ids of all keys, the current one first."""
        return [self._current, *(kek_id for kek_id in self._ciphers if kek_id != self._current)]

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """Return ``data_key`` under the current key, bound to ``context`` and to the key's id."""
        nonce = os.urandom(NONCE_BYTES)
        bound = length_prefixed(context, self._current.encode())
        sealed = self._ciphers[self._current].encrypt(nonce, data_key, bound)
        return WrappedKey(kek_id=self._current, blob=nonce + sealed)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key. Raises ``KeyMissing`` or ``SealBroken``."""
        cipher = self._ciphers.get(wrapped.kek_id)
        if cipher is None:
            raise KeyMissing(_lacks(wrapped.kek_id, self.known_ids()))
        nonce, sealed = wrapped.blob[:NONCE_BYTES], wrapped.blob[NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, sealed, length_prefixed(context, wrapped.kek_id.encode()))
        except (InvalidTag, ValueError):
            raise SealBroken(f"the data key does not open under key {wrapped.kek_id!r}") from None

    def __repr__(self) -> str:
        return f"LocalKeys({', '.join(self.known_ids())})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("keys cannot be pickled or copied")


class KeyRing:
    """Providers side by side: the first one wraps, each unwraps what it knows. Itself a ``KeyProvider``.

    ``notices`` are sentences for the operator about what opening the ring did ("a key was made ...").
    """

    def __init__(self, providers: Sequence[KeyProvider], notices: Sequence[str] = ()) -> None:
        """Raise ``CredentialError`` for no provider: nothing is ever stored unsealed."""
        if not providers:
            raise CredentialError("there is no key to seal secrets with, and they are never stored unsealed")
        self._providers = tuple(providers)
        self.notices = tuple(notices)

    @property
    def where(self) -> str:
        """Where the keys are held, one place after the other."""
        return ", ".join(provider.where for provider in self._providers)

    def places(self) -> dict[str, str]:
        """Return where each key is held, the current one first."""
        return {kek_id: one.where for one in self._providers for kek_id in one.known_ids()}

    def current_id(self) -> str:
        """Return the id of the key that wraps now."""
        return self._providers[0].current_id()

    def known_ids(self) -> list[str]:
        """Return the ids of all keys that unwrap, the current one first."""
        return [kek_id for provider in self._providers for kek_id in provider.known_ids()]

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """Return ``data_key`` wrapped by the first provider."""
        return self._providers[0].wrap(data_key, context)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key. Raises ``KeyMissing`` where no provider knows the key, ``SealBroken`` otherwise."""
        for provider in self._providers:
            try:
                return provider.unwrap(wrapped, context)
            except KeyMissing:
                continue
        raise KeyMissing(_lacks(wrapped.kek_id, self.known_ids()))

    def forget(self) -> None:
        """Drop the data keys that are kept in this process for providers far away."""
        for provider in self._providers:
            if isinstance(provider, Forgetful):
                provider.forget()

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.known_ids())})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a key ring cannot be pickled or copied")


def length_prefixed(*parts: bytes) -> bytes:
    """Return ``parts`` joined so that no other parts give the same bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _lacks(kek_id: str, known: Collection[str]) -> str:
    return f"the key ring lacks key {kek_id!r} (it has {', '.join(known)})"
