"""The audit chain: whatever is done to its rows behind its back is found, and said."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from integrations_pipelines.registry import audit as stored
from integrations_pipelines.vault import (
    Anchor,
    ChainBroken,
    KeyRing,
    add_key,
    keep_anchor,
    one_moment,
    read_anchor,
    record,
    verify,
)
from integrations_pipelines.vault.audit import _hash, _sealed
from integrations_pipelines.vault.keys import LocalKeys

EVENTS = 6
Tampering = Callable[[Connection], object]


@pytest.fixture
def chain(engine: Engine, keys: KeyRing) -> Anchor:
    """Return the end of a chain of six events."""
    for number in range(EVENTS):
        with engine.begin() as connection:
            end = record(connection, keys, "credential.use", f"crm/{number}", {"times": number})
    return end


def behind_its_back(engine: Engine, *statements: str) -> None:
    """Run ``statements`` as somebody who owns the tables: triggers do not hold them up."""
    with engine.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))


def test_a_whole_chain_is_verified_to_its_end(engine: Engine, keys: KeyRing, chain: Anchor) -> None:
    with engine.connect() as connection:
        assert verify(connection, keys, chain) == chain


@pytest.mark.parametrize("beside", ["head_of", "links"])
def test_events_that_come_while_a_chain_is_verified_are_no_break(
    engine: Engine, keys: KeyRing, chain: Anchor, monkeypatch: pytest.MonkeyPatch, beside: str
) -> None:
    read, number = getattr(stored, beside), iter(["crm/meanwhile"])

    def read_beside_others(connection: Connection, **words: int) -> object:
        found = read(connection, **words)
        found = found if beside == "head_of" else list(found)
        for subject in number:
            with engine.begin() as other:
                record(other, keys, "credential.use", subject)
        return found

    monkeypatch.setattr(stored, beside, read_beside_others)
    with one_moment(engine) as connection:
        assert verify(connection, keys, chain) == chain


def test_an_empty_chain_is_whole(engine: Engine, keys: KeyRing) -> None:
    with engine.connect() as connection:
        assert verify(connection, keys).sequence == 0


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update integrations.audit_event set actor = 'nobody' where sequence = 3", "event 3 was changed"),
        ("update integrations.audit_event set detail = '{}' where sequence = 6", "event 6 was changed"),
        ("delete from integrations.audit_event where sequence = 1", "event 1 is missing"),
        ("delete from integrations.audit_event where sequence = 4", "event 4 is missing"),
        ("delete from integrations.audit_event where sequence > 4", "its end was cut off"),
        ("truncate integrations.audit_event", "its end was cut off"),
        ("delete from integrations.audit_head", "the head of the audit chain is gone"),
        (
            "update integrations.audit_head set sequence = 0, kek_id = null, hash = ''",
            "events were put behind",
        ),
        (
            "insert into integrations.audit_event select 7, recorded_at, actor, action, subject, detail, hash, hash"
            " from integrations.audit_event where sequence = 6",
            "event 7 was changed",
        ),
    ],
)
def test_what_is_done_behind_its_back_is_found(
    engine: Engine, keys: KeyRing, chain: Anchor, statement: str, said: str
) -> None:
    behind_its_back(engine, statement)
    with engine.connect() as connection, pytest.raises(ChainBroken, match=said):
        verify(connection, keys)


def test_a_shorter_chain_made_to_look_whole_breaks_the_seal(
    engine: Engine, keys: KeyRing, chain: Anchor
) -> None:
    behind_its_back(
        engine,
        "delete from integrations.audit_event where sequence > 4",
        "update integrations.audit_head set sequence = 4,"
        " hash = (select hash from integrations.audit_event where sequence = 4)",
    )
    with (
        engine.connect() as connection,
        pytest.raises(ChainBroken, match="the seal on event 4 does not open"),
    ):
        verify(connection, keys)


def test_a_chain_forged_whole_with_a_key_of_ones_own_breaks_the_seal(
    engine: Engine, keys: KeyRing, chain: Anchor
) -> None:
    with engine.begin() as connection:
        links = list(stored.links(connection))
        fields = {k: v for k, v in vars(links[0]).items() if k not in ("previous_hash", "hash")}
        digest = _hash(fields | {"actor": "nobody"}, links[0].previous_hash)
        kek_id = keys.current_id()
        forged = _sealed(LocalKeys({kek_id: b"x" * 32}, kek_id), 1, digest)
        stored.move_head(connection, forged)
        values = {"digest": digest}
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text("delete from integrations.audit_event where sequence > 1"))
        connection.execute(
            text("update integrations.audit_event set actor = 'nobody', hash = :digest"), values
        )
    with engine.connect() as connection, pytest.raises(ChainBroken, match="seal on event 1 does not open"):
        verify(connection, keys)


def test_an_older_state_of_all_tables_is_found_by_the_anchor_outside(
    engine: Engine, keys: KeyRing, tmp_path: Path
) -> None:
    path = tmp_path / "audit-anchor.json"
    with engine.begin() as connection:
        record(connection, keys, "key.add", "k1")
    behind_its_back(
        engine,
        "create table old_event as table integrations.audit_event",
        "create table old_head as table integrations.audit_head",
    )
    with engine.begin() as connection:
        keep_anchor(path, record(connection, keys, "credential.rotate", "crm/token"))
    behind_its_back(
        engine,
        "delete from integrations.audit_event",
        "insert into integrations.audit_event table old_event",
        "delete from integrations.audit_head",
        "insert into integrations.audit_head table old_head",
    )
    kept = read_anchor(path)
    assert kept is not None
    with engine.connect() as connection:
        verify(connection, keys)
        with pytest.raises(ChainBroken, match="event 2 was anchored outside"):
            verify(connection, keys, kept)


def test_the_anchor_file_never_goes_back(tmp_path: Path) -> None:
    path = tmp_path / "anchor.json"
    for sequence in (3, 5, 4):
        keep_anchor(path, Anchor(sequence=sequence, hash="00" * 32))
    kept = read_anchor(path)
    assert (kept and kept.sequence, path.stat().st_mode & 0o777) == (5, 0o600)


@pytest.mark.parametrize(
    "statement", ["update integrations.audit_event set actor = ''", "delete from integrations.audit_event"]
)
def test_the_database_refuses_to_change_an_event_whatever_is_set(
    engine: Engine, keys: KeyRing, chain: Anchor, statement: str
) -> None:
    with engine.connect() as connection:
        connection.execute(text("set integrations.retention = 'on'; set integrations.erasure = 'on'"))
        with pytest.raises(ProgrammingError, match="append-only"):
            connection.execute(text(statement))


def test_the_chain_goes_on_whole_when_the_key_rotates(
    engine: Engine, keys: KeyRing, key_file: Path, chain: Anchor
) -> None:
    add_key(key_file)
    with engine.begin() as connection:
        end = record(connection, keys, "key.add", keys.current_id())
    with engine.connect() as connection:
        assert verify(connection, keys, chain) == end
