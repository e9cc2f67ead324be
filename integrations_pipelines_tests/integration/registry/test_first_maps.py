"""The first maps, written from what a second session reads, are those that one session writes alone; so is what the
feed and the log tell of them.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, Engine, text

from integrations_pipelines.errors import Unbalanced
from integrations_pipelines.registry import first_maps
from integrations_pipelines.registry.statements import driver
from integrations_pipelines.resolution import first_maps as mapping
from integrations_pipelines_tests.integration.registry.landed import World, row, taken_for_many
from integrations_pipelines_tests.integration.registry.pictures import Picture, picture

TOLD = """
select c.kind, o.item from integrations.change c cross join lateral integrations.change_items(c.items) o
where o.item ->> 'entity_type' is distinct from 'ticket' order by c.id, o.place
"""
LOG = """
select y.system_key, l.import_job_id, l.event_type, l.status, l.message,
       l.payload ->> 'resource', l.payload ->> 'entity_type',
       (select array_agg(k order by k) from jsonb_array_elements_text(l.payload -> 'source_record_ids') k), l.created_by
from integrations.sync_log l join integrations.source_system y on y.id = l.source_system_id
where l.event_type = 'records.mapped' order by 1, 2, 5, 8
"""
MAPS = """
select y.system_key, m.resource, m.source_record_id, m.record_id, m.target_domain, m.map_status, m.decided_by,
       m.last_synced_at = now(), m.source_version, m.content_hash, m.created_by, m.updated_by, m.created_at = now()
from integrations.record_map m join integrations.source_system y on y.id = m.source_system_id order by 1, 2, 3
"""
KEYS = ['say "hi"', "back\\slash", "tab\tand\nline", "Zoë 🐘", "{}", "plain"]


def settle(engine: Engine) -> None:
    """Take people and tickets of three accounts, told apart in all ways that a map knows."""
    with engine.connect() as connection:
        world = World(connection=connection)
        for number, key in enumerate(("crm", "shop", "desk")):
            people = [
                row(
                    f"{one} {n}",
                    version=n if number else None,
                    seen=n,
                    email=f"p{n % 40}@example.org",
                    name=one,
                )
                for n, one in enumerate(KEYS * 10)
            ]
            # One address of many names, and two accounts of one login: a component that has to be split.
            crowd = [row(f"c{n}", email="all@example.org", login=f"l{n}", name=f"N {n}") for n in range(9)]
            world.land(key, "people", people + crowd)
            world.new_job(key)
            world.land(
                key, "people", [row(f"{KEYS[n]} {n}", version=50, seen=50, deleted=True) for n in range(3)]
            )
            world.land(key, "tickets", [row(f"t{n}", subject="S", requester=f"plain {n}") for n in range(9)])
        connection.commit()


@contextmanager
def resolving(engine: Engine, *, alone: bool) -> Iterator[World]:
    """Give the world in a transaction that is rolled back; ``alone``: one that has written something before."""
    with engine.connect() as connection:
        connection.execute(text("set transaction isolation level repeatable read"))
        if alone:
            connection.execute(text("select pg_current_xact_id()"))
        yield World(connection=connection)


def seen(world: World) -> tuple[Picture, Any]:
    """Return what is there, and what was told, by natural keys."""
    targets = {str(uuid): world_key for uuid, world_key in world.all(
        "select m.target_uuid, min(y.system_key || m.resource || m.source_record_id) from integrations.record_map m"
        " join integrations.source_system y on y.id = m.source_system_id group by 1")}  # fmt: skip
    maps = {
        str(uuid): number for uuid, number in world.all("select uuid, record_id from integrations.record_map")
    }
    told = [
        (kind, {name: targets.get(value) or maps.get(value) or value for name, value in item.items()})
        for kind, item in world.all(TOLD)
    ]
    return picture(world), (
        sorted(told, key=str),
        [kind for kind, _ in told] == sorted(kind for kind, _ in told),
        world.all(LOG),
        world.all(MAPS),
    )


def test_two_sessions_write_what_one_does(engine: Engine) -> None:
    settle(engine)
    found = []
    for alone in (True, False):
        with (
            resolving(engine, alone=alone) as world,
            taken_for_many(),
            patch(f"{mapping.__name__}.take", wraps=first_maps.take) as taken,
        ):
            done = world.resolve("person", plan="bulk")["person"]
            assert taken.called != alone
            assert done.mapped == done.examined
            assert first_maps.is_told(world.connection)
            found.append((done, *seen(world)))
    assert found[0] == found[1]
    assert len(found[0][2][0]) > len(found[0][2][3]) > 200


def test_blocks_add_up(engine: Engine) -> None:
    settle(engine)
    with resolving(engine, alone=True) as world, taken_for_many():
        world.resolve("person", plan="bulk")
        expected = seen(world)
    with (
        resolving(engine, alone=False) as world,
        taken_for_many(),
        patch.object(first_maps, "BLOCK", 7),
        patch.object(mapping, "AHEAD", 2),
    ):
        world.resolve("person", plan="bulk")
        found = seen(world)
    assert found[0] == expected[0]
    assert (found[1][0], found[1][3]) == (expected[1][0], expected[1][3])


def test_a_map_too_few_is_refused(engine: Engine) -> None:
    settle(engine)
    with (
        resolving(engine, alone=False) as world,
        taken_for_many(),
        patch.object(mapping, "blocks_of", lambda _: [(0, 10)]),
        pytest.raises(Unbalanced, match=r"maps of \d+ records"),
    ):
        world.resolve("person", plan="bulk")


def test_who_turned_the_feed_off_is_told_nothing(engine: Engine) -> None:
    settle(engine)
    off = "alter table integrations.record_map disable trigger tell_maps_inserted"
    with engine.begin() as connection:
        connection.execute(text(off))
    with resolving(engine, alone=False) as world, taken_for_many():
        world.resolve("person", plan="bulk")
        assert {kind for kind, _ in world.all(TOLD)} == {"entity.created"}
        assert not first_maps.is_told(world.connection)


def test_nobody_waits_in_a_circle(engine: Engine) -> None:
    settle(engine)
    with resolving(engine, alone=False) as world, taken_for_many():
        world.all("select from staging.source_record limit 1")
        waiting = threading.Thread(target=lock_records, args=(engine,))
        waiting.start()
        until_somebody_waits(world.connection)
        assert world.resolve("person", plan="bulk")["person"].mapped > 200
        world.connection.rollback()
        waiting.join(timeout=30)
        assert not waiting.is_alive()


def lock_records(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("lock table staging.source_record in access exclusive mode"))


def until_somebody_waits(connection: Connection) -> None:
    query = "select from pg_locks where relation = 'staging.source_record'::regclass and not granted"
    for _ in range(500):
        if driver(connection).execute(query).fetchone() is not None:
            return
        time.sleep(0.01)
    raise AssertionError("nobody asked for the table")
