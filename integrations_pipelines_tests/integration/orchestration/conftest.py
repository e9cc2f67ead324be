"""What the orchestration's tests stand on: a Slack workspace on loopback, and an account of it that can be synced."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from integrations_pipelines import local
from integrations_pipelines.hub import open_hub
from integrations_pipelines.registry.sources import add_source
from integrations_pipelines.settings import Settings, get_settings, read_settings
from integrations_pipelines.vault import SecretValue, set_credential
from integrations_pipelines_tests.databases import copied_database, short_folder
from integrations_pipelines_tests.http_server import ScriptedServer
from integrations_pipelines_tests.integration.orchestration.workspace import CANARY, Workspace

WITH_DAGSTER = "template_with_dagster"


@pytest.fixture(scope="session")
def template_with_dagster(database_server: str) -> str:
    """Return the name of a template that has Dagster's tables too: making them takes seconds."""
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(3)")
        found = connection.execute("select 1 from pg_database where datname = %s", [WITH_DAGSTER]).fetchone()
        if not found:
            with copied_database(database_server) as url:
                make_dagsters_tables(url)
                name = urlsplit(url).path.removeprefix("/")
                connection.execute(f"create database {WITH_DAGSTER} template {name}")
    return WITH_DAGSTER


def make_dagsters_tables(url: str) -> None:
    before = dict(os.environ)
    with short_folder(in_memory=True) as folder:
        local.prepare_dagster(read_settings(database_url=url, state_dir=folder), url)
    os.environ.clear()
    os.environ.update(before)
    get_settings.cache_clear()


@pytest.fixture
def database_url(database_server: str, template_with_dagster: str) -> Iterator[str]:
    with copied_database(database_server, template_with_dagster) as url:
        yield url


@pytest.fixture(autouse=True)
def environment_as_before() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def workspace(http_server: ScriptedServer) -> Workspace:
    workspace = Workspace()
    http_server.handler = workspace.answer
    return workspace


@pytest.fixture
def slack(settings: Settings, database_url: str, http_server: ScriptedServer, workspace: Workspace) -> str:
    """Return the key of a Slack account that the scripted server serves."""
    add_account(settings, database_url, http_server.url, "slack-acme")
    return "slack-acme"


def add_account(settings: Settings, database_url: str, server: str, system_key: str) -> None:
    with open_hub(settings, database_url) as hub, hub.engine.begin() as connection:
        add_source(
            connection, system_key=system_key, system_type="slack", settings={"base_url": f"{server}/api"}
        )
        set_credential(connection, hub.keys, system_key, "token", SecretValue(CANARY))
