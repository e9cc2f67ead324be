"""Credentials of a source system: set, read and list them. Every change takes the caller's transaction."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy import Connection

from integrations_pipelines.errors import CredentialError
from integrations_pipelines.registry import handed_secrets
from integrations_pipelines.registry import secrets as stored
from integrations_pipelines.registry.grants import REAUTH_REQUIRED, grant_of
from integrations_pipelines.vault.audit import record
from integrations_pipelines.vault.keys import KeyMissing, KeyProvider
from integrations_pipelines.vault.sealing import Place, open_sealed, seal
from integrations_pipelines.vault.start import hold_key
from integrations_pipelines.vault.value import SecretValue

OVERLAP = datetime.timedelta(hours=24)
"""How long a former version goes on being accepted."""
WARN_BEFORE = datetime.timedelta(days=14)
OLD_AFTER = datetime.timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class LiveVersion:
    """An opened version of a secret whose window covers now."""

    version: int
    state: str
    value: SecretValue


@dataclass(frozen=True, kw_only=True)
class CredentialSummary:
    """What may be shown of a version: everything but its value. ``kek_id`` is None once it is revoked."""

    system_key: str
    name: str
    version: int
    state: str
    kek_id: str | None
    created_at: datetime.datetime
    valid_until: datetime.datetime | None
    expires_at: datetime.datetime | None
    age: datetime.timedelta

    @property
    def warning(self) -> str:
        """What somebody should do something about, "" for nothing."""
        if self.state != "active":
            return ""
        left = self.expires_at - self.created_at - self.age if self.expires_at else None
        if left is not None and left <= WARN_BEFORE:
            return "has expired" if left <= datetime.timedelta(0) else f"expires in {_days(left)}"
        return f"is {_days(self.age)} old" if self.age >= OLD_AFTER else ""


class Credentials:
    """The opened credentials of one source system; what cannot be opened says so when it is asked for."""

    def __init__(
        self, system_key: str, opened: Mapping[str, Sequence[LiveVersion | CredentialError]]
    ) -> None:
        """``opened`` holds the versions by name, the one to use first."""
        self._system_key = system_key
        self._opened = dict(opened)

    def names(self) -> list[str]:
        """Return the names that have a version to use."""
        return sorted(self._opened)

    def reveal(self, name: str) -> str:
        """Return the plaintext of ``name``. Raises ``CredentialError`` where it is missing or does not open."""
        return self.value(name).reveal()

    def value(self, name: str) -> SecretValue:
        """Return ``name`` still hidden. Raises as ``reveal`` does."""
        if not self._opened.get(name):
            hint = f"set it with: integrations credential set {self._system_key} {name}"
            raise CredentialError(f"{self._system_key}: there is no credential {name!r}; {hint}")
        first = self._opened[name][0]
        if isinstance(first, CredentialError):
            raise first
        return first.value

    def live_versions(self, name: str) -> list[LiveVersion]:
        """Return the versions of ``name`` that are accepted now, the active one first: webhooks try each."""
        return [version for version in self._opened.get(name, ()) if isinstance(version, LiveVersion)]

    def __repr__(self) -> str:
        return f"Credentials({self._system_key}: {', '.join(self.names())})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("credentials cannot be pickled or copied")


def set_credential(  # noqa: PLR0913 - the row, and how it comes to be
    connection: Connection,
    keys: KeyProvider,
    system_key: str,
    name: str,
    value: SecretValue,
    *,
    is_pending: bool = False,
    expires_at: datetime.datetime | None = None,
    overlap: datetime.timedelta = OVERLAP,
) -> int:
    """Seal ``value`` as the newest version of ``name`` and return its number.

    It is active at once and the former one retires over ``overlap``; with ``is_pending`` it waits for ``activate``.
    The value that is active already makes no new version. ``expires_at`` is when the third party stops taking it,
    None where that is not known. Raises ``NotFound`` for an unknown source system.
    """
    slot = stored.lock_secret(connection, system_key, name)
    if not is_pending and (same := _active_version_of(connection, keys, slot, value)):
        return same
    place = _place(slot, stored.next_version(connection, slot))
    sealed = seal(keys, place, value)
    hold_key(connection, keys, sealed.kek_id)
    if not is_pending:
        stored.retire_active(connection, slot, overlap)
    state = "pending" if is_pending else "active"
    stored.add_version(connection, slot, place.version, state, sealed, expires_at)
    said: dict[str, str | int] = {"version": place.version, "state": state}
    record(connection, keys, "credential.set", f"{system_key}/{name}", said)
    return place.version


def take_handed_secret(
    connection: Connection, keys: KeyProvider, system_key: str, name: str, value: SecretValue
) -> int:
    """Seal a secret that a third party hands over as the active version, expect no other, and return its number.

    Raises ``CredentialError`` where no operator expects one just now.
    """
    expected = handed_secrets.lock_expected(connection, system_key, name)
    if expected is None:
        raise CredentialError(
            f"{system_key}: no secret is expected; integrations webhook expect {system_key}"
        )
    slot, version = expected
    if not handed_secrets.hand_over(
        connection, slot, version, seal(keys, _place(slot, version), value), OVERLAP
    ):
        raise CredentialError(
            f"{system_key}: {name} cannot be sealed under a key that is retired or unknown here"
        )
    record(
        connection, keys, "credential.set", f"{system_key}/{name}", {"version": version, "by": "third party"}
    )
    return version


def credentials_of(
    connection: Connection, keys: KeyProvider, system_key: str, *, with_pending: bool = False
) -> Credentials:
    """Return the credentials of a source system, opened; ``with_pending`` prefers a version that is yet to be tried.

    Raises ``NotFound`` for an unknown source system; a version that does not open fails only when asked for.
    """
    opened = _opened(connection, keys, system_key, with_pending)
    if any(isinstance(version, KeyMissing) for versions in opened.values() for version in versions):
        # The rows may have been rewrapped, and the old key removed, between reading the one and the other.
        opened = _opened(connection, keys, system_key, with_pending)
    return Credentials(system_key, opened)


@dataclass(frozen=True, kw_only=True)
class DoorSecret:
    """An opened version of a secret that opens a source system's door; ``id`` is its row's, and internal."""

    id: int
    system_key: str
    version: int
    valid_until: datetime.datetime | None
    value: SecretValue


def door_secrets(connection: Connection, keys: KeyProvider, names: Mapping[str, str]) -> list[DoorSecret]:
    """Return the versions that are accepted now of the secrets in ``names``, which says one a system key.

    The active version comes first. What does not open is left out: it opens no door.
    """
    found = []
    for row in stored.all_versions(connection):
        if names.get(row.system_key) != row.name or row.state not in ("active", "retiring"):
            continue
        opened = _open(keys, row)
        if isinstance(opened, LiveVersion):
            found.append(
                DoorSecret(
                    id=row.id,
                    system_key=row.system_key,
                    version=row.version,
                    valid_until=row.valid_until,
                    value=opened.value,
                )
            )
    return found


def unsaved_credentials(system_key: str, values: Mapping[str, SecretValue]) -> Credentials:
    """Return credentials that stand in no database, to be tried before anything is saved."""
    live = {name: [LiveVersion(version=0, state="pending", value=value)] for name, value in values.items()}
    return Credentials(system_key, live)


def list_credentials(connection: Connection, system_key: str | None = None) -> list[CredentialSummary]:
    """Return what may be shown of every version, newest first. Raises ``NotFound`` for an unknown source system."""
    now = datetime.datetime.now(datetime.UTC)
    return [_summary(version, now) for version in stored.all_versions(connection, system_key)]


def credential_warnings(connection: Connection, system_key: str) -> list[str]:
    """Return what of a source system's secrets somebody should do something about: ``token expires in 3 days``."""
    grant = grant_of(connection, system_key)
    if grant is not None and grant.status == REAUTH_REQUIRED:
        return [f"reauth_required: {grant.reason}"]
    # A granted token ends within the hour, and is replaced before.
    own = [one for one in list_credentials(connection, system_key) if grant is None or one.expires_at is None]
    return [f"{one.name} {one.warning}" for one in own if one.warning]


def place_of(version: stored.StoredVersion) -> Place:
    """Return the place that a stored version was sealed for."""
    number, system = version.version, version.system_uuid
    return Place(system_uuid=system, system_key=version.system_key, name=version.name, version=number)


def _place(slot: stored.SecretSlot, version: int) -> Place:
    return Place(system_uuid=slot.system_uuid, system_key=slot.system_key, name=slot.name, version=version)


def _active_version_of(
    connection: Connection, keys: KeyProvider, slot: stored.SecretSlot, value: SecretValue
) -> int | None:
    for version in stored.usable_versions(connection, slot.system_key):
        if (version.name, version.state) == (slot.name, "active"):
            opened = _open(keys, version)
            return version.version if isinstance(opened, LiveVersion) and opened.value == value else None
    return None


def _opened(
    connection: Connection, keys: KeyProvider, system_key: str, with_pending: bool
) -> dict[str, list[LiveVersion | CredentialError]]:
    opened: dict[str, list[LiveVersion | CredentialError]] = {}
    usable = stored.usable_versions(connection, system_key)
    rank = {"pending": 0, "active": 1, "retiring": 2}
    for version in sorted(usable, key=lambda version: rank[version.state]):
        if with_pending or version.state != "pending":
            opened.setdefault(version.name, []).append(_open(keys, version))
    return opened


def _open(keys: KeyProvider, version: stored.StoredVersion) -> LiveVersion | CredentialError:
    place = place_of(version)
    if version.sealed is None:
        return CredentialError(f"{place}: revoked")
    try:
        value = open_sealed(keys, place, version.sealed)
    except CredentialError as error:
        return error
    return LiveVersion(version=version.version, state=version.state, value=value)


def _summary(version: stored.StoredVersion, now: datetime.datetime) -> CredentialSummary:
    return CredentialSummary(
        system_key=version.system_key,
        name=version.name,
        version=version.version,
        state=version.state,
        kek_id=version.sealed.kek_id if version.sealed else None,
        created_at=version.created_at,
        valid_until=version.valid_until,
        expires_at=version.expires_at,
        age=now - version.created_at,
    )


def _days(span: datetime.timedelta) -> str:
    return f"{span.days} days" if span.days >= 2 else f"{max(1, round(span.total_seconds() / 3600))} hours"
