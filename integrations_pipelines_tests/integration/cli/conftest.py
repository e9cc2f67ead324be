"""A small organisation in a real database, and the command line on it: in this process, or as a process of its own."""

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner, Result

from integrations_pipelines import sync
from integrations_pipelines.cli import app
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.registry import sources
from integrations_pipelines.settings import Settings, environment_for_children, read_settings
from integrations_pipelines_tests.databases import TEMPLATE, copied_database, short_folder
from integrations_pipelines_tests.integration.cli import forked_command
from integrations_pipelines_tests.warm_processes import Runner, runner


@dataclass(frozen=True, kw_only=True)
class House:
    """A database and the command line on it."""

    settings: Settings
    hub: Hub
    folder: Path
    forks: Callable[[], Runner]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": str(self.settings.database_url),
            "INTEGRATIONS_STATE_DIR": str(self.settings.state_dir),
            "COLUMNS": "200",  # wide enough for every table, whatever terminal the tests run in
        }

    def run(
        self, *words: str, stdin: str | bytes | None = None, env: Mapping[str, str | None] | None = None
    ) -> Result:
        """Run the command in this process."""
        return CliRunner().invoke(app, list(words), input=stdin, env={**self.environment, **(env or {})})

    def json(self, *words: str, stdin: str | None = None) -> Any:
        """Run the command with --json; what it prints must be JSON, whole and alone, and it must succeed."""
        result = self.run(*words, "--json", stdin=stdin)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def process(
        self, *words: str, stdin: str = "", env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run the command as a process of its own, which starts from nothing: seconds of imports."""
        return subprocess.run(
            [sys.executable, "-m", "integrations_pipelines.cli", *words],
            env=environment_for_children({**self.environment, **(env or {})}),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def forked(self, *words: str, env: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        """Run the command as a process of its own that has imported what it needs. It reads nothing."""
        with tempfile.TemporaryDirectory() as name:
            files = [Path(name) / one for one in ("in", "out", "err")]
            for file in files:
                file.touch()
            environment = environment_for_children({**self.environment, **(env or {})})
            code = self.forks().run({"folder": name, "words": words, "environment": environment})
            return subprocess.CompletedProcess(words, code, files[1].read_text(), files[2].read_text())

    def take_rows(
        self, system_key: str, resource: str, entity_type: str, rows: Sequence[Mapping[str, str]]
    ) -> None:
        """Import ``rows`` as a file; each column is an attribute of its name, ``id`` is the record id."""
        path = self.folder / f"{resource}.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        columns = {name: name for name in rows[0] if name != "id"}
        source = sync.file_system(self.hub, system_key)
        with self.hub.engine.begin() as connection:
            how = {"entity_type": entity_type, "columns": columns, "key": "id"}
            sources.remember_file(connection, source, resource, how)
        self._take(system_key, path, resource)

    def take_records(self, system_key: str, resource: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Take records as their connector's resource serves them."""
        path = self.folder / f"{resource}.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        self._take(system_key, path, resource)

    def _take(self, system_key: str, path: Path, resource: str) -> None:
        with sync.running_job(self.hub, system_key, job_type="file") as job:
            sync.close(self.hub, job, [sync.import_file(self.hub, job, path, resource)])
        sync.resolve(self.hub)


@pytest.fixture(scope="session")
def commands() -> Iterator[Callable[[], Runner]]:
    """Give the process that commands are forked from; it starts with the first that asks."""
    with ExitStack() as stack:
        yield cache(lambda: stack.enter_context(runner(forked_command.__name__)))


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A database that others are copied from, by its name, and the state folder to it."""

    database: str
    folder: Path


@pytest.fixture(scope="session")
def settled(database_server: str, commands: Callable[[], Runner]) -> Iterator[Settled]:
    """Give a database with two lists of people, taken in once for all tests that start from it."""
    with copied_database(database_server) as url, short_folder(in_memory=True) as folder:
        settings = read_settings(database_url=url, state_dir=folder)
        with open_hub(settings, url) as hub:
            house = House(settings=settings, hub=hub, folder=folder, forks=commands)
            house.take_rows("billing", "customers", "person", PEOPLE)
            house.take_rows("shop", "users", "person", MORE_PEOPLE)
        yield Settled(database=make_url(url).database or "", folder=folder)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database_server: str) -> Iterator[str]:
    """Give a database of this test's own: empty, or with the people that the test asks for."""
    template = request.getfixturevalue("settled").database if _has_people(request) else TEMPLATE
    with copied_database(database_server, template) as url:
        yield url


@pytest.fixture
def state_folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Give the state folder to that database: its secrets open with the key ring in it."""
    with short_folder(in_memory=True) as folder:
        if _has_people(request):
            shutil.copytree(request.getfixturevalue("settled").folder, folder, dirs_exist_ok=True)
        yield folder


def _has_people(request: pytest.FixtureRequest) -> bool:
    return "people" in request.fixturenames


@pytest.fixture
def house(settings: Settings, tmp_path: Path, commands: Callable[[], Runner]) -> Iterator[House]:
    """Give an empty, migrated database and the command line on it."""
    with open_hub(settings, str(settings.database_url)) as hub:
        yield House(settings=settings, hub=hub, folder=tmp_path, forks=commands)


PEOPLE = [
    {"id": "1", "name": "Ada Lovelace", "email": "ada@analytical.example", "phone": "+44 20 7946 0958"},
    {"id": "2", "name": "Charles Babbage", "email": "charles@analytical.example", "phone": ""},
    {"id": "3:x", "name": "[red]Grace\u202e Hopper", "email": "support@analytical.example", "phone": ""},
    {"id": "4", "name": "Alan Turing", "email": "not an address", "phone": ""},
]
MORE_PEOPLE = [
    {"id": "a", "name": "A. Lovelace", "email": "ADA@analytical.example", "phone": ""},
    {"id": "b", "name": "Joan Clarke", "email": "support@analytical.example", "phone": ""},
]


def contact(number: int, company: int, **properties: str) -> dict[str, Any]:
    """A HubSpot contact that says which company it belongs to."""
    linked = {"companies": [{"toObjectId": company, "associationTypes": [{"typeId": 1}]}]}
    return {
        "id": str(number),
        "properties": properties,
        "associations": linked,
        "updatedAt": "2025-03-01T10:00:00.000Z",
        "createdAt": "2025-01-01T10:00:00.000Z",
    }


@pytest.fixture
def people(house: House) -> House:
    """Give a database with two lists of people: Ada is in both, two share a role mailbox, one address is unreadable.

    They are in it from the start: see ``database_url``.
    """
    return house


@pytest.fixture
def crm(people: House) -> House:
    """Give the same with a CRM beside: Ada works at company 7, which is there; Joan at company 8, which is not."""
    with people.hub.engine.begin() as connection:
        sources.add_source(connection, system_key="crm", system_type="hubspot", settings={})
    ada = contact(11, 7, email="ada@analytical.example", firstname="Ada", lastname="King")
    joan = contact(12, 8, email="joan@park.example", firstname="Joan", lastname="Clarke")
    people.take_records("crm", "contacts", [ada, joan])
    company = {
        "id": "7",
        "properties": {"name": "Analytical Engines Ltd", "domain": "analytical.example"},
        "updatedAt": "2025-02-01T10:00:00.000Z",
        "createdAt": "2025-01-01T10:00:00.000Z",
    }
    people.take_records("crm", "companies", [company])
    return people
