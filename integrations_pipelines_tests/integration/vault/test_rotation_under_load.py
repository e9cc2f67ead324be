"""`integrations key rotate` while four processes read and write every secret, killed -9 half-way and run again."""

import json
import multiprocessing
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, insert, select
from sqlalchemy.pool import NullPool

from integrations_pipelines.registry import secrets as stored
from integrations_pipelines.registry import urls
from integrations_pipelines.registry.models import Secret, SecretVersion, SourceSystem
from integrations_pipelines.settings import environment_for_children
from integrations_pipelines.vault import (
    KeyRing,
    SecretValue,
    add_key,
    credentials_of,
    open_key_ring,
    remove_key,
    retire,
    sealing,
    set_credential,
)
from integrations_pipelines_tests.integration.vault.conftest import add_systems, every_byte

NAMES = [f"token_{n:02d}" for n in range(20)]
WORKERS = 4
CONTEXT = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Place:
    """Where the vault of this test is, and for how many systems; each process opens it for itself."""

    url: str
    key_file: Path
    count: int

    @property
    def systems(self) -> list[str]:
        return [f"system-{number:03d}" for number in range(self.count)]

    def open(self) -> tuple[Engine, KeyRing]:
        engine = create_engine(urls.for_sqlalchemy(self.url))
        return engine, open_key_ring(engine, keys=None, key_file=self.key_file)


@dataclass
class Worker:
    """A process that reads and writes secrets until it is told to stop; ``failures`` says what went wrong."""

    process: BaseProcess
    counts: "multiprocessing.Queue[tuple[int, int, list[str]]]"


def plaintext(system_key: str, name: str) -> str:
    return f"plaintext/{system_key}/{name}/{random.randrange(10**12)}"


@pytest.fixture
def place(database_url: str, key_file: Path, request: pytest.FixtureRequest) -> Place:
    place = Place(database_url, key_file, request.param)
    engine, keys = place.open()
    add_systems(engine, place.systems)
    with engine.begin() as connection:
        systems = connection.execute(
            select(SourceSystem.id, SourceSystem.uuid, SourceSystem.system_key)
        ).all()
        secrets = [{"source_system_id": system.id, "name": name} for system in systems for name in NAMES]
        fresh = connection.execute(
            insert(Secret).returning(Secret.id, Secret.source_system_id, Secret.name), secrets
        )
        by_id = {system.id: system for system in systems}
        connection.execute(
            insert(SecretVersion), [first_version(keys, by_id[row.source_system_id], row) for row in fresh]
        )
    engine.dispose()
    return place


def first_version(keys: KeyRing, system: Any, secret: Any) -> dict[str, Any]:
    where = sealing.Place(system_uuid=system.uuid, system_key=system.system_key, name=secret.name, version=1)
    sealed = sealing.seal(keys, where, SecretValue(plaintext(system.system_key, secret.name)))
    return {"secret_id": secret.id, "version": 1, **vars(sealed)}


def work(
    place: Place, stop: Event, seed: int, counts: "multiprocessing.Queue[tuple[int, int, list[str]]]"
) -> None:
    engine, keys = place.open()
    chosen, reads, writes, failures = random.Random(seed), 0, 0, []
    while not stop.is_set():
        system_key, name = chosen.choice(place.systems), chosen.choice(NAMES)
        try:
            reads += read_all(engine, keys, system_key)
            with engine.begin() as connection:
                set_credential(connection, keys, system_key, name, SecretValue(plaintext(system_key, name)))
            writes += 1
            time.sleep(0.2)  # four of these without a pause leave the rotation no processor
        except Exception as error:  # noqa: BLE001 - every failure counts
            failures.append(repr(error))
    counts.put((reads, writes, failures))


def read_all(engine: Engine, keys: KeyRing, system_key: str) -> int:
    with engine.connect() as connection:
        opened = credentials_of(connection, keys, system_key)
    for name in NAMES:
        assert opened.reveal(name).startswith(f"plaintext/{system_key}/{name}/")
    return len(NAMES)


@pytest.fixture
def workers(place: Place) -> Iterator[tuple[Event, list[Worker]]]:
    stop, started = CONTEXT.Event(), []
    for seed in range(WORKERS):
        counts = CONTEXT.Queue()
        process = CONTEXT.Process(target=work, args=(place, stop, seed, counts))
        process.start()
        started.append(Worker(process, counts))
    yield stop, started
    stop.set()
    for worker in started:
        worker.process.join(30)


def rotating(place: Place, *words: str) -> "subprocess.Popen[str]":
    """Start the command as a process of its own."""
    here = {
        "DATABASE_URL": place.url,
        "INTEGRATIONS_KEY_FILE": str(place.key_file),
        "INTEGRATIONS_STATE_DIR": str(place.key_file.parent),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "integrations_pipelines.cli", "key", *words, "--json"],
        env=environment_for_children(here),
        stdout=subprocess.PIPE,
        text=True,
    )


def run(place: Place, *words: str) -> Any:
    """Run the command to its end and return what it prints."""
    process = rotating(place, *words)
    printed, _ = process.communicate(timeout=600)
    assert process.returncode == 0, printed
    return json.loads(printed)


def moved(engine: Engine, new: str) -> int:
    with engine.connect() as connection:
        return stored.versions_by_key(connection).get(new, 0)


def kill_half_way(place: Place, engine: Engine, new: str, batch: int) -> None:
    process = rotating(place, "rotate", "--batch", str(batch))
    while moved(engine, new) < place.count * len(NAMES) // 2 and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.communicate()


@pytest.mark.slow  # test_rotation.py resumes a rotation that broke off, without a crowd beside it
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("place", "batch"),
    [
        pytest.param(10, 2, id="200 secrets"),
        pytest.param(500, 100, id="10,000 secrets"),  # minutes on a busy machine
    ],
    indirect=["place"],
)
def test_no_read_fails_while_the_key_rotates_and_the_rotation_is_killed(
    place: Place, workers: tuple[Event, list[Worker]], batch: int
) -> None:
    stop, started = workers
    engine = create_engine(urls.for_sqlalchemy(place.url), poolclass=NullPool)
    keys = open_key_ring(engine, keys=None, key_file=place.key_file)
    old, new = keys.current_id(), add_key(place.key_file)
    kill_half_way(place, engine, new, batch)
    with engine.connect() as connection:
        left = stored.versions_by_key(connection)
    assert left[old] > 0 < left[new]

    result = run(place, "rotate")
    with engine.begin() as connection:
        retire(connection, keys, old)
    remove_key(place.key_file, old)
    time.sleep(1)
    stop.set()
    reads, writes, failures = zip(*(worker.counts.get(timeout=60) for worker in started), strict=True)
    print(f"{sum(reads)} reads, {sum(writes)} writes; {result['done']} rewrapped after the kill")  # noqa: T201

    assert [failure for several in failures for failure in several] == []
    assert (result["remaining"], result["broken"]) == (0, [])
    assert min(reads) > 0 < min(writes)
    with engine.connect() as connection:
        assert set(stored.versions_by_key(connection)) == {new}
        assert "plaintext/" not in every_byte(connection)
    assert sum(read_all(engine, keys, one) for one in place.systems) == place.count * len(NAMES)
