"""Canary secrets in every kind of credential, syncs that go every way, and one search of every place they write to."""

import base64
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg import sql

from integrations_pipelines.api.application import Application
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.orchestration.launch import run_sync
from integrations_pipelines.registry.grants import lock_grant
from integrations_pipelines.registry.sources import add_source
from integrations_pipelines.settings import Settings, environment_for_children
from integrations_pipelines.vault import SecretValue, Tokens, create_token, set_credential, store_tokens
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.orchestration.workspace import Workspace

# What URLs, JSON, HTML and base64 each write in another way, and headers can carry.
ODD = '/+"&<=%\\'
BEARER, API_TOKEN, CLIENT, ACCESS, REFRESH, SIGNING, OLD = (
    f"c4nary-{name}{ODD}-{number}7"
    for number, name in enumerate(
        ["bearer", "basic", "oauthclient", "oauthaccess", "oauthrefresh", "signing", "former"]
    )
)
CANARIES = (BEARER, API_TOKEN, CLIENT, ACCESS, REFRESH, SIGNING, OLD)


def written(canary: str) -> set[str]:
    """Return the ways in which ``canary`` may stand in a text."""
    raw = canary.encode()
    in_base64 = set()
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw).decode()
        core = whole[-(-8 * shift // 6) : 8 * (shift + len(raw)) // 6]
        in_base64 |= {core, core.replace("+", "-").replace("/", "_")}
    in_json = json.dumps(canary)[1:-1]
    ways = {
        canary,
        quote(canary),
        quote(canary, safe=""),
        quote_plus(canary),
        in_json,
        json.dumps(in_json)[1:-1],
    }
    ways |= {repr(canary)[1:-1], escape(canary), raw.hex(), *in_base64}
    return ways


class ThirdParty:
    """Serves Slack, Jira and HubSpot on one port; each path of trouble says back what it was sent."""

    def __init__(self) -> None:
        self.slack, self.trouble = Workspace(), ""
        self.is_stalled = False

    def answer(self, request: Request) -> Response:
        sent = f"{request.headers.get('authorization', '')} {request.body.decode()} {' '.join(CANARIES)}"
        if request.path == "/token":
            return Response.of_json({"error": "invalid_client", "error_description": sent}, 400)
        if request.path.startswith("/rest") or request.path.startswith("/crm"):
            return Response.of_json({"message": sent, "errorMessages": [sent]}, 400)
        match self.trouble:
            case "refused":
                return Response.of_json({"ok": False, "error": f"invalid_auth {sent}"}, 401)
            case "throttled":
                headers = {"retry-after": "900", "x-you-sent": quote(sent)}
                return Response(status=429, headers=headers, body=sent.encode())
            case "redirected":
                return Response(status=302, headers={"location": f"http://127.0.0.1:9/?token={quote(sent)}"})
            case "no list":
                return Response.of_json({"ok": True, "members": sent, "channels": sent})
            case "stalled":
                self.is_stalled = True
                time.sleep(30)
        return self.slack.answer(request)


@pytest.fixture
def third_party(http_server: ScriptedServer) -> ThirdParty:
    third_party = ThirdParty()
    http_server.handler = third_party.answer
    return third_party


@pytest.fixture
def hub(settings: Settings, database_url: str, http_server: ScriptedServer) -> Iterator[Hub]:
    """Give the hub of three accounts, with a canary in every kind of credential."""
    url = http_server.url
    with open_hub(settings, database_url) as hub:
        with hub.engine.begin() as connection:
            jira = {"site": "x", "email": "bot@acme.example", "base_url": url}
            crm = {"client_id": "c1", "token_url": f"{url}/token", "base_url": url}
            add_source(
                connection, system_key="chat", system_type="slack", settings={"base_url": f"{url}/api"}
            )
            add_source(connection, system_key="work", system_type="jira", settings=jira)
            add_source(connection, system_key="crm", system_type="hubspot", settings=crm)
            held = [("chat", "token", OLD), ("chat", "token", BEARER), ("chat", "signing_secret", SIGNING)]
            held += [("work", "api_token", API_TOKEN), ("crm", "client_secret", CLIENT)]
            for system_key, name, value in held:
                set_credential(connection, hub.keys, system_key, name, SecretValue(value))
            lock_grant(connection, "crm")
            ended = Tokens(
                access=SecretValue(ACCESS), refresh=SecretValue(REFRESH), lifetime_seconds=1, scopes=""
            )
            store_tokens(connection, hub.keys, "crm", "token", ended)
        yield hub


def every_row(url: str) -> str:
    """Return every row of every table of the database: ours, Dagster's, dlt's."""
    with psycopg.connect(url) as connection:
        listed = "select schemaname, tablename from pg_tables where schemaname not like 'pg\\_%'"
        names = connection.execute(f"{listed} and schemaname <> 'information_schema'").fetchall()
        assert {"dagster", "integrations", "staging", "staging_slack"} <= {schema for schema, _ in names}
        queries = [sql.SQL("select t::text from {} t").format(sql.Identifier(*name)) for name in names]
        rows = "\n".join(row[0] for query in queries for row in connection.execute(query))
        # Bytes are shown in hex; what they spell is searched as well.
        landed = connection.execute("select payload from integrations.quarantined_record").fetchall()
    return rows + "\n".join(bytes(one).decode("latin-1") for (one,) in landed if one)


def every_file(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "keys.json"]
    return "\n".join(f"{path}\n{path.read_bytes().decode('latin-1')}" for path in files)


def every_answer(settings: Settings, hub: Hub) -> str:
    """Return what each GET of the API answers to a token that may do everything."""
    with hub.engine.begin() as connection:
        token = create_token(connection, hub.keys, label="all", scopes=["admin"])[1].reveal()
    rest = Application(settings, hub).rest
    paths = [path for path, verbs in rest.openapi()["paths"].items() if "get" in verbs]
    client = TestClient(rest, raise_server_exceptions=False)
    answers = [client.get(path, headers={"Authorization": f"Bearer {token}"}) for path in paths]
    return "\n".join(f"{one.headers} {one.text}" for one in answers)


def killed_in_the_middle(settings: Settings, third_party: ThirdParty) -> str:
    """Run the command as a process of its own, kill it while it waits for an answer, return what it said."""
    here = {
        "DATABASE_URL": str(settings.database_url),
        "INTEGRATIONS_STATE_DIR": str(settings.state_dir),
        "INTEGRATIONS_LOG_LEVEL": "DEBUG",
        "TMPDIR": str(settings.state_dir / "tmp"),
    }
    third_party.trouble = "stalled"
    process = subprocess.Popen(
        [sys.executable, "-m", "integrations_pipelines.cli", "--debug", "sync", "chat"],
        env=environment_for_children(here),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until = time.monotonic() + 120
    while not third_party.is_stalled and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    process.kill()
    said = process.communicate()[0]
    assert third_party.is_stalled, said
    return said


@pytest.mark.slow  # test_no_secret_is_told.py asks the same of fewer ways
@pytest.mark.timeout(900)  # seven runs through Dagster: 40 s, minutes on a busy machine
def test_no_canary_is_told_anywhere_whichever_way_a_sync_goes(
    settings: Settings,
    hub: Hub,
    database_url: str,
    third_party: ThirdParty,
    http_server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (settings.state_dir / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(settings.state_dir / "tmp"))
    caplog.set_level(logging.DEBUG)
    assert run_sync(settings, database_url, "chat").is_green
    crashed = killed_in_the_middle(settings, third_party)
    outcomes = []
    # After "refused" the former token is active, and refused as well; after "throttled" the account's budget is spent.
    for trouble in ("redirected", "no list", "refused", "throttled"):
        third_party.trouble = trouble
        outcomes.append(run_sync(settings, database_url, "chat"))
    outcomes += [run_sync(settings, database_url, key) for key in ("work", "crm")]
    assert [one.status for one in outcomes] == [*["failed"] * 3, "deferred", *["failed"] * 2]

    told = capfd.readouterr()
    everywhere = {
        "database": every_row(database_url),
        "files": every_file(settings.state_dir),
        "terminal": told.out + told.err + crashed,
        "log": caplog.text,
        "outcomes": repr(outcomes),
        "answers of the API": every_answer(settings, hub),
    }
    # The search finds what is there, and the secrets were sent and said back.
    assert "STEP_FAILURE" in everywhere["database"]
    assert "person1@acme.example" in everywhere["database"]
    sent = " ".join(one.headers.get("authorization", "") for one in http_server.requests)
    assert {BEARER in sent, OLD in sent} == {True}
    assert len(caplog.records) > 0
    found = [
        (place, canary[:14], way[:14])
        for place, said in everywhere.items()
        for canary in CANARIES
        for way in written(canary)
        if way in said
    ]
    assert found == []
