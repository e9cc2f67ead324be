"""A receiver killed under load, a database stopped and started under load: every 2xx is in the inbox exactly once."""

import json
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest

from integrations_pipelines.hub import open_hub
from integrations_pipelines.local import embedded_database, free_port
from integrations_pipelines.local.cluster import cluster_in
from integrations_pipelines.local.postgres import start, stop
from integrations_pipelines.registry import migrate
from integrations_pipelines.settings import Settings, get_settings, read_settings
from integrations_pipelines_tests.databases import short_folder
from integrations_pipelines_tests.integration.inbox.house import add_account, github, start_serving

_SENDERS = 8
PROBLEM = 0


class Load:
    """Senders that post numbered deliveries to one address, once each, and keep what each was answered."""

    def __init__(self, address: str, uuid: UUID) -> None:
        self._url = f"{address}/webhooks/{uuid}"
        self.answers: dict[str, int] = {}
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(n,), daemon=True) for n in range(_SENDERS)]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send while the block runs."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(timeout=60)

    def _send(self, number: int) -> None:
        count = 0
        with httpx.Client(timeout=20, trust_env=False) as client:
            while not self._stop.is_set():
                count += 1
                key = f"{number}-{count}"
                body = json.dumps({"key": key, "filling": "x" * 2_000}).encode()
                try:
                    status = client.post(
                        self._url, content=body, headers=github(body, delivery=key)
                    ).status_code
                except httpx.TransportError:
                    status = PROBLEM
                    time.sleep(0.2)
                self.answers[key] = status


def nothing_is_lost(url: str, load: Load) -> None:
    """Every 2xx is in the inbox, once; every other sender saw a 5xx or a broken connection."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select delivery_key, count(*) from integrations.webhook_event group by 1"
        ).fetchall()
    stored: dict[str, int] = {key: count for key, count in rows}  # noqa: C416 - a row is no pair to mypy
    good = {key for key, status in load.answers.items() if 200 <= status < 300}
    assert good - stored.keys() == set()
    assert set(stored.values()) <= {1}
    assert {status for status in load.answers.values() if not 200 <= status < 300} <= {PROBLEM, 503}
    assert len(good) > 20


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Path, str]]:
    """Give a durable server of this module's own, which tests may stop and start."""
    get_settings.cache_clear()
    with short_folder() as folder, embedded_database(folder / "postgres", durable=True) as url:
        migrate.upgrade(url)
        yield folder, url
    get_settings.cache_clear()


def rounds(server: tuple[Path, str], number: int, harm: Callable[[Settings, str, int], None]) -> None:
    """Do ``harm`` to the house under load, ``number`` times."""
    folder, url = server
    settings = read_settings(database_url=url, state_dir=folder)
    for _ in range(number):
        with psycopg.connect(url) as connection:
            connection.execute("truncate integrations.webhook_event")
        harm(settings, url, free_port())


def kill_the_receiver(settings: Settings, url: str, port: int) -> None:
    with open_hub(settings, url) as hub:
        source = add_account(hub, secret="a-made-up-secret-of-tests")
    process = start_serving(settings, url, port)
    load = Load(f"http://127.0.0.1:{port}", source.uuid)
    try:
        with load.running():
            time.sleep(0.5 + random.random())
            process.send_signal(signal.SIGKILL)
            process.wait()
            process = start_serving(settings, url, port)
            time.sleep(0.5)
    finally:
        process.terminate()
        process.wait()
    nothing_is_lost(url, load)


def restart_the_database(settings: Settings, url: str, port: int) -> None:
    with open_hub(settings, url) as hub:
        source = add_account(hub, secret="a-made-up-secret-of-tests")
    process = start_serving(settings, url, port)
    load = Load(f"http://127.0.0.1:{port}", source.uuid)
    cluster = cluster_in(settings.state_dir / "postgres")
    try:
        with load.running():
            time.sleep(0.5 + random.random())
            if random.random() < 0.5:
                stop(cluster)
            else:
                cluster.run("pg_ctl", "stop", "-D", str(cluster.data), "-m", "immediate", "-w")
            time.sleep(random.random())
            start(cluster)
            time.sleep(2)
        assert httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200
    finally:
        process.terminate()
        process.wait()
    nothing_is_lost(url, load)


@pytest.mark.timeout(300)
def test_a_receiver_that_is_killed_loses_no_delivery_that_it_answered(server: tuple[Path, str]) -> None:
    rounds(server, 1, kill_the_receiver)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_database_that_stops_and_starts_costs_5xx_and_no_delivery(server: tuple[Path, str]) -> None:
    rounds(server, 1, restart_the_database)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twenty_killed_receivers_and_ten_stopped_databases_lose_nothing(server: tuple[Path, str]) -> None:
    rounds(server, 20, kill_the_receiver)
    rounds(server, 10, restart_the_database)
