"""Sealing itself, without a database: a value under a fresh data key, that under the ring, both bound to a row."""

import hashlib
import os
import uuid as uuidlib
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from integrations_pipelines.registry.secrets import SealedValue
from integrations_pipelines.vault.keys import (
    KEY_BYTES,
    NONCE_BYTES,
    KeyMissing,
    KeyProvider,
    SealBroken,
    WrappedKey,
    length_prefixed,
)
from integrations_pipelines.vault.value import SecretValue

_FORMAT = 1
_KEY, _VALUE = b"K", b"V"


@dataclass(frozen=True, kw_only=True)
class Place:
    """The row that a value is sealed for. All but ``system_key``, which only names it to people, is authenticated."""

    system_uuid: uuidlib.UUID
    system_key: str
    name: str
    version: int

    def __str__(self) -> str:
        return f"{self.system_key}: {self.name} version {self.version}"


def seal(keys: KeyProvider, place: Place, value: SecretValue) -> SealedValue:
    """Return ``value`` under a data key of its own (AES-256-GCM), openable at ``place`` only."""
    return _sealed(keys, place, value.reveal().encode("utf-8", "surrogatepass"))


def open_sealed(keys: KeyProvider, place: Place, sealed: SealedValue) -> SecretValue:
    """Return the value. Raises ``KeyMissing`` or ``SealBroken``, naming the place and the fault, never the value."""
    return SecretValue(_opened(keys, place, sealed).decode("utf-8", "surrogatepass"))


def rewrapped(keys: KeyProvider, place: Place, sealed: SealedValue) -> SealedValue:
    """Return the same ciphertext with its data key under the current key. Raises as ``open_sealed`` does."""
    wrapped = keys.wrap(_data_key(keys, place, sealed), _context(place, _KEY))
    return replace(sealed, kek_id=wrapped.kek_id, wrapped_key=_header(place, _KEY) + wrapped.blob)


def resealed(keys: KeyProvider, place: Place, sealed: SealedValue) -> SealedValue:
    """Return the value under a new data key. Raises as ``open_sealed`` does."""
    return _sealed(keys, place, _opened(keys, place, sealed))


def _sealed(keys: KeyProvider, place: Place, plaintext: bytes) -> SealedValue:
    data_key, nonce = AESGCM.generate_key(KEY_BYTES * 8), os.urandom(NONCE_BYTES)
    wrapped = keys.wrap(data_key, _context(place, _KEY))
    return SealedValue(
        kek_id=wrapped.kek_id,
        wrapped_key=_header(place, _KEY) + wrapped.blob,
        nonce=nonce,
        ciphertext=_header(place, _VALUE)
        + AESGCM(data_key).encrypt(nonce, plaintext, _context(place, _VALUE)),
    )


def _opened(keys: KeyProvider, place: Place, sealed: SealedValue) -> bytes:
    data_key = _data_key(keys, place, sealed)
    ciphertext = _body(place, _VALUE, sealed.ciphertext)
    try:
        return AESGCM(data_key).decrypt(sealed.nonce, ciphertext, _context(place, _VALUE))
    except (InvalidTag, ValueError):
        raise SealBroken(f"{place}: the sealed value was altered") from None


def _data_key(keys: KeyProvider, place: Place, sealed: SealedValue) -> bytes:
    wrapped = WrappedKey(kek_id=sealed.kek_id, blob=_body(place, _KEY, sealed.wrapped_key))
    try:
        return keys.unwrap(wrapped, _context(place, _KEY))
    except KeyMissing as error:
        raise KeyMissing(f"{place}: {error}") from None
    except SealBroken:
        detail = f"its data key does not open under key {sealed.kek_id!r}: the row was altered, or the key is another"
        raise SealBroken(f"{place}: {detail}") from None


def _context(place: Place, field: bytes) -> bytes:
    name, version = place.name.encode(), str(place.version).encode()
    return length_prefixed(
        b"integrations-pipelines", bytes([_FORMAT]), place.system_uuid.bytes, name, version, field
    )


def _header(place: Place, field: bytes) -> bytes:
    # Says in clear what the associated data proves, so that a refusal can tell a moved row from an altered one.
    name = hashlib.sha256(place.name.encode()).digest()[:8]
    return bytes([_FORMAT]) + field + place.system_uuid.bytes + name + place.version.to_bytes(8, "big")


def _body(place: Place, field: bytes, stored: bytes) -> bytes:
    expected = _header(place, field)
    claimed, body = stored[: len(expected)], stored[len(expected) :]
    if claimed != expected:
        raise SealBroken(f"{place}: {_mismatch(claimed, expected)}")
    return body


def _mismatch(claimed: bytes, expected: bytes) -> str:
    if len(claimed) != len(expected) or claimed[:1] != expected[:1]:
        return "the sealed bytes are not of a form this version knows"
    if claimed[1:2] != expected[1:2]:
        return "the sealed bytes are of another column"
    if claimed[2:18] != expected[2:18]:
        return f"sealed for another source system ({uuidlib.UUID(bytes=claimed[2:18])}); the row was moved"
    if claimed[18:26] != expected[18:26]:
        return "sealed for a secret of another name; the row was moved"
    return f"sealed as version {int.from_bytes(claimed[26:], 'big')}; another version's bytes were put in its place"
