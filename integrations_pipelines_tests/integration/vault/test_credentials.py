import base64
import datetime

import pytest
from sqlalchemy import Connection, Engine, text

from integrations_pipelines.errors import CredentialError, NotFound
from integrations_pipelines.vault import (
    KeyRing,
    SealBroken,
    SecretValue,
    credentials_of,
    list_credentials,
    set_credential,
    unsaved_credentials,
)
from integrations_pipelines_tests.integration.vault.conftest import every_byte

CANARY = "canary-5d20c7a9e4b1"
HUBSPOT, JIRA = "hubspot-emea", "jira-emea"


def test_what_is_set_is_revealed(transaction: Connection, keys: KeyRing) -> None:
    set_credential(transaction, keys, HUBSPOT, "access_token", SecretValue(CANARY))
    assert credentials_of(transaction, keys, HUBSPOT).reveal("access_token") == CANARY


def test_a_missing_credential_is_named_with_the_command_that_sets_it(
    transaction: Connection, keys: KeyRing
) -> None:
    with pytest.raises(CredentialError, match="integrations credential set hubspot-emea access_token"):
        credentials_of(transaction, keys, HUBSPOT).reveal("access_token")


def test_an_unknown_source_system_is_not_found(transaction: Connection, keys: KeyRing) -> None:
    for call in (credentials_of, lambda c, _, key: list_credentials(c, key)):
        with pytest.raises(NotFound, match="'nobody'"):
            call(transaction, keys, "nobody")
    with pytest.raises(NotFound, match="'nobody'"):
        set_credential(transaction, keys, "nobody", "access_token", SecretValue(CANARY))


def test_a_new_version_is_active_and_the_former_retires(transaction: Connection, keys: KeyRing) -> None:
    for value in ("first-value-1", "second-value-2"):
        set_credential(transaction, keys, HUBSPOT, "access_token", SecretValue(value))
    live = credentials_of(transaction, keys, HUBSPOT).live_versions("access_token")
    assert [(version.version, version.state, version.value.reveal()) for version in live] == [
        (2, "active", "second-value-2"),
        (1, "retiring", "first-value-1"),
    ]


def test_setting_the_same_value_again_makes_no_version(transaction: Connection, keys: KeyRing) -> None:
    versions = [set_credential(transaction, keys, HUBSPOT, "token", SecretValue(CANARY)) for _ in range(3)]
    assert versions == [1, 1, 1]


def test_the_list_shows_everything_but_values(transaction: Connection, keys: KeyRing) -> None:
    set_credential(transaction, keys, HUBSPOT, "access_token", SecretValue(CANARY))
    set_credential(transaction, keys, JIRA, "api_token", SecretValue(CANARY + "x"))
    listed = list_credentials(transaction)
    assert [(line.system_key, line.name, line.version, line.state, line.kek_id) for line in listed] == [
        (HUBSPOT, "access_token", 1, "active", keys.current_id()),
        (JIRA, "api_token", 1, "active", keys.current_id()),
    ]
    assert CANARY not in repr(listed)
    assert datetime.timedelta(seconds=-5) < listed[0].age < datetime.timedelta(minutes=5)


def test_the_list_of_one_source_system_holds_no_other(transaction: Connection, keys: KeyRing) -> None:
    set_credential(transaction, keys, JIRA, "api_token", SecretValue(CANARY))
    assert list_credentials(transaction, HUBSPOT) == []


def test_no_plaintext_in_any_encoding_is_in_the_tables(engine: Engine, keys: KeyRing) -> None:
    with engine.begin() as connection:
        for value in (CANARY, CANARY + "-second"):
            set_credential(connection, keys, HUBSPOT, "access_token", SecretValue(value))
        stored = every_byte(connection)
    encoded = [
        CANARY,
        CANARY.encode().hex(),
        base64.b64encode(CANARY.encode()).decode().rstrip("=")[:-1],
        CANARY[::-1],
    ]
    assert keys.current_id() in stored
    assert not [form for form in encoded if form in stored]


def test_a_row_copied_over_another_secret_is_refused(transaction: Connection, keys: KeyRing) -> None:
    set_credential(transaction, keys, HUBSPOT, "access_token", SecretValue(CANARY))
    set_credential(transaction, keys, JIRA, "access_token", SecretValue("another-value"))
    copy_sealed(transaction, came_from=1, to=2)
    with pytest.raises(
        SealBroken, match="jira-emea: access_token version 1: sealed for another source system"
    ):
        credentials_of(transaction, keys, JIRA).reveal("access_token")


def test_an_older_version_put_into_the_newer_row_is_refused(transaction: Connection, keys: KeyRing) -> None:
    for value in ("first-value-1", "second-value-2"):
        set_credential(transaction, keys, HUBSPOT, "access_token", SecretValue(value))
    copy_sealed(transaction, came_from=1, to=2)
    with pytest.raises(
        SealBroken, match="access_token version 2: sealed as version 1; another version's bytes"
    ):
        credentials_of(transaction, keys, HUBSPOT).reveal("access_token")


def test_one_broken_secret_leaves_the_others_usable(transaction: Connection, keys: KeyRing) -> None:
    set_credential(transaction, keys, HUBSPOT, "broken", SecretValue(CANARY))
    set_credential(transaction, keys, HUBSPOT, "whole", SecretValue("another-value"))
    transaction.execute(text("update integrations.secret_version set nonce = '\\x00' where id = 1"))
    opened = credentials_of(transaction, keys, HUBSPOT)
    assert opened.reveal("whole") == "another-value"
    with pytest.raises(SealBroken, match="broken version 1: the sealed value was altered"):
        opened.reveal("broken")


def test_a_broken_secret_can_be_set_anew(transaction: Connection, keys: KeyRing) -> None:
    set_credential(transaction, keys, HUBSPOT, "access_token", SecretValue(CANARY))
    transaction.execute(text("update integrations.secret_version set ciphertext = 'x'"))
    set_credential(transaction, keys, HUBSPOT, "access_token", SecretValue(CANARY))
    assert credentials_of(transaction, keys, HUBSPOT).reveal("access_token") == CANARY


def test_unsaved_credentials_are_used_like_saved_ones() -> None:
    given = unsaved_credentials(HUBSPOT, {"access_token": SecretValue(CANARY)})
    assert (given.reveal("access_token"), repr(given)) == (CANARY, "Credentials(hubspot-emea: access_token)")


def copy_sealed(connection: Connection, *, came_from: int, to: int) -> None:
    statement = (
        "update integrations.secret_version as target set wrapped_key = other.wrapped_key, nonce = other.nonce,"
        " ciphertext = other.ciphertext from integrations.secret_version as other"
        " where other.id = :came_from and target.id = :to"
    )
    connection.execute(text(statement), {"came_from": came_from, "to": to})
