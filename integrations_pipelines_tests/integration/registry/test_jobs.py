"""Jobs and leases: one run a resource, a dead run is found, and one that only seems dead moves nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text

from integrations_pipelines.errors import LeaseHeld, LeaseLost
from integrations_pipelines.registry import landings
from integrations_pipelines.registry.jobs import Job, close_job, lease, move_cursor, note_resource, open_job
from integrations_pipelines.registry.sources import Source, add_source
from integrations_pipelines.registry.statements import driver

CURSOR = "select cursor, last_full_at is not null from integrations.sync_cursor"


@pytest.fixture
def source(engine: Engine) -> Source:
    with engine.begin() as connection:
        return add_source(connection, system_key="acme", system_type="slack", settings={})


@contextmanager
def job(engine: Engine, source: Source, run_key: str | None = None) -> Iterator[Job]:
    with open_job(engine, source, job_type="poll", run_key=run_key) as found:
        yield found


def cut_off(database_url: str, job: Job) -> None:
    """End the job's session as a lost network does: the run goes on and does not know."""
    pid = driver(job.session).info.backend_pid
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(%s, 5000)", [pid])


def one(engine: Engine, query: str) -> tuple[object, ...]:
    with engine.connect() as connection:
        return tuple(connection.execute(text(query)).one())


def test_two_runs_never_sync_one_resource(engine: Engine, source: Source) -> None:
    with job(engine, source) as first, job(engine, source) as second, lease(first, "users"):
        with pytest.raises(LeaseHeld, match="acme"), lease(second, "users"):
            pass
        with lease(second, "channels") as other:
            assert other.resource == "channels"


def test_a_lease_is_free_again_when_its_block_ends(engine: Engine, source: Source) -> None:
    with job(engine, source) as first, job(engine, source) as second:
        with lease(first, "users") as held:
            token = held.token
        with lease(second, "users") as held:
            assert held.token > token


def test_a_run_that_was_overtaken_cannot_move_the_cursor(
    engine: Engine, source: Source, database_url: str
) -> None:
    with job(engine, source) as old, pytest.raises(LeaseLost, match="another run took over users"):  # noqa: SIM117
        with lease(old, "users") as overtaken:
            cut_off(database_url, old)
            with job(engine, source) as new, lease(new, "users") as held, engine.begin() as connection:
                move_cursor(connection, held, {"at": 2}, complete=True)
            with engine.begin() as connection:
                move_cursor(connection, overtaken, {"at": 1}, complete=False)
    assert one(engine, CURSOR) == ({"at": 2}, True)


def test_the_next_run_starts_where_the_cursor_is(engine: Engine, source: Source) -> None:
    with job(engine, source) as first:
        with lease(first, "users") as held, engine.begin() as connection:
            move_cursor(connection, held, {"at": 1}, complete=False)
        with lease(first, "users") as held:
            assert held.cursor == {"at": 1}


def test_a_job_whose_process_is_gone_is_closed_by_the_next(
    engine: Engine, source: Source, database_url: str
) -> None:
    with job(engine, source) as dead:
        cut_off(database_url, dead)
        with job(engine, source) as alive:
            found = one(
                engine,
                f"select status, error_payload->>'class' from integrations.import_job where id = {dead.id}",
            )
            assert found == ("failed", "Lost")
            running = one(engine, "select uuid from integrations.import_job where status = 'running'")
            assert running == (alive.uuid,)
    logged = one(
        engine, f"select event_type, status from integrations.sync_log where import_job_id = {dead.id}"
    )
    assert logged == ("job.failed", "error")


def test_a_job_that_is_alive_is_left_alone(engine: Engine, source: Source) -> None:
    with job(engine, source), job(engine, source):
        assert one(engine, "select count(*) from integrations.import_job where status = 'running'") == (2,)


def test_one_run_key_is_one_job(engine: Engine, source: Source) -> None:
    with job(engine, source, "run-1") as first:
        pass
    with job(engine, source, "run-1") as again:
        assert again.uuid == first.uuid


def test_a_job_adds_up_its_resources(engine: Engine, source: Source) -> None:
    with job(engine, source) as found, engine.begin() as connection:
        for name, outcomes in (("users", {"new": 2}), ("channels", {"new": 1, "stale": 3})):
            summary = {"extracted": sum(outcomes.values()), "outcomes": outcomes}
            note_resource(connection, found, name, summary)
        closed = close_job(connection, found, status="succeeded")
    assert (closed["extracted"], closed["outcomes"]) == (6, {"new": 3, "stale": 3})
    assert sorted(closed["resources"]) == ["channels", "users"]


def test_a_landing_is_claimed_by_one(engine: Engine, source: Source) -> None:
    with job(engine, source) as found:
        with engine.begin() as connection:
            number = landings.start_landing(connection, found, "users", origin="poll", cursor=None)
            landings.note_landed(connection, number, extracted=1, landed=1, outcomes={})
        with engine.begin() as connection:
            assert landings.claim_landing(connection, number)
            landings.note_applied(connection, number, {"new": 1})
        with engine.begin() as connection:
            assert not landings.claim_landing(connection, number)


def test_what_a_dead_run_started_is_given_up_and_what_it_landed_waits(engine: Engine, source: Source) -> None:
    with job(engine, source) as found, engine.begin() as connection:
        started, landed = (_start(connection, found) for _ in range(2))
        landings.note_landed(connection, landed, extracted=2, landed=1, outcomes={"quarantined": 1})
        assert landings.abandon_landings(connection, source, "users") == 1
        assert landings.waiting_landings(connection, source, "users") == [
            (landed, found.id, "poll", {"quarantined": 1})
        ]
        assert started < landed


def _start(connection: Connection, job: Job) -> int:
    return landings.start_landing(connection, job, "users", origin="poll", cursor=None)
