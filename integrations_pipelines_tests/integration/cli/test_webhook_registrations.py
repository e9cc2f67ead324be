"""Webhooks set up at third parties that keep them as GitHub, Stripe and Jira do: made, repaired, renewed, removed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from integrations_pipelines.settings import get_settings
from integrations_pipelines.vault import credentials_of
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.cli.conftest import House
from integrations_pipelines_tests.integration.cli.webhook_keeper import CREDENTIALS, SETTINGS, TOLD, Keeper

URL = "https://hub.example.com"


@pytest.fixture(params=["github", "stripe", "jira"])
def keeper(request: pytest.FixtureRequest, house: House, http_server: ScriptedServer) -> Keeper:
    """Give a third party with the source system ``them`` connected to it."""
    return connected(house, http_server, request.param)


@pytest.fixture
def github(house: House, http_server: ScriptedServer) -> Keeper:
    return connected(house, http_server, "github")


def connected(house: House, http_server: ScriptedServer, kind: str) -> Keeper:
    keeper = Keeper(kind)
    http_server.handler = keeper.answer
    words = [word for one in [*SETTINGS[kind], f"base_url={http_server.url}"] for word in ("--set", one)]
    house.json("source", "add", "them", "--type", kind, *words)
    house.json("credential", "set", "them", CREDENTIALS[kind], stdin="good")
    return keeper


def said(house: House, *words: str, code: int = 0) -> Any:
    """Run `integrations webhook ... --json`; return what it prints."""
    result = house.run("webhook", *words, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def sealed(house: House) -> str:
    with house.hub.engine.begin() as connection:
        return credentials_of(connection, house.hub.keys, "them").reveal("webhook_secret")


def test_a_webhook_is_made_once_with_a_secret_that_is_sealed_here_and_shown_nowhere(
    house: House, keeper: Keeper, http_server: ScriptedServer
) -> None:
    missing = said(house, "verify", "them", "--url", URL, code=1)
    assert list(missing["off"]) == ["missing"]
    result = house.run("webhook", "register", "them", "--url", URL)
    assert result.exit_code == 0, result.output
    path = house.json("webhook", "show", "them")["url_path"]
    assert URL + path in json.dumps(keeper.only())
    assert sealed(house) == keeper.only_secret()
    assert keeper.only_secret() not in result.output
    again = said(house, "register", "them", "--url", URL)
    assert (again["did"], again["is_right"]) == ([], True)
    assert {one.method for one in http_server.requests[-2:]} == {"GET"}
    assert said(house, "verify", "them", "--url", URL)["off"] == {}
    assert keeper.only_secret() not in json.dumps(said(house, "list", "them"))
    assert said(house, "unregister", "them")["removed"] == 1
    assert keeper.hooks == {}
    assert said(house, "unregister", "them")["removed"] == 0


def test_what_somebody_changed_at_the_third_party_is_named_and_put_right(
    house: House, keeper: Keeper
) -> None:
    said(house, "register", "them", "--url", URL)
    hook = keeper.only()
    kept, hook[TOLD[keeper.kind]] = hook[TOLD[keeper.kind]][1:], ["something_else"]
    for name, value in {"active": False, "enabled": False, "status": "disabled"}.items():
        if name in hook:
            hook[name] = value
    found = said(house, "verify", "them", "--url", URL, code=1)
    assert set(found["off"]) == {"inactive", "events"}
    assert kept[0] in found["off"]["events"]
    # The hub has moved meanwhile: the webhook is still ours, and leads to where nobody is.
    moved = said(house, "verify", "them", "--url", "https://new.example.com", code=1)
    assert set(moved["off"]) == {"inactive", "events", "address"}
    assert said(house, "register", "them", "--url", "https://new.example.com")["did"] == ["repaired"]
    assert {*kept, "something_else"} <= {*keeper.only()[TOLD[keeper.kind]]}
    assert "https://new.example.com/webhooks/" in json.dumps(keeper.only())
    assert sealed(house) == keeper.only_secret()


def test_a_second_one_is_removed_and_those_of_others_stay(house: House, github: Keeper) -> None:
    said(house, "register", "them", "--url", URL)
    github.hooks["8"] = json.loads(json.dumps(github.only()))
    github.hooks["9"] = {"events": ["push"], "active": True, "config": {"url": "https://other.example/hook"}}
    assert list(said(house, "verify", "them", "--url", URL, code=1)["off"]) == ["surplus"]
    assert said(house, "register", "them", "--url", URL)["did"] == ["removed a second one"]
    assert set(github.hooks) == {"71", "9"}
    assert said(house, "unregister", "them")["removed"] == 1
    assert set(github.hooks) == {"9"}


def test_a_secret_that_changed_here_is_sent_again_and_a_new_one_can_be_asked_for(
    house: House, github: Keeper
) -> None:
    said(house, "register", "them", "--url", URL)
    house.json("credential", "set", "them", "webhook_secret", stdin="typed in by hand")
    assert list(said(house, "verify", "them", "--url", URL, code=1)["off"]) == ["secret"]
    assert said(house, "register", "them", "--url", URL)["did"] == ["repaired"]
    assert github.only_secret() == "typed in by hand"
    assert said(house, "register", "them", "--url", URL, "--new-secret")["did"] == ["repaired"]
    assert github.only_secret() == sealed(house) != "typed in by hand"


def test_a_secret_is_sealed_before_it_is_sent(
    house: House, github: Keeper, http_server: ScriptedServer
) -> None:
    """The third party fails at the very moment: what it may have got is here, and is what it gets the next time."""
    seen: list[tuple[str, str]] = []

    def fails_once(request: Request) -> Response:
        if request.method == "POST" and not seen:
            seen.append((request.json()["config"]["secret"], sealed(house)))
            return Response.of_json({"message": f"no: {request.json()['config']['secret']}"}, status=422)
        return github.answer(request)

    http_server.handler = fails_once
    result = house.run("webhook", "register", "them", "--url", URL)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert seen[0][0] == seen[0][1]
    assert seen[0][0] not in result.output
    said(house, "register", "them", "--url", URL)
    assert github.only_secret() == seen[0][0]


def test_one_whose_secret_was_never_seen_here_is_replaced(house: House, http_server: ScriptedServer) -> None:
    """The process died between Stripe's answer and our sealing: that secret is shown to nobody again."""
    stripe = connected(house, http_server, "stripe")
    path = house.json("webhook", "show", "them")["url_path"]
    stripe.hooks["we_1"] = {"url": URL + path, "enabled_events": ["*"], "status": "enabled"}
    assert list(said(house, "verify", "them", "--url", URL, code=1)["off"]) == ["secret"]
    assert said(house, "register", "them", "--url", URL)["did"] == ["replaced"]
    assert set(stripe.hooks) == {"we_71"}
    assert sealed(house) == stripe.only_secret()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["register", "them"], "INTEGRATIONS_PUBLIC_URL"),
        (["register", "them", "--url", "http://hub.example.com"], "https://"),
        (["verify", "them", "--url", "hub.example.com"], "https://"),
        (["register", "crm", "--url", URL], "by hand"),
        (["list", "nobody"], "nobody"),
    ],
)
def test_bad_words_are_one_line_and_exit_2(house: House, github: Keeper, words: list[str], told: str) -> None:
    house.json("source", "add", "crm", "--type", "hubspot")
    result = house.run("webhook", *words)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1), result.output
    assert told in result.stderr
    assert github.hooks == {}


def test_bad_credentials_and_a_missing_right_say_what_to_do(
    house: House, github: Keeper, http_server: ScriptedServer
) -> None:
    http_server.handler = lambda _: Response.of_json({"message": "Not Found"}, status=404)
    lacking = house.run("webhook", "register", "them", "--url", URL)
    assert lacking.exit_code == 2
    assert "admin:org_hook" in lacking.stderr
    http_server.handler = lambda _: Response.of_json({"message": "Bad credentials"}, status=401)
    refused = house.run("webhook", "verify", "them", "--url", URL)
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (2, 1)
    assert "401" in refused.stderr


MANIFEST = """
system_type: lent
title: Lent
base_url: https://lent.example
auth: {type: bearer, credential: token}
probe: /me
resources:
  people:
    entity_type: person
    request: /people
    single: /people/{id}
    key: id
    attributes: {name: name}
webhooks:
  scheme: {type: signature, at: {header: x-lent-signature}}
  type: [{body: event}]
  events:
    - {types: ["people.*"], resource: people, id: [person.id]}
  registration:
    events: [people.changed]
    listing: /subscriptions
    hooks: value
    create: {path: /subscriptions, method: POST, json: {url: "{url}", events: "{events}", key: "{secret}"}}
    renew: {path: "/subscriptions/{id}/renew", method: POST, json: {ids: ["{id}"]}}
    delete: {path: "/subscriptions/{id}", method: DELETE}
    expires: ends
    renew_before: 3d
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the folder of manifests that this process uses, still empty."""
    path = tmp_path / "own"
    path.mkdir()
    monkeypatch.setenv("INTEGRATIONS_CONNECTORS", str(path))
    get_settings.cache_clear()
    yield path
    monkeypatch.undo()
    get_settings.cache_clear()


def test_a_manifest_can_say_it_and_one_that_is_about_to_end_is_renewed(
    house: House, folder: Path, http_server: ScriptedServer
) -> None:
    (folder / "lent.yaml").write_text(MANIFEST)
    kept: list[dict[str, Any]] = []
    now = datetime.now(UTC)

    def answer(request: Request) -> Response:
        if request.method == "GET":
            return Response.of_json({"value": kept})
        if request.path == "/subscriptions":
            word = request.json()
            told = {"id": 5, "url": word["url"], "events": word["events"]}
            kept.append({**told, "id": 5 + len(kept), "ends": (now + timedelta(days=30)).isoformat()})
        elif request.path == "/subscriptions/5/renew" and request.json() == {"ids": [5]}:
            kept[0]["ends"] = (now + timedelta(days=30)).isoformat()
        elif request.method == "DELETE":
            kept[:] = [one for one in kept if request.path != f"/subscriptions/{one['id']}"]
        return Response.of_json(kept[-1] if kept else {})

    http_server.handler = answer
    house.json("source", "add", "them", "--type", "lent", "--set", f"base_url={http_server.url}")
    house.json("credential", "set", "them", "token", stdin="good")
    assert said(house, "register", "them", "--url", URL)["did"] == ["created"]
    for ends, told in ((timedelta(days=2), "it expires"), (timedelta(days=-1), "it has expired")):
        kept[0]["ends"] = (now + ends).isoformat()
        assert told in said(house, "verify", "them", "--url", URL, code=1)["off"]["expires"]
        assert said(house, "register", "them", "--url", URL)["did"] == ["renewed"]
    # It cannot be changed, so one that lacks an event is made anew, and then the old one removed.
    kept[0] |= {"events": [], "ends": now.isoformat()}
    assert said(house, "register", "them", "--url", URL)["did"] == ["replaced"]
    assert [one["id"] for one in kept] == [6]
    assert said(house, "unregister", "them")["removed"] == 1
    assert kept == []
