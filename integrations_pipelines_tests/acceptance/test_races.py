"""Runs beside each other: nothing is applied twice, and no relation falls between two resolutions."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text

from integrations_pipelines import sync
from integrations_pipelines.entities import ENTITY_TYPES
from integrations_pipelines.errors import LeaseLost
from integrations_pipelines.hub import Hub, resolution_transaction
from integrations_pipelines.resolution.resolve import resolve
from integrations_pipelines.staging.account import Limits
from integrations_pipelines.sync import Pulled
from integrations_pipelines_tests.acceptance.workspaces import Workspaces, connect, member, synced
from integrations_pipelines_tests.http_server import ScriptedServer
from integrations_pipelines_tests.integration.registry.landed import World, row

SMALL = Limits(unit_rows=20)
WAITING = (
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
)
JOBS = """
select pg_terminate_backend(l.pid, 5000) from pg_locks l join pg_database d on d.oid = l.database
where l.locktype = 'advisory' and l.classid = 7221 and d.datname = current_database()
"""


@pytest.fixture
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as workers:
        yield workers


@contextmanager
def applying_stopped(hub: Hub) -> Iterator[Connection]:
    """Keep every run from writing current versions until the block ends."""
    with hub.engine.begin() as connection:
        connection.execute(text("lock table staging.source_record in share mode"))
        yield connection


def until_waiting(hub: Hub, runs: int) -> None:
    """Return when so many runs wait for a lock."""
    for _ in range(200):
        with hub.engine.connect() as connection:
            if connection.execute(text(WAITING)).scalar_one() >= runs:
                return
        time.sleep(0.05)
    raise AssertionError(f"{runs} runs should wait")


def test_a_landing_that_two_runs_would_apply_is_applied_once(
    hub: Hub, http_server: ScriptedServer, slack: Workspaces, workers: ThreadPoolExecutor
) -> None:
    connect(hub, http_server.url, "acme")
    slack.members = {"acme": [member(n) for n in range(40)]}
    with applying_stopped(hub) as connection:
        overtaken: Future[Pulled] = workers.submit(synced, hub, "acme", limits=SMALL)
        until_waiting(hub, 1)
        # The network takes the first run's session, and its lease with it; the run itself goes on.
        connection.execute(text(JOBS))
        second: Future[Pulled] = workers.submit(synced, hub, "acme", limits=SMALL)
        until_waiting(hub, 2)
    assert isinstance(overtaken.result().error, LeaseLost)
    assert second.result().error is None
    with hub.engine.connect() as connection:
        taken = "select sum((outcomes->>'new')::int) from integrations.landing where status = 'applied'"
        waiting = "select count(*) from integrations.landing where status = 'landed'"
        assert connection.execute(text(taken)).scalar_one() == 40
        assert connection.execute(text(waiting)).scalar_one() == 0


def test_a_ticket_and_its_person_that_are_resolved_at_once_find_each_other(
    hub: Hub, workers: ThreadPoolExecutor
) -> None:
    with hub.engine.begin() as connection:
        world = World(connection=connection)
        world.land("acme", "people", [row("p", version=1)])
    with resolution_transaction(hub, "person") as person:
        resolve(person, ENTITY_TYPES["person"])
        with hub.engine.begin() as connection:
            World(connection=connection, sources=world.sources).land(
                "acme", "tickets", [row("t", requester="p")]
            )
        ticket = workers.submit(sync.resolve, hub, ("ticket",))
        until_waiting(hub, 1)
    ticket.result()
    with hub.engine.connect() as connection:
        parked = text("select count(*) from staging.record_relation where object_uuid is null")
        assert connection.execute(parked).scalar_one() == 0
