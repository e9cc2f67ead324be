import datetime

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from integrations_pipelines.errors import CredentialError
from integrations_pipelines.vault import (
    KeyRing,
    SecretValue,
    activate,
    credentials_of,
    fall_back,
    list_credentials,
    revoke,
    revoke_expired,
    set_credential,
)

SYSTEM, NAME = "hubspot-emea", "webhook_secret"


@pytest.fixture
def two_versions(transaction: Connection, keys: KeyRing) -> Connection:
    """Give a connection to a database with version 1 active and version 2 pending."""
    set_credential(transaction, keys, SYSTEM, NAME, SecretValue("first-value-1"))
    set_credential(transaction, keys, SYSTEM, NAME, SecretValue("second-value-2"), is_pending=True)
    return transaction


def states(connection: Connection) -> dict[int, str]:
    return {line.version: line.state for line in list_credentials(connection, SYSTEM)}


def test_a_pending_version_is_used_only_by_who_asks_for_it(two_versions: Connection, keys: KeyRing) -> None:
    assert credentials_of(two_versions, keys, SYSTEM).reveal(NAME) == "first-value-1"
    assert credentials_of(two_versions, keys, SYSTEM, with_pending=True).reveal(NAME) == "second-value-2"


def test_activating_lets_the_former_retire(two_versions: Connection, keys: KeyRing) -> None:
    activate(two_versions, SYSTEM, NAME, 2)
    assert states(two_versions) == {2: "active", 1: "retiring"}
    assert credentials_of(two_versions, keys, SYSTEM).reveal(NAME) == "second-value-2"


def test_falling_back_makes_the_former_active_and_empties_the_new(
    two_versions: Connection, keys: KeyRing
) -> None:
    activate(two_versions, SYSTEM, NAME, 2)
    assert fall_back(two_versions, SYSTEM, NAME) == 1
    assert states(two_versions) == {2: "revoked", 1: "active"}
    assert credentials_of(two_versions, keys, SYSTEM).reveal(NAME) == "first-value-1"


def test_there_is_nothing_to_fall_back_to_after_the_overlap(two_versions: Connection) -> None:
    activate(two_versions, SYSTEM, NAME, 2, overlap=datetime.timedelta(0))
    with pytest.raises(CredentialError, match="no former version to fall back to"):
        fall_back(two_versions, SYSTEM, NAME)


def test_a_version_is_not_accepted_after_its_overlap(two_versions: Connection, keys: KeyRing) -> None:
    activate(two_versions, SYSTEM, NAME, 2, overlap=datetime.timedelta(0))
    live = credentials_of(two_versions, keys, SYSTEM).live_versions(NAME)
    assert [version.version for version in live] == [2]


def test_what_is_over_is_revoked_and_emptied(two_versions: Connection) -> None:
    activate(two_versions, SYSTEM, NAME, 2, overlap=datetime.timedelta(0))
    assert revoke_expired(two_versions) == 1
    row = two_versions.execute(
        text(
            "select state, kek_id, wrapped_key, nonce, ciphertext from integrations.secret_version where version = 1"
        )
    ).one()
    assert tuple(row) == ("revoked", None, b"", b"", b"")


def test_a_revoked_version_stays_revoked(two_versions: Connection) -> None:
    revoke(two_versions, SYSTEM, NAME, 2)
    for change in (activate, revoke):
        with pytest.raises(CredentialError, match="webhook_secret version 2 is revoked"):
            change(two_versions, SYSTEM, NAME, 2)


def test_an_unknown_version_is_named(two_versions: Connection) -> None:
    with pytest.raises(CredentialError, match="webhook_secret version 9 does not exist"):
        activate(two_versions, SYSTEM, NAME, 9)


def test_the_database_itself_refuses_two_active_versions(two_versions: Connection) -> None:
    with pytest.raises(IntegrityError, match="uq_secret_version_active"):
        two_versions.execute(text("update integrations.secret_version set state = 'active'"))
    two_versions.rollback()


def test_the_database_itself_refuses_a_revoked_version_with_a_value(two_versions: Connection) -> None:
    with pytest.raises(IntegrityError, match="revoked_is_empty"):
        two_versions.execute(text("update integrations.secret_version set state = 'revoked'"))
    two_versions.rollback()
