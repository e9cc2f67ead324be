"""The whole house: code server, webserver and daemon, and an account that is added while they run."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from integrations_pipelines import local
from integrations_pipelines.hub import open_hub
from integrations_pipelines.orchestration import services
from integrations_pipelines.orchestration.launch import sync_source
from integrations_pipelines.registry.sources import add_source
from integrations_pipelines.settings import Settings, environment_for_children, get_settings
from integrations_pipelines_tests.http_server import ScriptedServer
from integrations_pipelines_tests.integration.orchestration.conftest import add_account
from integrations_pipelines_tests.integration.orchestration.workspace import Workspace

MANIFEST = """
system_type: shelf
title: Shelf
base_url: "https://{host}"
settings: {host: "Where it is"}
resources:
  staff:
    entity_type: person
    request: /api/users.list
    records: members
    key: id
    attributes: {name: profile.real_name, email: profile.email}
"""


@pytest.fixture
def connectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the folder of manifests, empty, for this process and those that it starts."""
    folder = tmp_path / "connectors"
    folder.mkdir()
    monkeypatch.setenv("INTEGRATIONS_CONNECTORS", str(folder))
    get_settings.cache_clear()
    yield folder
    get_settings.cache_clear()


def synced_by_command(house: Settings, url: str, key: str) -> "subprocess.CompletedProcess[str]":
    """Run `integrations sync` as a process of its own: it reads the manifests that are there by then."""
    more = {
        "DATABASE_URL": url,
        "INTEGRATIONS_STATE_DIR": str(house.state_dir),
        "INTEGRATIONS_DAGSTER_PORT": str(house.dagster_port),
        "INTEGRATIONS_API_PORT": str(house.api_port),
    }
    return subprocess.run(
        [sys.executable, "-m", "integrations_pipelines.cli", "sync", key],
        env=environment_for_children(more),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_a_source_added_while_the_services_run_is_syncable_without_a_reload(
    settings: Settings,
    database_url: str,
    http_server: ScriptedServer,
    workspace: Workspace,
    connectors: Path,
) -> None:
    house = settings.model_copy(update={"dagster_port": local.free_port(), "api_port": local.free_port()})
    assert not services.is_up(house)
    with local.whole_house(house) as (url, _):
        assert services.is_up(house)
        add_account(house, database_url, http_server.url, "slack-new")
        outcome = sync_source(house, url, "slack-new")
        # A type that came after the services: they do not know it, and this process does.
        (connectors / "shelf.yaml").write_text(MANIFEST)
        with open_hub(house, database_url) as hub, hub.engine.begin() as connection:
            at = {"host": "x", "base_url": http_server.url}
            add_source(connection, system_key="shelf-new", system_type="shelf", settings=at)
        later = synced_by_command(house, database_url, "shelf-new")
    assert outcome.is_green, outcome
    assert later.returncode == 0, later.stderr
    with psycopg.connect(database_url) as connection:
        found = connection.execute("select count(*) from integrations.record_map").fetchone()
    assert found == (13,)
