import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from integrations_pipelines.errors import CredentialError
from integrations_pipelines.registry import secrets as stored
from integrations_pipelines.vault import (
    KeyRing,
    SecretValue,
    add_key,
    credentials_of,
    open_key_ring,
    remove_key,
    reseal,
    retire,
    rewrap,
    set_credential,
)
from integrations_pipelines.vault.keys import LocalKeys
from integrations_pipelines.vault.rotation import rewrap_batch

SYSTEM = "hubspot-emea"
COUNT = 40


@pytest.fixture
def filled(engine: Engine, keys: KeyRing) -> Engine:
    """Give a database with ``COUNT`` secrets of one source system."""
    with engine.begin() as connection:
        for n in range(COUNT):
            set_credential(connection, keys, SYSTEM, f"token_{n:03d}", SecretValue(f"secret-value-{n:03d}"))
    return engine


def revealed(engine: Engine, keys: KeyRing) -> list[str]:
    with engine.connect() as connection:
        opened = credentials_of(connection, keys, SYSTEM)
        return [opened.reveal(name) for name in opened.names()]


def under_each_key(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return stored.versions_by_key(connection)


def ciphertexts(engine: Engine) -> set[bytes]:
    with engine.connect() as connection:
        return set(connection.execute(text("select ciphertext from integrations.secret_version")).scalars())


EXPECTED = [f"secret-value-{n:03d}" for n in range(COUNT)]


def test_a_new_key_takes_every_secret_and_opens_it(filled: Engine, keys: KeyRing, key_file: Path) -> None:
    before = ciphertexts(filled)
    new = add_key(key_file)
    result = rewrap(filled, keys, batch_size=7)
    assert (result.done, result.remaining, result.broken) == (COUNT, 0, ())
    assert under_each_key(filled) == {new: COUNT}
    assert ciphertexts(filled) == before
    assert revealed(filled, keys) == EXPECTED


def test_rewrapping_again_changes_nothing(filled: Engine, keys: KeyRing, key_file: Path) -> None:
    add_key(key_file)
    rewrap(filled, keys)
    assert rewrap(filled, keys).done == 0


def test_a_rotation_that_stopped_goes_on_where_it_was(filled: Engine, keys: KeyRing, key_file: Path) -> None:
    old, new = keys.current_id(), add_key(key_file)
    with filled.begin() as connection:
        rewrap_batch(connection, keys, limit=15)
    assert under_each_key(filled) == {old: COUNT - 15, new: 15}
    assert revealed(filled, keys) == EXPECTED
    assert rewrap(filled, keys).done == COUNT - 15


def test_two_rotations_share_the_work(filled: Engine, keys: KeyRing, key_file: Path) -> None:
    new, done = add_key(key_file), list[int]()
    threads = [
        threading.Thread(target=lambda: done.append(rewrap(filled, keys, batch_size=3).done))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == COUNT
    assert under_each_key(filled) == {new: COUNT}


def test_a_row_that_another_transaction_holds_is_not_waited_for(
    filled: Engine, keys: KeyRing, key_file: Path
) -> None:
    add_key(key_file)
    with filled.begin() as holder:
        holder.execute(text("select id from integrations.secret_version where id <= 5 for update"))
        with filled.begin() as connection:
            assert rewrap_batch(connection, keys, limit=COUNT).done == COUNT - 5
    assert rewrap(filled, keys).done == 5


def test_a_secret_that_does_not_open_is_named_and_the_others_are_done(
    filled: Engine, keys: KeyRing, key_file: Path
) -> None:
    with filled.begin() as connection:
        connection.execute(text("update integrations.secret_version set wrapped_key = 'x' where id = 3"))
    add_key(key_file)
    result = rewrap(filled, keys, batch_size=7)
    assert (result.done, result.remaining) == (COUNT - 1, 1)
    assert "hubspot-emea: token_002 version 1" in result.broken[0]


def test_a_deep_rotation_seals_every_value_anew(filled: Engine, keys: KeyRing, key_file: Path) -> None:
    before, new = ciphertexts(filled), add_key(key_file)
    result = reseal(filled, keys, batch_size=7)
    assert (result.done, result.remaining) == (COUNT, 0)
    assert not before & ciphertexts(filled)
    assert under_each_key(filled) == {new: COUNT}
    assert revealed(filled, keys) == EXPECTED


def test_progress_is_told_after_each_batch(filled: Engine, keys: KeyRing, key_file: Path) -> None:
    told: list[tuple[int, int]] = []
    add_key(key_file)
    rewrap(filled, keys, batch_size=15, progress=lambda done, left: told.append((done, left)))
    assert told == [(15, 25), (30, 10), (40, 0)]


def test_a_key_in_use_cannot_be_retired(filled: Engine, keys: KeyRing, key_file: Path) -> None:
    old = keys.current_id()
    with filled.begin() as connection, pytest.raises(CredentialError, match="is the current one"):
        retire(connection, keys, old)
    add_key(key_file)
    with (
        filled.begin() as connection,
        pytest.raises(CredentialError, match=f"still seals {COUNT} secret versions"),
    ):
        retire(connection, keys, old)
    with filled.begin() as connection, pytest.raises(CredentialError, match="there is no key 'nobody'"):
        retire(connection, keys, "nobody")


def test_the_database_itself_refuses_to_forget_a_key_in_use(filled: Engine) -> None:
    with pytest.raises(IntegrityError, match="fk_secret_version_kek_id"), filled.begin() as connection:
        connection.execute(text("delete from integrations.key_check"))


def test_a_retired_key_can_leave_the_ring(filled: Engine, keys: KeyRing, key_file: Path) -> None:
    old, new = keys.current_id(), add_key(key_file)
    rewrap(filled, keys)
    with filled.begin() as connection:
        retire(connection, keys, old)
    remove_key(key_file, old)
    assert open_key_ring(filled, keys=None, key_file=key_file).known_ids() == [new]
    assert revealed(filled, keys) == EXPECTED


def test_a_process_that_missed_the_retirement_cannot_seal_under_the_old_key(
    filled: Engine, keys: KeyRing, key_file: Path
) -> None:
    stale = LocalKeys({"stale": bytes(32)}, "stale")
    with filled.begin() as connection:
        stored.add_key_check(connection, "stale", b"")
        retire(connection, keys, "stale")
    with pytest.raises(CredentialError, match="'stale' is retired"), filled.begin() as connection:
        set_credential(connection, stale, SYSTEM, "late", SecretValue("late-value"))


def test_retiring_waits_for_who_is_sealing_under_the_key(
    filled: Engine, keys: KeyRing, key_file: Path
) -> None:
    old = keys.current_id()
    outcome: list[str] = []

    def retire_old() -> None:
        with filled.begin() as connection:
            outcome.append(str(stored.retire_key(connection, old)))

    with filled.begin() as connection:
        connection.execute(text("delete from integrations.secret_version"))
    with filled.begin() as connection:
        set_credential(connection, keys, SYSTEM, "late", SecretValue("late-value"))
        thread = threading.Thread(target=retire_old)
        thread.start()
        thread.join(timeout=0.5)
        assert outcome == []
    thread.join()
    assert outcome == ["1"]
