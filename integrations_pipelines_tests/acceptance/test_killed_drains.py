"""Daemon and run processes killed with -9 while webhooks stream in: every event is mapped once, and none is stuck."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from integrations_pipelines import local
from integrations_pipelines.hub import open_hub
from integrations_pipelines.local import Running
from integrations_pipelines.local.dagster_home import dagster_environment
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.settings import Settings, environment_for_children
from integrations_pipelines_tests.forks import run_processes
from integrations_pipelines_tests.integration.inbox.house import add_account, member_changed, slack
from integrations_pipelines_tests.integration.orchestration.conftest import (  # noqa: F401 - fixtures
    database_url,
    environment_as_before,
    template_with_dagster,
)

# A right to send a run lasts 45 s, one at work 60 s; a run takes seconds to start, many on a busy machine.
NONE_IS_STUCK_AFTER = 150.0
MAPPED = "select count(*), count(distinct source_record_id), count(target_uuid) from integrations.record_map"
OPEN = "select count(*) from integrations.webhook_event where state <> 'done'"


def row(url: str, query: str) -> tuple[Any, ...]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchone() or ()


class Daemons:
    """The daemon of the house, which may be killed and started again."""

    def __init__(self, settings: Settings, url: str, first: Running) -> None:
        self._command, self._process = first.service.command, first.process
        self._environment = environment_for_children(dagster_environment(settings, url))
        self._more: list[subprocess.Popen[bytes]] = []

    def kill(self) -> None:
        """Kill the daemon with -9 and start another one."""
        self._process.kill()
        self._process.wait()
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._more.append(self._process)

    def stop(self) -> None:
        """End what was started here."""
        for process in self._more:
            process.kill()
            process.wait()


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[str, list[Running], Daemons, Source, str]]:
    """Give a whole house with a Slack account."""
    ports = {"dagster_port": local.free_port(), "api_port": local.free_port()}
    house = settings.model_copy(update=ports)
    with local.whole_house(house) as (url, running), open_hub(house, url) as hub:
        daemons = Daemons(house, url, next(one for one in running if one.service.name == "daemon"))
        try:
            yield url, running, daemons, add_account(hub, "slack"), f"http://127.0.0.1:{house.api_port}"
        finally:
            daemons.stop()


def deliver(address: str, source: Source, number: int) -> None:
    body = member_changed(number, 1_000_000 + number)
    answer = httpx.post(
        f"{address}/webhooks/{source.uuid}", content=body, headers=slack(body), timeout=30, trust_env=False
    )
    assert answer.status_code == 202


def streamed_and_killed(settings: Settings, kills: int) -> None:
    with opened(settings) as (url, running, daemons, source, address):
        code_server, sent = running[0], 0
        for number in range(kills):
            for _ in range(3):
                deliver(address, source, sent)
                sent += 1
                time.sleep(random.random())
            if number % 2:
                daemons.kill()
                continue
            # In the middle of a run, if there is one by now.
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline and not (runs := run_processes(code_server.process.pid)):
                time.sleep(0.05)
            time.sleep(random.random() * 2)
            for pid in runs:
                os.kill(pid, signal.SIGKILL) if Path(f"/proc/{pid}").exists() else None
        deliver(address, source, sent)
        sent += 1
        deadline = time.monotonic() + NONE_IS_STUCK_AFTER
        while time.monotonic() < deadline and row(url, MAPPED) != (sent, sent, sent):
            time.sleep(0.2)
        assert row(url, MAPPED) == (sent, sent, sent)
        while time.monotonic() < deadline and row(url, OPEN) != (0,):
            time.sleep(0.2)
        assert row(url, OPEN) == (0,)


@pytest.mark.timeout(600)
@pytest.mark.slow
def test_events_are_mapped_once_although_daemon_and_runs_are_killed(settings: Settings) -> None:
    streamed_and_killed(settings, kills=2)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_events_are_mapped_once_although_daemon_and_runs_are_killed_twenty_times(settings: Settings) -> None:
    streamed_and_killed(settings, kills=20)
