"""The whole house: code server, webserver and daemon, and an account that is added while they run."""

import psycopg

from integrations_pipelines import local
from integrations_pipelines.orchestration import services
from integrations_pipelines.orchestration.launch import sync_source
from integrations_pipelines.settings import Settings
from integrations_pipelines_tests.http_server import ScriptedServer
from integrations_pipelines_tests.integration.orchestration.conftest import add_account
from integrations_pipelines_tests.integration.orchestration.workspace import Workspace


def test_a_source_added_while_the_services_run_is_syncable_without_a_reload(
    settings: Settings, database_url: str, http_server: ScriptedServer, workspace: Workspace
) -> None:
    house = settings.model_copy(update={"dagster_port": local.free_port(), "api_port": local.free_port()})
    assert not services.is_up(house)
    with local.whole_house(house) as (url, _):
        assert services.is_up(house)
        add_account(house, database_url, http_server.url, "slack-new")
        outcome = sync_source(house, url, "slack-new")
    assert outcome.is_green, outcome
    with psycopg.connect(database_url) as connection:
        found = connection.execute("select count(*) from integrations.record_map").fetchone()
    assert found == (8,)
