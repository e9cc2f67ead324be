"""The sync log only grows; who did something is written down; internal ids stay inside."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, text

from integrations_pipelines.registry.statements import driver
from integrations_pipelines_tests.integration.registry.landed import Row, World, row

LINE = "insert into integrations.sync_log (event_type, status, message, created_at) values ('test', 'ok', '', {when})"
PARTITIONS = "select count(*) from pg_inherits where inhparent = 'integrations.sync_log'::regclass"


@pytest.fixture
def written(connection: Connection) -> Connection:
    driver(connection).execute(LINE.format(when="now()"))
    return connection


@pytest.mark.parametrize(
    "change", ["update integrations.sync_log set message = 'x'", "delete from integrations.sync_log"]
)
def test_a_line_of_the_log_is_never_changed(written: Connection, change: str) -> None:
    with pytest.raises(InsufficientPrivilege, match="append-only"):
        driver(written).execute(change)


def test_retention_may_delete_lines_and_still_not_change_them(written: Connection) -> None:
    driver(written).execute("set local integrations.retention = 'on'")
    assert driver(written).execute("delete from integrations.sync_log").rowcount == 1
    driver(written).execute(LINE.format(when="now()"))
    with pytest.raises(InsufficientPrivilege):
        driver(written).execute("update integrations.sync_log set message = 'x'")


def test_a_decision_is_never_changed(world: World) -> None:
    world.land("a", "people", [row("p", version=1), row("q", version=1)])
    world.decide("same", ("a", "p"), ("a", "q"))
    with pytest.raises(InsufficientPrivilege):
        world.all("update resolution.record_decision set verdict = 'different' returning 1")


def test_this_month_and_the_next_have_a_partition(written: Connection) -> None:
    assert driver(written).execute(PARTITIONS).fetchone() == (4,)
    (where,) = driver(written).execute(
        "select tableoid::regclass::text from integrations.sync_log"
    ).fetchone() or ("",)
    assert where.startswith("integrations.sync_log_2")


def test_lines_that_came_before_their_partition_do_not_stop_those_after_it(connection: Connection) -> None:
    run = driver(connection).execute
    run(LINE.format(when="now() + interval '3 months'"))
    run("select integrations.ensure_sync_log_partitions(4)")
    assert run(PARTITIONS).fetchone() == (5,)


def test_many_jobs_may_start_with_the_month(engine: Engine) -> None:
    def ensure(_: int) -> None:
        with engine.begin() as connection:
            connection.execute(text("select integrations.ensure_sync_log_partitions(5)"))

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(ensure, range(8)))
    with engine.connect() as connection:
        assert driver(connection).execute(PARTITIONS).fetchone() == (7,)


AUDITED = [
    ("integrations", name)
    for name in ("source_system", "import_job", "landing", "record_map", "quarantined_record")
] + [("resolution", "record_decision"), ("resolution", "review_item"), ("entities", "entity")]


def lived(world: World) -> World:
    """Let something happen in every table."""
    broken = row("broken", version=1)
    world.land("a", "people", [row("p", version=1, login="ann", email="x@acme.com"), broken])
    world.land("a", "people", [row("q", version=1, login="bob", email="x@acme.com")])
    world.land("a", "people", [Row(key="unread", text="[]")])
    world.resolve("person")
    world.decide("different", ("a", "p"), ("a", "broken"))
    world.land("a", "people", [row("q", version=2, login="ann", email="x@acme.com")])
    world.resolve("person")
    return world


@pytest.fixture
def acted(world: World) -> World:
    driver(world.connection).execute("set local integrations.actor = 'ann@acme.com'")
    return lived(world)


@pytest.mark.parametrize(("schema", "table"), AUDITED, ids=lambda name: name)
def test_who_did_it_is_written_down(acted: World, schema: str, table: str) -> None:
    found = acted.all(f"select distinct created_by, updated_by from {schema}.{table}")
    assert found == [("ann@acme.com", "ann@acme.com")]


def keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keys_of(item)


def test_no_line_of_the_log_holds_an_internal_id(world: World) -> None:
    lived(world)
    payloads = world.all("select payload from integrations.sync_log")
    ids = {
        name for (payload,) in payloads for name in keys_of(payload) if name == "id" or name.endswith("_id")
    }
    assert payloads
    assert ids <= {"source_record_id"}


def test_every_table_that_may_be_named_outside_has_a_uuid_of_version_7(world: World) -> None:
    lived(world)
    for schema, table in AUDITED:
        versions = world.all(f"select distinct uuid_extract_version(uuid) from {schema}.{table}")
        assert versions == [(7,)], table
