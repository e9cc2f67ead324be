"""An account connected by OAuth2 over HTTP, against an authorisation server that checks PKCE."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import requests
from fastapi.testclient import TestClient
from httpx import Response as Answer
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import text

from integrations_pipelines.api.application import rest_application
from integrations_pipelines.hub import Hub, account_of, open_hub
from integrations_pipelines.registry.sources import Source, add_source, source_of
from integrations_pipelines.settings import Settings
from integrations_pipelines.vault import (
    SecretValue,
    add_key,
    create_token,
    remove_key,
    retire,
    set_credential,
)
from integrations_pipelines_tests.http_server import Response, ScriptedServer
from integrations_pipelines_tests.integration.orchestration.test_canaries import written
from integrations_pipelines_tests.integration.vault.token_server import TokenServer

BASE = "https://hub.example.com"


@dataclass(frozen=True, kw_only=True)
class House:
    """Two API processes on one database, each with a hub of its own, and a token that may connect accounts."""

    hubs: tuple[Hub, ...]
    clients: tuple[TestClient, ...]
    source: Source
    token: str

    @property
    def path(self) -> str:
        return f"/api/v1/source-systems/{self.source.uuid}/credentials"

    def ask(self, name: str = "token", token: str | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        answer: Answer = self.clients[0].post(f"{self.path}/{name}/authorization", headers=headers)
        return answer

    def consented(self) -> str:
        """Ask, have the person consent, and return path and query that the browser is sent back to."""
        sent = requests.get(self.ask().json()["authorization_url"], allow_redirects=False, timeout=30)
        assert sent.headers["location"].startswith(f"{BASE}/oauth/callback?")
        return sent.headers["location"].removeprefix(BASE)

    def answer(self, back: str) -> Answer:
        """Send the browser to the other process."""
        answer: Answer = self.clients[1].get(back)
        return answer

    def standing(self) -> dict[str, Any]:
        answer = self.clients[1].get(self.path, headers={"Authorization": f"Bearer {self.token}"})
        standing: dict[str, Any] = answer.json()
        return standing


@pytest.fixture
def server(http_server: ScriptedServer) -> TokenServer:
    server = TokenServer()
    http_server.handler = server.answer
    return server


@pytest.fixture
def house(settings: Settings, http_server: ScriptedServer, server: TokenServer) -> Iterator[House]:
    url = http_server.url
    words = {"client_id": "c1", "token_url": f"{url}/token", "authorize_url": f"{url}/authorize"}
    with ExitStack() as stack:
        hubs = tuple(stack.enter_context(open_hub(settings, str(settings.database_url))) for _ in range(2))
        rests = [rest_application(hub, base_url=BASE) for hub in hubs]
        clients = tuple(TestClient(rest, raise_server_exceptions=False) for rest in rests)
        with hubs[0].engine.begin() as connection:
            source = add_source(
                connection, system_key="crm", system_type="hubspot", settings={**words, "base_url": url}
            )
            add_source(connection, system_key="crm-2", system_type="hubspot", settings=words)
            set_credential(
                connection, hubs[0].keys, "crm", "client_secret", SecretValue("client-secret-value")
            )
            token = made(connection, hubs[0], "credentials:write", "status:read")
        yield House(hubs=hubs, clients=clients, source=source, token=token)


def made(connection: Any, hub: Hub, *scopes: str) -> str:
    return create_token(connection, hub.keys, label="t", scopes=scopes)[1].reveal()


def test_an_account_is_connected_by_another_process_than_the_one_that_was_asked(
    house: House, server: TokenServer
) -> None:
    assert house.standing()["oauth"] is None
    answer = house.answer(house.consented())
    assert (answer.status_code, "crm is connected" in answer.text) == (200, True)
    assert house.standing()["oauth"] == {"status": "connected", "reason": ""}
    account = account_of(house.hubs[0], house.source)
    assert account.credentials.reveal("token") == server.access


def test_every_step_stands_in_the_audit_chain_under_the_token_that_asked(house: House) -> None:
    house.answer(house.consented())
    with house.hubs[0].engine.connect() as connection:
        told = connection.execute(
            text("select action, actor from integrations.audit_event where action like 'oauth.%' order by 1")
        )
        steps = {one.action: one.actor for one in told}
    assert set(steps) == {"oauth.ask", "oauth.connect", "oauth.refresh"}
    assert {actor.partition(":")[0] for actor in steps.values()} == {"api"}


def test_an_answer_is_good_once(house: House, server: TokenServer) -> None:
    back = house.consented()
    answers = [house.answer(back).status_code for _ in range(3)]
    assert (answers, server.number) == ([200, 400, 400], 1)


def test_an_answer_that_comes_too_late_is_400(house: House, server: TokenServer) -> None:
    back = house.consented()
    execute(house, "update integrations.oauth_consent set expires_at = now()")
    assert (house.answer(back).status_code, server.number) == (400, 0)


def test_a_request_that_was_moved_to_another_account_is_400(house: House, server: TokenServer) -> None:
    back = house.consented()
    other = "(select id from integrations.source_system where system_key = 'crm-2')"
    execute(house, f"update integrations.oauth_consent set source_system_id = {other}")
    assert (house.answer(back).status_code, server.number) == (400, 0)


def test_a_key_that_was_retired_meanwhile_is_400(
    house: House, settings: Settings, server: TokenServer
) -> None:
    back = house.consented()
    with open_hub(settings, house.hubs[0].url) as hub, hub.engine.begin() as connection:
        old = hub.keys.current_id()
        connection.execute(text("delete from integrations.secret_version"))
        add_key(settings.keys)
        retire(connection, hub.keys, old)
        remove_key(settings.keys, old)
    assert (house.answer(back).status_code, server.number) == (400, 0)


@pytest.mark.parametrize("code", ["", "&code=stolen", "&code=%00%ff"])
def test_another_code_connects_nothing_and_spends_the_state(
    house: House, server: TokenServer, code: str
) -> None:
    back = house.consented()
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert house.answer(f"/oauth/callback?state={state}{code}").status_code == 400
    assert (server.number, house.standing()["oauth"]) == (0, None)


def test_a_person_who_refuses_is_told_so(house: House, server: TokenServer) -> None:
    server.is_refused = True
    answer = house.answer(house.consented())
    assert (answer.status_code, "access was not granted (access_denied)" in answer.text) == (400, True)


@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.dictionaries(st.sampled_from(["state", "code", "error", "iss"]), st.text(max_size=80)))
def test_whatever_a_browser_brings_is_400_and_never_a_500(house: House, words: dict[str, str]) -> None:
    answer = house.clients[1].get("/oauth/callback", params=_encodable(words))
    assert answer.status_code == 400


def test_a_token_endpoint_that_is_away_is_503(house: House, http_server: ScriptedServer) -> None:
    back = house.consented()
    http_server.handler = lambda _: Response(status=502)
    assert house.answer(back).status_code == 503


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("credentials:write@crm", 201),
        ("credentials:write@crm-2", 403),
    ],
)
def test_asking_needs_the_scope(house: House, scope: str, status: int) -> None:
    with house.hubs[0].engine.begin() as connection:
        token = made(connection, house.hubs[0], scope)
    assert house.ask(token=token).status_code == status


def test_without_a_token_nobody_learns_which_accounts_there_are(house: House) -> None:
    paths = [house.path, house.path.replace(str(house.source.uuid), "0" * 8 + "-0000-7000-8000-" + "0" * 12)]
    assert {house.clients[0].get(path).status_code for path in paths} == {401}
    with house.hubs[0].engine.begin() as connection:
        token = made(connection, house.hubs[0], "entities:read")
    headers = {"Authorization": f"Bearer {token}"}
    assert {house.clients[0].get(path, headers=headers).status_code for path in paths} == {403}


def test_a_credential_that_is_not_got_by_oauth_is_404(house: House) -> None:
    assert house.ask("client_secret").status_code == 404


def test_a_base_that_no_browser_reaches_is_said(house: House, settings: Settings) -> None:
    client = TestClient(rest_application(house.hubs[0]), raise_server_exceptions=False)
    headers = {"Authorization": f"Bearer {house.token}"}
    answer = client.post(f"{house.path}/token/authorization", headers=headers)
    assert (answer.status_code, "INTEGRATIONS_PUBLIC_URL" in answer.json()["detail"]) == (409, True)


def test_an_account_that_needs_no_person_is_connected_at_once(house: House, server: TokenServer) -> None:
    with house.hubs[0].engine.begin() as connection:
        url = source_of(connection, "crm").settings["token_url"]
        words = {"tenant": "acme", "client_id": "c1", "token_url": url, "grant": "client_credentials"}
        source = add_source(connection, system_key="dir", system_type="msgraph", settings=words)
        set_credential(
            connection, house.hubs[0].keys, "dir", "client_secret", SecretValue("client-secret-value")
        )
        token = made(connection, house.hubs[0], "credentials:write@dir")
    answer = house.clients[0].post(
        f"/api/v1/source-systems/{source.uuid}/credentials/token/authorization",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.json()["status"], server.number) == (201, "connected", 1)


def test_state_verifier_code_and_tokens_are_told_nowhere(
    house: House, server: TokenServer, http_server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    back = house.consented()
    state = parse_qs(urlsplit(back).query)["state"][0]
    while_open = every_row(house.hubs[0].url)
    answers = [house.answer(back), house.answer(back), house.answer(f"{back}x")]
    form = next(parse_qs(one.body.decode()) for one in http_server.requests if one.path == "/token")
    secrets = [state, form["code_verifier"][0], server.code, server.access, server.refresh]
    told = "\n".join(f"{one.headers} {one.text}" for one in answers)
    logged = "\n".join(one.getMessage() for one in caplog.records if one.name.startswith("integrations"))
    everywhere = while_open + every_row(house.hubs[0].url) + told + logged + repr(house.standing())
    assert [one[:12] for one in secrets for way in written(one) if way in everywhere] == []
    assert "refused" in logged
    assert {one.headers["referrer-policy"] for one in answers} == {"no-referrer"}


def every_row(url: str) -> str:
    with psycopg.connect(url) as connection:
        listed = "select tablename from pg_tables where schemaname = 'integrations'"
        names = [name for (name,) in connection.execute(listed)]
        queries = [f"select t::text from integrations.{name} t".encode() for name in names]
        return "\n".join(str(row[0]) for query in queries for row in connection.execute(query))


def execute(house: House, statement: str) -> None:
    with house.hubs[0].engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount == 1


def _encodable(words: dict[str, str]) -> dict[str, str]:
    return {name: word.encode("utf-8", "replace").decode() for name, word in words.items()}
