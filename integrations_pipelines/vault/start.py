"""Opens the vault at the start of a process: finds the keys, makes one on the very first start, proves them all."""

import hmac
from pathlib import Path

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import ProgrammingError

from integrations_pipelines.errors import ConfigurationError, CredentialError
from integrations_pipelines.registry import secrets as stored
from integrations_pipelines.vault.key_file import FileKeys, keys_from_text, make_key_file
from integrations_pipelines.vault.keys import (
    Forgetful,
    KeyMissing,
    KeyProvider,
    KeyRing,
    SealBroken,
    WrappedKey,
)
from integrations_pipelines.vault.kms import KmsKeys
from integrations_pipelines.vault.remembering import remembering
from integrations_pipelines.vault.transit import TransitKeys
from integrations_pipelines.vault.value import SecretValue

_CANARY = b"integrations-pipelines key check"  # 32 bytes, as a data key has
_CONTEXT = b"integrations-pipelines/key-check"


def open_key_ring(
    engine: Engine,
    *,
    keys: str | None,
    key_file: Path,
    service: str | None = None,
    vault_token: str | None = None,
    data_key_seconds: float = 0,
) -> KeyRing:
    """Return the ring of ``service``, of ``keys`` (``INTEGRATIONS_KEYS``) and of ``key_file``, proved.

    The first of them that is given wraps, all unwrap. ``service``: ``transit:<address>`` or ``aws-kms:<key>``, several
    by commas; what it unwraps is kept in memory for ``data_key_seconds``. Without any of the three, and with nothing
    sealed yet, a key file is made; the ring's ``notices`` say so.
    Raises ``CredentialError`` for a key that is missing, wrong or retired: nothing is ever stored unsealed.
    """
    far = [_service(one.strip(), vault_token) for one in service.split(",")] if service is not None else []
    providers = [remembering(one, seconds=data_key_seconds) for one in far]
    providers += [keys_from_text(keys)] if keys else []
    notices = [] if providers else _notices_of_first_start(engine, key_file)
    if not providers or key_file.exists():
        providers.append(FileKeys(key_file))
    ring = KeyRing(providers, notices)
    with engine.begin() as connection:
        prove(connection, ring)
    return ring


def _service(word: str, vault_token: str | None) -> KeyProvider:
    kind, _, address = word.partition(":")
    if kind == "transit" and vault_token:
        return TransitKeys(address, SecretValue(vault_token))
    if kind == "transit":
        raise ConfigurationError("INTEGRATIONS_KEY_SERVICE: transit needs INTEGRATIONS_VAULT_TOKEN")
    if kind == "aws-kms" and address:
        return KmsKeys(address)
    raise ConfigurationError(
        f"INTEGRATIONS_KEY_SERVICE: {kind!r} is neither transit:<address> nor aws-kms:<key>"
    )


def prove(connection: Connection, keys: KeyProvider) -> None:
    """Raise ``CredentialError`` unless every live key of the database opens; enter the current key if it is new.

    What was remembered proves nothing, and is forgotten first.
    """
    if isinstance(keys, Forgetful):
        keys.forget()
    known = _proved(stored.key_checks(connection), keys)
    if keys.current_id() in known:
        return
    # Under a lock: of two hosts that each made a key of their own, the second must be refused here.
    _proved(stored.key_checks(connection, lock=True), keys)
    canary = keys.wrap(_CANARY, _CONTEXT)
    try:
        stored.add_key_check(connection, canary.kek_id, canary.blob)
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        told = "let `integrations key list`, or the API, run first: this database user may not enter keys"
        raise CredentialError(f"key {canary.kek_id!r} is new to this database; {told}") from None


def hold_key(connection: Connection, keys: KeyProvider, kek_id: str) -> None:
    """Keep ``kek_id`` from being retired until the transaction ends. Raises ``CredentialError`` if it is already."""
    check = stored.hold_key(connection, kek_id)
    if check is None:
        prove(connection, keys)
        check = stored.hold_key(connection, kek_id)
    if check is None or check.retired_at is not None:
        raise CredentialError(
            f"key {kek_id!r} is {'retired' if check else 'unknown here'}; nothing is sealed under it"
        )


def _proved(checks: list[stored.StoredKeyCheck], keys: KeyProvider) -> set[str]:
    for check in checks:
        if check.retired_at is None:
            _prove_one(check, keys)
        elif check.kek_id == keys.current_id():
            raise CredentialError(f"key {check.kek_id!r} is retired, yet the current one of the key ring")
    return {check.kek_id for check in checks}


def _prove_one(check: stored.StoredKeyCheck, keys: KeyProvider) -> None:
    try:
        canary = keys.unwrap(WrappedKey(kek_id=check.kek_id, blob=check.sealed), _CONTEXT)
    except KeyMissing as error:
        raise KeyMissing(f"{error}; secrets of this database are sealed under it") from None
    except SealBroken:
        canary = b""
    if not hmac.compare_digest(canary, _CANARY):
        raise SealBroken(f"key {check.kek_id!r} of the key ring is not the one this database was sealed with")


def _notices_of_first_start(engine: Engine, key_file: Path) -> list[str]:
    if key_file.exists():
        return []
    with engine.connect() as connection:
        live = [check.kek_id for check in stored.key_checks(connection) if check.retired_at is None]
    # Looked at again: another process may have made the file, and entered its key, since.
    if live and not key_file.exists():
        restore = "bring it back, or give the keys in INTEGRATIONS_KEYS"
        raise CredentialError(
            f"{key_file}: the key file is missing, and secrets are sealed under {live}; {restore}"
        )
    if not make_key_file(key_file):
        return []
    return [
        f"A key for the vault was made: {key_file} (mode 0600). Back it up: without it the secrets cannot be opened."
    ]
