"""The life of a secret's version: pending, active, retiring, revoked; and back from retiring when the new one fails."""

import datetime

from sqlalchemy import Connection

from integrations_pipelines.errors import CredentialError
from integrations_pipelines.registry import secrets as stored
from integrations_pipelines.vault.credentials import OVERLAP


def activate(
    connection: Connection, system_key: str, name: str, version: int, *, overlap: datetime.timedelta = OVERLAP
) -> None:
    """Make a pending version the active one; the former goes on being accepted for ``overlap``.

    Raises ``CredentialError`` if the version is not pending.
    """
    slot = stored.lock_secret(connection, system_key, name)
    _require(connection, slot, version, "pending")
    stored.retire_active(connection, slot, overlap)
    stored.change_state(connection, slot, version, "active", came_from=["pending"])


def fall_back(connection: Connection, system_key: str, name: str) -> int:
    """Revoke the active version and make the newest retiring one active again; return its number.

    For a new secret that the third party refuses (401). Raises ``CredentialError`` where no former version is left.
    """
    slot = stored.lock_secret(connection, system_key, name)
    usable = [version for version in stored.usable_versions(connection, system_key) if version.name == name]
    former = next((version.version for version in usable if version.state == "retiring"), None)
    if former is None:
        raise CredentialError(f"{system_key}: {name} has no former version to fall back to")
    for version in usable:
        if version.state == "active":
            stored.change_state(connection, slot, version.version, "revoked", came_from=["active"])
    stored.change_state(connection, slot, former, "active", came_from=["retiring"])
    return former


def former_versions(connection: Connection, system_key: str, name: str, *, refused: int) -> list[int]:
    """Return the retiring versions to fall back to, if ``refused`` still is the active one; the secret stays locked.

    Of several processes that are refused at once, one falls back; the others find another version active.
    """
    stored.lock_secret(connection, system_key, name)
    usable = [one for one in stored.usable_versions(connection, system_key) if one.name == name]
    if refused not in [one.version for one in usable if one.state == "active"]:
        return []
    return [one.version for one in usable if one.state == "retiring"]


def revoke(connection: Connection, system_key: str, name: str, version: int) -> None:
    """Revoke a version for good: its sealed value is emptied. Raises ``CredentialError`` if it cannot be."""
    slot = stored.lock_secret(connection, system_key, name)
    _require(connection, slot, version, "pending", "active", "retiring")
    stored.change_state(connection, slot, version, "revoked", came_from=["pending", "active", "retiring"])


def revoke_expired(connection: Connection) -> int:
    """Revoke every version whose overlap is over; return how many. A maintenance job calls it."""
    return stored.revoke_expired(connection)


def _require(connection: Connection, slot: stored.SecretSlot, version: int, *states: str) -> None:
    state = stored.state_of(connection, slot, version)
    if state not in states:
        is_now = f"is {state}" if state else "does not exist"
        raise CredentialError(
            f"{slot.system_key}: {slot.name} version {version} {is_now}, not {' or '.join(states)}"
        )
