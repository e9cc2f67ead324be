import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from integrations_pipelines.local.postgres import embedded_database
from integrations_pipelines.registry.urls import for_database
from integrations_pipelines_tests.integration.cli.conftest import House


def test_the_url_of_a_users_own_database_hides_its_password(house: House) -> None:
    env = {"DATABASE_URL": "postgresql://me:hunter2@db.example:5432/hub?sslmode=require"}
    hidden = house.run("database", "url", env=env)
    assert hidden.stdout == "postgresql://me@db.example:5432/hub?sslmode=require\n"
    shown = house.run("database", "url", "--show-password", env=env)
    assert shown.stdout == "postgresql://me:hunter2@db.example:5432/hub?sslmode=require\n"


def test_an_empty_database_is_set_up_by_migrate_and_again_changes_nothing(
    house: House, database_server: str
) -> None:
    url = for_database(database_server, name := f"fresh_{uuid4().hex[:8]}")
    with psycopg.connect(database_server, autocommit=True) as server:
        server.execute(f"create database {name}")
    first = house.process("database", "migrate", "--json", env={"DATABASE_URL": url})
    again = house.process("database", "migrate", "--json", env={"DATABASE_URL": url})
    told = [json.loads(done.stdout) for done in (first, again)]
    assert [one["was"] for one in told] == [None, told[0]["revision"]]
    assert house.run("status", env={"DATABASE_URL": url}).exit_code == 0


@pytest.fixture
def own_server(house: House, state_folder: Path) -> Iterator[Path]:
    """Give a state folder whose embedded server is stopped at the end, however a test left it."""
    yield state_folder
    with embedded_database(state_folder / "postgres", durable=False):
        pass


def test_the_embedded_server_is_made_on_demand_and_its_url_is_fit_for_psql(
    house: House, own_server: Path
) -> None:
    first = house.process("source", "list", "--json", env={"DATABASE_URL": ""})
    assert (first.returncode, json.loads(first.stdout)) == (0, {"sources": []})
    assert str(own_server) in first.stderr
    second = house.process("database", "url", env={"DATABASE_URL": ""})
    with psycopg.connect(second.stdout.strip()) as connection:
        assert connection.execute("select count(*) from integrations.source_system").fetchone() == (0,)
    assert str(own_server) not in house.process("source", "list", env={"DATABASE_URL": ""}).stderr


def test_the_version_is_that_of_the_package(house: House) -> None:
    done = house.process("--version")
    assert (done.returncode, done.stdout.count(".")) == (0, 2)
