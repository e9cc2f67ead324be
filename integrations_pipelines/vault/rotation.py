"""Rotates keys while everything runs: rewraps data keys, seals values anew, retires a key that nothing needs."""

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, func, select

from integrations_pipelines.errors import CredentialError
from integrations_pipelines.registry import secrets as stored
from integrations_pipelines.vault.audit import seal_anew
from integrations_pipelines.vault.credentials import place_of
from integrations_pipelines.vault.keys import Forgetful, KeyProvider
from integrations_pipelines.vault.sealing import resealed, rewrapped
from integrations_pipelines.vault.start import hold_key, prove

Progress = Callable[[int, int], None]
"""Called after each batch with how many versions are done and how many are left."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one transaction did; ``last_id`` is where the next one goes on, None where no version was found."""

    last_id: int | None
    done: int = 0
    broken: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rotated:
    """What a rotation did: versions changed, versions left, and why those that do not open do not."""

    done: int
    remaining: int
    broken: tuple[str, ...]


def rewrap_batch(connection: Connection, keys: KeyProvider, *, after: int = 0, limit: int = 500) -> Batch:
    """Put the data keys of up to ``limit`` versions under the current key. No plaintext of a secret is opened."""
    versions = stored.lock_versions(
        connection, after=after, limit=limit, not_under=keys.current_id(), sealed_before=None
    )
    return _changed(connection, keys, versions, is_new=False)


def reseal_batch(
    connection: Connection,
    keys: KeyProvider,
    *,
    sealed_before: datetime.datetime,
    after: int = 0,
    limit: int = 500,
) -> Batch:
    """Seal the values of up to ``limit`` versions anew, with data keys of their own under the current key."""
    versions = stored.lock_versions(
        connection, after=after, limit=limit, not_under=None, sealed_before=sealed_before
    )
    return _changed(connection, keys, versions, is_new=True)


def rewrap(
    engine: Engine, keys: KeyProvider, *, batch_size: int = 500, progress: Progress | None = None
) -> Rotated:
    """Put every data key under the current key, a transaction a batch. Killed and run again, it goes on.

    Several may run at once: each takes what no other has locked.
    """
    with engine.begin() as connection:
        prove(connection, keys)
    return _until_done(
        engine,
        keys,
        lambda connection, after: rewrap_batch(connection, keys, after=after, limit=batch_size),
        lambda connection: stored.count_versions(connection, not_under=keys.current_id()),
        progress,
    )


def reseal(
    engine: Engine,
    keys: KeyProvider,
    *,
    sealed_before: datetime.datetime | None = None,
    batch_size: int = 500,
    progress: Progress | None = None,
) -> Rotated:
    """Seal every value anew that was sealed before a moment (None: now, by the database's clock).

    To go on after a crash, give the moment of the first run again.
    """
    with engine.begin() as connection:
        prove(connection, keys)
        moment = sealed_before or connection.execute(select(func.now())).scalar_one()
    return _until_done(
        engine,
        keys,
        lambda connection, after: reseal_batch(
            connection, keys, sealed_before=moment, after=after, limit=batch_size
        ),
        lambda connection: stored.count_versions(connection, sealed_before=moment),
        progress,
    )


def deepen(
    engine: Engine, keys: KeyProvider, *, batch_size: int = 500, progress: Progress | None = None
) -> Rotated:
    """Seal every value anew that was sealed before the current key came, then put what is left under that key.

    Killed and run again, it goes on: the moment is the key's own. ``progress`` counts the first part only.
    """
    with engine.begin() as connection:
        prove(connection, keys)
        since = next(
            one.created_at for one in stored.key_checks(connection) if one.kek_id == keys.current_id()
        )
    anew = reseal(engine, keys, sealed_before=since, batch_size=batch_size, progress=progress)
    rest = rewrap(engine, keys, batch_size=batch_size)
    broken = tuple(dict.fromkeys((*anew.broken, *rest.broken)))
    return Rotated(done=anew.done + rest.done, remaining=max(anew.remaining, rest.remaining), broken=broken)


def retire(connection: Connection, keys: KeyProvider, kek_id: str) -> None:
    """Retire a key: from then on nothing can be sealed under it, in any process.

    Raises ``CredentialError`` for the current key, an unknown one, and one that something is sealed under.
    """
    if kek_id == keys.current_id():
        raise CredentialError(f"key {kek_id!r} is the current one; add another first")
    if kek_id not in {check.kek_id for check in stored.key_checks(connection)}:
        raise CredentialError(f"there is no key {kek_id!r}")
    if used := stored.retire_key(connection, kek_id):
        raise CredentialError(f"key {kek_id!r} still seals {used} secret versions; rotate first")
    # After the key, never before: who seals a secret holds the key first and adds to the audit chain then.
    seal_anew(connection, keys)
    _forget(keys)


def _forget(keys: KeyProvider) -> None:
    if isinstance(keys, Forgetful):
        keys.forget()


def _changed(
    connection: Connection, keys: KeyProvider, versions: list[stored.StoredVersion], *, is_new: bool
) -> Batch:
    changed: list[tuple[int, stored.SealedValue]] = []
    broken: dict[int, str] = {}
    for version in versions:
        try:
            changed.append((version.id, _change(keys, version, is_new)))
        except CredentialError as error:
            broken[version.id] = str(error)
    for kek_id in {sealed.kek_id for _, sealed in changed}:
        hold_key(connection, keys, kek_id)
    if changed:
        stored.replace_sealed(connection, changed, is_new=is_new)
    return Batch(last_id=versions[-1].id if versions else None, done=len(changed), broken=broken)


def _change(keys: KeyProvider, version: stored.StoredVersion, is_new: bool) -> stored.SealedValue:
    if version.sealed is None:
        raise CredentialError(f"{place_of(version)}: revoked")
    return (resealed if is_new else rewrapped)(keys, place_of(version), version.sealed)


def _until_done(
    engine: Engine,
    keys: KeyProvider,
    step: Callable[[Connection, int], Batch],
    count: Callable[[Connection], int],
    progress: Progress | None,
    patience: float = 30.0,
) -> Rotated:
    done, after, broken, moved_at = 0, 0, dict[int, str](), time.monotonic()
    while True:
        with engine.begin() as connection:
            batch = step(connection, after)
            remaining = count(connection)
        done, broken = done + batch.done, broken | batch.broken
        moved_at = time.monotonic() if batch.done else moved_at
        after = batch.last_id or 0
        if progress is not None and batch.done:
            progress(done, remaining)
        if batch.last_id is None:
            # What is left is either broken or held by another transaction just now.
            if remaining <= len(broken) or time.monotonic() - moved_at > patience:
                _forget(keys)
                return Rotated(done=done, remaining=remaining, broken=tuple(broken.values()))
            time.sleep(0.05)
