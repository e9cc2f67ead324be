"""Where local keys come from: the environment's text, or a key file that is made once and guarded.

The file is JSON, ``{"current": id, "keys": {id: base64 of 32 bytes}}``, mode 0600, owned by who runs us.
"""

import base64
import binascii
import datetime
import fcntl
import json
import os
import secrets
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from integrations_pipelines.errors import CredentialError
from integrations_pipelines.vault.keys import KEY_BYTES, LocalKeys, WrappedKey

_LARGEST = 1 << 20


def keys_from_text(text: str) -> LocalKeys:
    """Return the keys of ``INTEGRATIONS_KEYS``: ``id:base64`` by commas; the first wraps, all unwrap.

    Raises ``CredentialError``, which shows no part of the text.
    """
    keys: dict[str, bytes] = {}
    for place, entry in enumerate(filter(None, (part.strip() for part in text.split(","))), start=1):
        kek_id, colon, encoded = entry.partition(":")
        if not colon or not kek_id or kek_id in keys:
            raise CredentialError(
                f"INTEGRATIONS_KEYS: entry {place} is not of the form id:base64 with an id of its own"
            )
        keys[kek_id] = _decoded(encoded, f"INTEGRATIONS_KEYS: entry {place}")
    if not keys:
        raise CredentialError("INTEGRATIONS_KEYS holds no key")
    return LocalKeys(keys, next(iter(keys)), "INTEGRATIONS_KEYS")


class FileKeys:
    """The keys of a file, read anew when it has changed: a key added by another process works at once here."""

    def __init__(self, path: Path) -> None:
        """Raise ``CredentialError`` unless the file is there, ours, closed to others and well-formed."""
        self._path = path
        self._keys, self._seen = _read(path)

    @property
    def where(self) -> str:
        """The file's path."""
        return str(self._path)

    def current_id(self) -> str:
        """Return the id of the key that wraps now."""
        return self._fresh().current_id()

    def known_ids(self) -> Collection[str]:
        """Return the ids of all keys, the current one first."""
        return self._fresh().known_ids()

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """Return ``data_key`` under the current key."""
        return self._fresh().wrap(data_key, context)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key. Raises ``KeyMissing`` or ``SealBroken``."""
        return self._fresh().unwrap(wrapped, context)

    def _fresh(self) -> LocalKeys:
        # Replaced by rename, so a new version is a new inode.
        if _identity(self._path) != self._seen:
            self._keys, self._seen = _read(self._path)
        return self._keys


def make_key_file(path: Path) -> bool:
    """Make a key file with one new key unless there is one; return whether this call made it.

    Of any number of processes at once exactly one makes it: it is written whole beside, then linked into place.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key_id = _new_id()
    with _written_beside(path, {key_id: secrets.token_bytes(KEY_BYTES)}, key_id) as beside:
        try:
            os.link(beside, path)
        except FileExistsError:
            return False
    _sync_folder(path.parent)
    return True


def add_key(path: Path) -> str:
    """Add a new key to the file, make it the current one, return its id; the others go on unwrapping."""
    with _changing(path):
        keys, key_id = _parsed(path, _content(path)[0])[0], _new_id()
        _replace(path, {**keys, key_id: secrets.token_bytes(KEY_BYTES)}, key_id)
    return key_id


def remove_key(path: Path, kek_id: str) -> None:
    """Take a retired key out of the file. Raises ``CredentialError`` for the current or an unknown key."""
    with _changing(path):
        keys, current = _parsed(path, _content(path)[0])
        if kek_id == current or kek_id not in keys:
            raise CredentialError(
                f"{path}: key {kek_id!r} is {'the current one' if kek_id == current else 'not here'}"
            )
        _replace(path, {other: key for other, key in keys.items() if other != kek_id}, current)


def _read(path: Path) -> tuple[LocalKeys, tuple[int, int, int]]:
    content, identity = _content(path)
    return LocalKeys(*_parsed(path, content)), identity


def _content(path: Path) -> tuple[bytes, tuple[int, int, int]]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise CredentialError(f"{path}: the key file is missing") from None
    except OSError as error:
        raise CredentialError(f"{path}: the key file cannot be opened: {error.strerror}") from None
    try:
        status = os.fstat(descriptor)
        _refuse_open_file(path, status)
        return os.read(descriptor, _LARGEST), (status.st_ino, status.st_mtime_ns, status.st_size)
    finally:
        os.close(descriptor)


def _refuse_open_file(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise CredentialError(f"{path}: the key file is not a regular file")
    if status.st_uid != os.geteuid():
        raise CredentialError(
            f"{path}: the key file belongs to user {status.st_uid}, not to us ({os.geteuid()})"
        )
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise CredentialError(
            f"{path}: the key file is open to others (mode {mode:04o}); run chmod 600 on it"
        )


def _parsed(path: Path, content: bytes) -> tuple[dict[str, bytes], str]:
    try:
        document = json.loads(content)
        encoded, current = document["keys"], document["current"]
        entries = [(str(kek_id), str(text)) for kek_id, text in encoded.items()]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CredentialError(
            f'{path}: not a key file; it reads {{"current": id, "keys": {{id: base64}}}}'
        ) from None
    return {kek_id: _decoded(text, f"{path}: key {kek_id!r}") for kek_id, text in entries}, str(current)


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise CredentialError(f"{where} is not base64") from None
    if len(key) != KEY_BYTES:
        raise CredentialError(f"{where} has {len(key)} bytes; a key has {KEY_BYTES}")
    return key


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    with os.fdopen(_opened_privately(path.with_name(f"{path.name}.lock"), os.O_RDWR), "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(path: Path, keys: Mapping[str, bytes], current: str) -> None:
    with _written_beside(path, keys, current) as beside:
        beside.rename(path)
    _sync_folder(path.parent)


@contextmanager
def _written_beside(path: Path, keys: Mapping[str, bytes], current: str) -> Iterator[Path]:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    encoded = {kek_id: base64.b64encode(key).decode() for kek_id, key in keys.items()}
    try:
        with os.fdopen(_opened_privately(beside, os.O_WRONLY | os.O_EXCL), "w") as file:
            json.dump({"current": current, "keys": encoded}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        yield beside
    finally:
        beside.unlink(missing_ok=True)


def _opened_privately(path: Path, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _new_id() -> str:
    return f"key-{datetime.datetime.now(datetime.UTC):%Y%m%d}-{secrets.token_hex(4)}"
