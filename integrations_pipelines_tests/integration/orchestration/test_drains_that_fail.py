"""A run whose webhooks could not be taken: red, once, with the reason; its events have their next try by themselves."""

import json
from collections.abc import Iterator

import dagster as dg
import psycopg
import pytest

from integrations_pipelines import local
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.orchestration.inbox import DRAIN
from integrations_pipelines.orchestration.launch import Order, execute
from integrations_pipelines.settings import Settings
from integrations_pipelines_tests.http_server import Response, ScriptedServer
from integrations_pipelines_tests.integration.inbox.test_draining import put
from integrations_pipelines_tests.integration.inbox.test_hints import account, zendesk


@pytest.fixture
def hub(settings: Settings, database_url: str) -> Iterator[Hub]:
    with open_hub(settings, database_url) as opened:
        yield opened


def test_a_run_whose_events_wait_for_their_next_try_is_red_and_not_tried_again(
    settings: Settings, hub: Hub, http_server: ScriptedServer
) -> None:
    http_server.handler = lambda _: Response.of_json({"error": "Couldn't authenticate you"}, 401)
    words = {"base_url": http_server.url, "subdomain": "acme", "email": "a@acme.example"}
    desk = account(hub, "zendesk", "api_token", **words)
    put(hub, desk, zendesk("user.name_changed", 1))
    outcome = execute(settings, hub.url, Order(job=DRAIN, system_key=desk.system_key, keys=(), config={}))
    with psycopg.connect(hub.url) as connection:
        events = connection.execute("select state, attempts from integrations.webhook_event").fetchall()
    with local.dagster_instance(settings, hub.url) as instance:
        kinds = {dg.DagsterEventType.STEP_UP_FOR_RETRY}
        again = instance.get_records_for_run(outcome.run_id, of_type=kinds).records
    assert (outcome.status, events, len(again)) == ("failed", [("received", 1)], 0)
    assert "refused" in json.dumps(outcome.error) or "401" in str(outcome.error)
