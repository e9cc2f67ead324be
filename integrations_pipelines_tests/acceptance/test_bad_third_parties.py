"""Whatever a third party does wrong: a red job that says why, or a record in quarantine; nothing is lost."""

from typing import Any

import pytest
from sqlalchemy import text

from integrations_pipelines.errors import (
    BodyRejected,
    CredentialError,
    CursorRepeats,
    ForeignLink,
    IntegrationsError,
    SuspiciousEmptiness,
    TooManyRejected,
)
from integrations_pipelines.hub import Hub
from integrations_pipelines_tests.acceptance.workspaces import TOKEN, Workspaces, connect, member, synced
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer, scripted_server

LAST_JOB = "select status, error_payload from integrations.import_job order by id desc limit 1"
LIVE = "select count(*) from staging.source_record where not is_deleted"
FULL_PASSES = "select count(last_full_at) from integrations.sync_cursor"


def one(hub: Hub, query: str) -> tuple[Any, ...]:
    with hub.engine.connect() as connection:
        return tuple(connection.execute(text(query)).one())


def number(hub: Hub, query: str) -> int:
    (found,) = one(hub, query)
    return int(found)


def third_page(answer: Response) -> Any:
    """Return a handler that serves 60 members, but ``answer`` in place of the third page."""
    whole = Workspaces(members={"acme": [member(n) for n in range(60)]})
    return lambda asked: answer if asked.query.get("cursor") == "40" else whole(asked)


PAGES = [
    (Response(body=b"<html>Bad gateway</html>"), BodyRejected, "no JSON"),
    (Response.of_json({"ok": False, "error": "fatal"}), BodyRejected, "fatal"),
    (Response.of_json({"ok": False, "error": "token_revoked"}), CredentialError, "token_revoked"),
    (Response.of_json({"ok": True}), BodyRejected, "members"),
    (
        Response.of_json({"ok": True, "members": [member(7)], "response_metadata": {"next_cursor": "20"}}),
        CursorRepeats,
        "earlier",
    ),
]


@pytest.mark.parametrize(
    ("answer", "error", "word"), PAGES, ids=["html", "error", "revoked", "no list", "endless"]
)
def test_a_bad_page_ends_the_job_red_and_says_why(
    hub: Hub, http_server: ScriptedServer, answer: Response, error: type[IntegrationsError], word: str
) -> None:
    connect(hub, http_server.url, "acme")
    http_server.handler = third_page(answer)
    pulled = synced(hub, "acme")
    status, payload = one(hub, LAST_JOB)
    assert isinstance(pulled.error, error)
    assert (status, payload["class"]) == ("failed", error.__name__)
    assert word in payload["message"]
    assert TOKEN not in str(payload)


@pytest.mark.parametrize("answer", [answer for answer, *_ in PAGES], ids=[word for *_, word in PAGES])
def test_a_bad_page_loses_nothing_and_moves_no_cursor(
    hub: Hub, http_server: ScriptedServer, answer: Response
) -> None:
    connect(hub, http_server.url, "acme")
    http_server.handler = third_page(answer)
    synced(hub, "acme")
    assert number(hub, FULL_PASSES) == 0
    http_server.handler = Workspaces(members={"acme": [member(n) for n in range(60)]})
    again = synced(hub, "acme")
    assert (again.error, number(hub, LIVE)) == (None, 60)
    assert number(hub, FULL_PASSES) == 1


def test_a_record_without_its_key_is_set_aside_and_the_others_go_on(
    hub: Hub, http_server: ScriptedServer
) -> None:
    members: list[Any] = [member(n) for n in range(10)]
    members[3] = {"name": "nobody", "updated": 1}
    members[5] = "no object at all"
    http_server.handler = Workspaces(members={"acme": members})
    connect(hub, http_server.url, "acme")
    pulled = synced(hub, "acme")
    waiting = "select count(*), count(payload) from integrations.quarantined_record where status = 'waiting'"
    assert pulled.outcomes == {"new": 8, "quarantined": 2}
    assert (pulled.extracted, pulled.is_balanced, pulled.error) == (10, True, None)
    assert one(hub, waiting) == (2, 2)


def test_the_same_bad_record_waits_once_however_often_it_comes(hub: Hub, http_server: ScriptedServer) -> None:
    http_server.handler = Workspaces(members={"acme": [member(1), {"name": "nobody", "updated": 1}]})
    connect(hub, http_server.url, "acme")
    for _ in range(3):
        synced(hub, "acme")
    found = one(hub, "select count(*), max(attempts) from integrations.quarantined_record")
    assert found == (1, 3)


def test_a_listing_of_bad_records_alone_is_accounted_for(hub: Hub, http_server: ScriptedServer) -> None:
    http_server.handler = Workspaces(members={"acme": [{"name": "nobody", "updated": 1}]})
    connect(hub, http_server.url, "acme")
    pulled = synced(hub, "acme")
    assert (pulled.outcomes, pulled.is_balanced) == ({"quarantined": 1}, True)
    assert one(hub, "select distinct status, outcomes from integrations.landing") == (
        "applied",
        {"quarantined": 1},
    )


def test_too_many_bad_records_end_the_job_red_and_none_is_lost(hub: Hub, http_server: ScriptedServer) -> None:
    members: list[Any] = [member(n) for n in range(50)] + [{"nobody": n} for n in range(50)]
    http_server.handler = Workspaces(members={"acme": members})
    connect(hub, http_server.url, "acme")
    pulled = synced(hub, "acme")
    assert isinstance(pulled.error, TooManyRejected)
    assert number(hub, "select count(*) from integrations.quarantined_record") == 50
    assert number(hub, LIVE) == 50


def test_an_empty_listing_after_a_full_one_deletes_nothing(
    hub: Hub, http_server: ScriptedServer, slack: Workspaces
) -> None:
    connect(hub, http_server.url, "acme")
    slack.members = {"acme": [member(n) for n in range(5)]}
    synced(hub, "acme")
    slack.members = {"acme": []}
    pulled = synced(hub, "acme")
    status, payload = one(hub, LAST_JOB)
    assert isinstance(pulled.error, SuspiciousEmptiness)
    assert (status, payload["class"]) == ("failed", "SuspiciousEmptiness")
    assert number(hub, LIVE) == 5


def test_a_link_to_another_host_gets_no_token(hub: Hub, http_server: ScriptedServer) -> None:
    connect(hub, http_server.url, "hub", system_type="github", org="acme")
    with scripted_server(lambda _: Response.of_json([])) as foreign:
        link = f'<{foreign.url}/orgs/acme/members?page=2>; rel="next"'

        def answer(_: Request) -> Response:
            return Response.of_json([{"id": 1, "login": "ann", "type": "User"}], Link=link)

        http_server.handler = answer
        pulled = synced(hub, "hub", "members")
        asked_there = foreign.requests
    status, payload = one(hub, LAST_JOB)
    assert isinstance(pulled.error, ForeignLink)
    assert (status, payload["class"]) == ("failed", "ForeignLink")
    assert asked_there == []
    assert TOKEN in http_server.requests[0].headers["authorization"]
