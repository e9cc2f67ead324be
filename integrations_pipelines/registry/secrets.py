"""The rows of sealed secrets and of key checks. Sealed bytes go in and out; what they mean is the vault's business."""

import datetime
import uuid as uuidlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from integrations_pipelines.errors import NotFound
from integrations_pipelines.registry.models import KeyCheck, Secret, SecretVersion, SourceSystem

_KEY_CHECKS = 7_220_431_002
_CHECK = (KeyCheck.kek_id, KeyCheck.sealed, KeyCheck.created_at, KeyCheck.retired_at)


@dataclass(frozen=True, kw_only=True)
class SealedValue:
    """What is stored of a value: the value under a data key, the data key under the key-encryption key ``kek_id``."""

    kek_id: str
    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes


@dataclass(frozen=True, kw_only=True)
class SecretSlot:
    """A named secret of a source system, locked until the transaction ends."""

    secret_id: int
    system_uuid: uuidlib.UUID
    system_key: str
    name: str


@dataclass(frozen=True, kw_only=True)
class StoredVersion:
    """A version of a secret; ``sealed`` is None once it is revoked."""

    id: int
    system_uuid: uuidlib.UUID
    system_key: str
    name: str
    kind: str
    version: int
    state: str
    sealed: SealedValue | None
    sealed_at: datetime.datetime
    created_at: datetime.datetime
    valid_from: datetime.datetime
    valid_until: datetime.datetime | None
    expires_at: datetime.datetime | None


def lock_secret(connection: Connection, system_key: str, name: str, kind: str = "api_key") -> SecretSlot:
    """Return the secret, made where it was not, and hold its row: versions are numbered one after the other.

    Raises ``NotFound`` for an unknown source system.
    """
    system_id, system_uuid = _system(connection, system_key)
    row = {"source_system_id": system_id, "name": name, "kind": kind}
    connection.execute(insert(Secret).values(row).on_conflict_do_nothing())
    mine = select(Secret.id).where(Secret.source_system_id == system_id, Secret.name == name)
    secret_id = connection.execute(mine.with_for_update()).scalar_one()
    return SecretSlot(secret_id=secret_id, system_uuid=system_uuid, system_key=system_key, name=name)


def next_version(connection: Connection, slot: SecretSlot) -> int:
    """Return the number of the secret's next version; the first one is 1."""
    newest = select(func.max(SecretVersion.version)).where(SecretVersion.secret_id == slot.secret_id)
    return (connection.execute(newest).scalar() or 0) + 1


def add_version(
    connection: Connection,
    slot: SecretSlot,
    version: int,
    state: str,
    sealed: SealedValue,
    expires_at: datetime.datetime | None = None,
) -> None:
    """Store a sealed version. An active one needs ``retire_active`` before: the secret has one at most."""
    row = {"secret_id": slot.secret_id, "version": version, "state": state, **vars(sealed)}
    connection.execute(insert(SecretVersion).values(**row, expires_at=expires_at))


def retire_active(connection: Connection, slot: SecretSlot, overlap: datetime.timedelta) -> int | None:
    """Let the active version retire, accepted for ``overlap`` more; return its number, None where none was active."""
    statement = (
        update(SecretVersion)
        .where(SecretVersion.secret_id == slot.secret_id, SecretVersion.state == "active")
        .values(state="retiring", valid_until=func.now() + overlap)
        .returning(SecretVersion.version)
    )
    return connection.execute(statement).scalar_one_or_none()


def change_state(
    connection: Connection, slot: SecretSlot, version: int, state: str, *, came_from: Sequence[str]
) -> bool:
    """Move a version to ``state`` if it is in one of ``came_from``; return whether it was. ``revoked`` empties it."""
    emptied = (
        {"kek_id": None, "wrapped_key": b"", "nonce": b"", "ciphertext": b""} if state == "revoked" else {}
    )
    start = {"valid_from": func.now()} if state == "active" else {}
    statement = (
        update(SecretVersion)
        .where(SecretVersion.secret_id == slot.secret_id, SecretVersion.version == version)
        .where(SecretVersion.state.in_(came_from))
        .values(state=state, valid_until=func.now() if state == "revoked" else None, **start, **emptied)
    )
    return connection.execute(statement).rowcount == 1


def state_of(connection: Connection, slot: SecretSlot, version: int) -> str | None:
    """Return a version's state, None where there is no such version."""
    mine = and_(SecretVersion.secret_id == slot.secret_id, SecretVersion.version == version)
    return connection.execute(select(SecretVersion.state).where(mine)).scalar_one_or_none()


def revoke_expired(connection: Connection) -> int:
    """Revoke, and so empty, every retiring version whose overlap is over; return how many."""
    statement = (
        update(SecretVersion)
        .where(SecretVersion.state == "retiring", SecretVersion.valid_until <= func.now())
        .values(state="revoked", kek_id=None, wrapped_key=b"", nonce=b"", ciphertext=b"")
    )
    return connection.execute(statement).rowcount


def usable_versions(connection: Connection, system_key: str) -> list[StoredVersion]:
    """Return the versions that may still be used, newest first; pending ones are marked so by their state.

    Raises ``NotFound`` for an unknown source system.
    """
    _system(connection, system_key)
    in_window = and_(SecretVersion.state == "retiring", SecretVersion.valid_until > func.now())
    usable = or_(SecretVersion.state.in_(["pending", "active"]), in_window)
    return _stored(connection, _versions(SourceSystem.system_key == system_key, usable))


def all_versions(connection: Connection, system_key: str | None = None) -> list[StoredVersion]:
    """Return every version by source system and name, newest first; of one source system where it is given."""
    if system_key is None:
        return _stored(connection, _versions())
    _system(connection, system_key)
    return _stored(connection, _versions(SourceSystem.system_key == system_key))


def lock_versions(
    connection: Connection,
    *,
    after: int,
    limit: int,
    not_under: str | None,
    sealed_before: datetime.datetime | None,
) -> list[StoredVersion]:
    """Return up to ``limit`` sealed versions in id order, locked; those that another transaction holds are left out.

    ``not_under`` leaves out the versions already under that key, ``sealed_before`` those sealed since.
    """
    wanted: list[ColumnElement[bool]] = [SecretVersion.id > after, SecretVersion.kek_id.is_not(None)]
    if not_under is not None:
        wanted.append(SecretVersion.kek_id != not_under)
    if sealed_before is not None:
        wanted.append(SecretVersion.sealed_at < sealed_before)
    query = _versions(*wanted).order_by(None).order_by(SecretVersion.id).limit(limit)
    return _stored(connection, query.with_for_update(of=SecretVersion, skip_locked=True))


def count_versions(
    connection: Connection, *, not_under: str | None = None, sealed_before: datetime.datetime | None = None
) -> int:
    """Return how many sealed versions ``lock_versions`` would reach with the same words."""
    query = select(func.count()).select_from(SecretVersion).where(SecretVersion.kek_id.is_not(None))
    if not_under is not None:
        query = query.where(SecretVersion.kek_id != not_under)
    if sealed_before is not None:
        query = query.where(SecretVersion.sealed_at < sealed_before)
    return connection.execute(query).scalar_one()


def replace_sealed(
    connection: Connection, versions: Iterable[tuple[int, SealedValue]], *, is_new: bool
) -> None:
    """Put the sealed bytes of many versions, by row id, in one statement; ``is_new``: the values were sealed anew."""
    ids, sealed = zip(*versions, strict=True)
    statement = text(
        "update integrations.secret_version as stored set kek_id = fresh.kek_id, wrapped_key = fresh.wrapped_key,"
        " nonce = fresh.nonce, ciphertext = fresh.ciphertext,"
        " sealed_at = case when :is_new then clock_timestamp() else stored.sealed_at end"
        " from unnest(cast(:ids as bigint[]), cast(:kek_ids as text[]), cast(:wrapped_keys as bytea[]),"
        " cast(:nonces as bytea[]), cast(:ciphertexts as bytea[]))"
        " as fresh (id, kek_id, wrapped_key, nonce, ciphertext) where stored.id = fresh.id"
    )
    columns = {f"{field}s": [getattr(value, field) for value in sealed] for field in vars(sealed[0])}
    connection.execute(statement, {"ids": list(ids), "is_new": is_new, **columns})


def _system(connection: Connection, system_key: str) -> tuple[int, uuidlib.UUID]:
    query = select(SourceSystem.id, SourceSystem.uuid).where(SourceSystem.system_key == system_key)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no source system {system_key!r}")
    return row.id, row.uuid


def _versions(*wanted: ColumnElement[bool]) -> Select[tuple[SecretVersion, Secret, SourceSystem]]:
    version = SecretVersion
    return (
        select(version.id, version.version, version.state, version.kek_id, version.wrapped_key, version.nonce)
        .add_columns(
            version.ciphertext, version.sealed_at, version.created_at, version.valid_from, version.valid_until
        )
        .add_columns(version.expires_at)
        .add_columns(
            Secret.name, Secret.kind, SourceSystem.system_key, SourceSystem.uuid.label("system_uuid")
        )
        .join(Secret, Secret.id == version.secret_id)
        .join(SourceSystem, SourceSystem.id == Secret.source_system_id)
        .where(*wanted)
        .order_by(SourceSystem.system_key, Secret.name, version.version.desc())
    )


def _stored(
    connection: Connection, query: Select[tuple[SecretVersion, Secret, SourceSystem]]
) -> list[StoredVersion]:
    return [_version(row) for row in connection.execute(query)]


def _version(row: Row[tuple[SecretVersion, Secret, SourceSystem]]) -> StoredVersion:
    fields = dict(row._mapping)
    sealed = {name: fields.pop(name) for name in ("kek_id", "wrapped_key", "nonce", "ciphertext")}
    return StoredVersion(**fields, sealed=SealedValue(**sealed) if sealed["kek_id"] is not None else None)


@dataclass(frozen=True, kw_only=True)
class StoredKeyCheck:
    """A canary under a key-encryption key; ``retired_at`` is None while the key may be used."""

    kek_id: str
    sealed: bytes
    created_at: datetime.datetime
    retired_at: datetime.datetime | None


def key_checks(connection: Connection, *, lock: bool = False) -> list[StoredKeyCheck]:
    """Return every key check in the order they were made; ``lock`` lets one transaction at a time past this point."""
    if lock:
        connection.execute(select(func.pg_advisory_xact_lock(_KEY_CHECKS)))
    rows = connection.execute(select(*_CHECK).order_by(KeyCheck.id))
    return [StoredKeyCheck(**row._mapping) for row in rows]


def add_key_check(connection: Connection, kek_id: str, sealed: bytes) -> None:
    """Store the canary of a key; one that is there stays."""
    connection.execute(insert(KeyCheck).values(kek_id=kek_id, sealed=sealed).on_conflict_do_nothing())


def hold_key(connection: Connection, kek_id: str) -> StoredKeyCheck | None:
    """Return the key's check, None where there is none; it cannot be retired until the transaction ends."""
    query = select(*_CHECK).where(KeyCheck.kek_id == kek_id)
    row = connection.execute(query.with_for_update(read=True, key_share=True)).one_or_none()
    return StoredKeyCheck(**row._mapping) if row else None


def retire_key(connection: Connection, kek_id: str) -> int:
    """Mark a key as retired unless something is sealed under it; return how many versions are.

    Waits for those who hold the key, so that no version can be sealed under it between the count and the mark.
    """
    connection.execute(select(KeyCheck.id).where(KeyCheck.kek_id == kek_id).with_for_update())
    used = versions_by_key(connection).get(kek_id, 0)
    if not used:
        unmarked = and_(KeyCheck.kek_id == kek_id, KeyCheck.retired_at.is_(None))
        connection.execute(update(KeyCheck).where(unmarked).values(retired_at=func.now()))
    return used


def versions_by_key(connection: Connection) -> dict[str, int]:
    """Return how many versions are sealed under each key that any is sealed under."""
    query = select(SecretVersion.kek_id, func.count()).where(SecretVersion.kek_id.is_not(None))
    return {str(kek_id): count for kek_id, count in connection.execute(query.group_by(SecretVersion.kek_id))}
