"""Secrets that a third party hands over: all that the receiver's role may write, and where one is expected only."""

import datetime

from sqlalchemy import Connection, text

from integrations_pipelines.registry.secrets import SealedValue, SecretSlot


def lock_expected(connection: Connection, system_key: str, name: str) -> tuple[SecretSlot, int] | None:
    """Return the secret that a third party may hand over just now, and its next version; None where none may."""
    query = text("select * from integrations.lock_expected_secret(:system_key, :name)")
    row = connection.execute(query, {"system_key": system_key, "name": name}).one_or_none()
    if row is None:
        return None
    slot = SecretSlot(secret_id=row.secret_id, system_uuid=row.system_uuid, system_key=system_key, name=name)
    return slot, int(row.version)


def hand_over(
    connection: Connection, slot: SecretSlot, version: int, sealed: SealedValue, overlap: datetime.timedelta
) -> bool:
    """Store the version that was handed over and expect no other; return whether it could be stored."""
    query = text(
        "select integrations.hand_over_secret"
        "(:secret_id, :version, :overlap, :kek_id, :wrapped_key, :nonce, :ciphertext)"
    )
    values = {"secret_id": slot.secret_id, "version": version, "overlap": overlap, **vars(sealed)}
    return bool(connection.execute(query, values).scalar_one())
