"""``kill -9`` at random moments of a sync, then the same sync again: as if nothing had happened."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from integrations_pipelines.settings import Settings
from integrations_pipelines_tests.acceptance import forked_sync
from integrations_pipelines_tests.acceptance.workspaces import Workspaces, connect, hub_on, member
from integrations_pipelines_tests.databases import copied_database
from integrations_pipelines_tests.http_server import ScriptedServer
from integrations_pipelines_tests.warm_processes import Runner, runner

ACCOUNTS = "left right"
MEMBERS = {"left": [member(n) for n in range(80)], "right": [member(n) for n in range(60, 100)]}
MANY = 120

RECORDS = """
select y.system_key, s.source_record_id, s.source_version, s.content_hash, s.is_deleted, s.attributes::text
from staging.source_record s join integrations.source_system y on y.id = s.source_system_id order by 1, 2
"""
ENTITIES = """
select array_agg(y.system_key || ':' || m.source_record_id order by y.system_key, m.source_record_id), e.values::text
from integrations.record_map m join integrations.source_system y on y.id = m.source_system_id
join entities.entity e on e.uuid = m.target_uuid and e.merged_into is null
group by e.uuid, e.values order by 1
"""
UNBALANCED = """
select id from integrations.landing l where status in ('started', 'landed')
   or status = 'applied' and extracted <> (select coalesce(sum(value::int), 0) from jsonb_each_text(l.outcomes))
   or status = 'applied' and landed <> (select count(*) from staging_slack.users u where u.landing = l.id)
"""


def rows(url: str, query: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Two accounts that were never synced, and a process to sync them in."""

    runner: Runner
    server: str
    state: str
    template: str

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Give the URL of a database in which nothing was synced yet."""
        with copied_database(self.server, self.template) as url:
            yield url

    def sync(self, url: str, kill_after: float | None = None) -> int:
        """Sync both accounts; return the exit code, or the signal, less than 0."""
        request = {"url": url, "state": self.state, "accounts": ACCOUNTS}
        return self.runner.run(request, kill_after=kill_after)


@pytest.fixture
def stage(database_server: str, settings: Settings, http_server: ScriptedServer) -> Iterator[Stage]:
    http_server.handler = Workspaces(members={**MEMBERS}, page=20)
    assert settings.database_url is not None
    with hub_on(settings) as hub:
        connect(hub, http_server.url, *ACCOUNTS.split())
    name = settings.database_url.split("?")[0].rsplit("/", 1)[1]
    with runner(forked_sync.__name__) as running:
        yield Stage(runner=running, server=database_server, state=str(settings.state_dir), template=name)


def test_a_sync_that_is_killed_ends_like_one_that_is_not(stage: Stage) -> None:
    killed_and_run_again(stage, rounds=4)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_sync_that_is_killed_at_twenty_moments_ends_like_one_that_is_not(stage: Stage) -> None:
    killed_and_run_again(stage, rounds=20)


def killed_and_run_again(stage: Stage, *, rounds: int) -> None:
    """Kill a sync at ``rounds`` moments spread over its length, each time from the start, and run it again."""
    with stage.fresh() as url:
        started = time.monotonic()
        assert stage.sync(url) == 0
        length = time.monotonic() - started
        clean = rows(url, RECORDS), rows(url, ENTITIES)
    assert len(clean[0]) == MANY
    killed = 0
    for number in range(rounds):
        for _ in range(8):
            moment = length * (number + random.random()) / rounds
            with stage.fresh() as url:
                was_killed = stage.sync(url, kill_after=moment) == -9
                assert stage.sync(url) == 0, f"killed after {moment:.3f} s of {length:.3f} s"
                assert (rows(url, RECORDS), rows(url, ENTITIES)) == clean, f"killed after {moment:.3f} s"
                nothing_is_left_over(url)
            killed += was_killed
            if was_killed:
                break
            # Through before the blow: the machine is faster now than it was for the clean run.
            length *= 0.7
    assert killed == rounds


def nothing_is_left_over(url: str) -> None:
    """No landing waits or lacks a row, no record is mapped twice or not at all, no job seems to run."""
    assert rows(url, UNBALANCED) == []
    assert rows(url, "select count(*), count(target_uuid) from integrations.record_map") == [(MANY, MANY)]
    assert rows(url, "select count(*) from integrations.import_job where status = 'running'") == [(0,)]
    landed = "select count(distinct (source_system, source_record_id)) from staging_slack.users"
    assert rows(url, landed) == [(MANY,)]
