"""Webhook events that were given up, tried again by hand; and what `status` says of what webhooks missed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from integrations_pipelines.cli import app
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.settings import Settings
from integrations_pipelines_tests.http_server import ScriptedServer
from integrations_pipelines_tests.integration.inbox.house import add_account, member_changed
from integrations_pipelines_tests.integration.inbox.test_draining import drained, put, rows
from integrations_pipelines_tests.integration.inbox.test_missed import START, Slack, connect, polled

ASIDE = "select status, count(*) from integrations.quarantined_record group by 1 order by 1"
STATES = "select state, count(*) from integrations.webhook_event group by 1 order by 1"


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    with open_hub(settings, str(settings.database_url)) as hub:
        yield hub


def run(hub: Hub, *words: str) -> Result:
    assert hub.anchor is not None
    here = {"DATABASE_URL": hub.url, "INTEGRATIONS_STATE_DIR": str(hub.anchor.parent)}
    return CliRunner().invoke(app, [*words, "--json"], env=here)


def said(hub: Hub, *words: str) -> Any:
    result = run(hub, *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_event_that_could_not_be_read_is_read_once_more_and_counted_once(hub: Hub) -> None:
    source = add_account(hub, "slack")
    put(hub, source, b"not json at all", b"[not json either")
    drained(hub, source)
    uuids = [one["uuid"] for one in said(hub, "quarantine", "list")["quarantined"]]
    assert said(hub, "quarantine", "retry", uuids[0])["back_in_the_inbox"] is True
    assert (rows(hub, STATES), rows(hub, ASIDE)) == (
        [("dead", 1), ("received", 1)],
        [("resolved", 1), ("waiting", 1)],
    )
    assert drained(hub, source).events["dead"] == 1
    assert (rows(hub, STATES), rows(hub, ASIDE)) == ([("dead", 2)], [("resolved", 1), ("waiting", 2)])


def test_a_long_event_that_could_not_be_read_is_found_again(hub: Hub) -> None:
    source = add_account(hub, "slack")
    put(hub, source, b"not json at all, " * 1_000)
    size = "select unpacked_size is null from integrations.webhook_event"
    assert rows(hub, size) == [(False,)]
    drained(hub, source)
    (one,) = said(hub, "quarantine", "list")["quarantined"]
    assert said(hub, "quarantine", "retry", one["uuid"])["back_in_the_inbox"] is True
    assert rows(hub, size) == [(True,)]


def test_what_was_given_up_because_nobody_answered_goes_through_when_it_is_tried_again(hub: Hub) -> None:
    source, other = add_account(hub, "slack"), add_account(hub, "slack")
    for one in (source, other):
        put(hub, one, member_changed(1, 5))
    with hub.engine.begin() as connection:
        connection.execute(text("update integrations.webhook_event set state = 'dead', attempts = 99"))
    run(hub, "quarantine", "retry", "--system", source.system_key)
    assert rows(hub, STATES) == [("dead", 1), ("received", 1)]
    assert drained(hub, source).pulled["users"].outcomes == {"new": 1}


def test_an_event_that_is_kept_no_more_is_said_so(hub: Hub) -> None:
    source = add_account(hub, "slack")
    put(hub, source, b"not json at all")
    drained(hub, source)
    with hub.engine.begin() as connection:
        connection.execute(text("delete from integrations.webhook_event"))
    (one,) = said(hub, "quarantine", "list")["quarantined"]
    result = run(hub, "quarantine", "retry", one["uuid"])
    assert (result.exit_code, "kept no more" in result.stderr) == (2, True)
    assert rows(hub, ASIDE) == [("waiting", 1)]


def test_status_tells_what_webhooks_missed_and_how_often_is_polled_for_that(
    hub: Hub, http_server: ScriptedServer
) -> None:
    slack = Slack(http_server, 20)
    source = connect(hub, http_server)
    polled(hub, source)
    for number in range(3):
        slack.change(number, START + 10)
    polled(hub, source)
    (one,) = said(hub, "status")["missed_events"]
    assert (one["system_key"], one["resource"], one["lost"], one["late"]) == (
        source.system_key,
        "users",
        3,
        0,
    )
    assert one["poll_seconds"] == 900
