"""An endpoint behind ``require``: who is let in, who gets 401 or 403, and that nobody ever gets a 500."""

import datetime
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import text

from integrations_pipelines.api.access import require
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.settings import Settings
from integrations_pipelines.vault import Granted, SecretValue, create_token, revoke_token

MAY_READ = require("changes:read", system="system_key")


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    with open_hub(settings, str(settings.database_url)) as hub:
        yield hub


@pytest.fixture
def client(hub: Hub) -> TestClient:
    app = FastAPI()
    app.state.hub = hub

    @app.get("/changes/{system_key}")
    def changes(system_key: str, who: Annotated[Granted, Depends(MAY_READ)]) -> dict[str, str]:
        return {"label": who.label}

    return TestClient(app, raise_server_exceptions=False)


def made(hub: Hub, *scopes: str, days: float | None = None) -> SecretValue:
    now = datetime.datetime.now(datetime.UTC)
    ends = None if days is None else now + datetime.timedelta(days=days)
    with hub.engine.begin() as connection:
        return create_token(connection, hub.keys, label="feed", scopes=scopes, expires_at=ends)[1]


def status(client: TestClient, token: str, system_key: str = "crm") -> int:
    return int(client.get(f"/changes/{system_key}", headers={"Authorization": f"Bearer {token}"}).status_code)


@pytest.mark.parametrize("scope", ["changes:read", "admin", "changes:read@crm"])
def test_a_token_with_the_scope_is_let_in(hub: Hub, client: TestClient, scope: str) -> None:
    assert status(client, made(hub, scope, days=1).reveal()) == 200


@pytest.mark.parametrize("scope", ["entities:read", "changes:read@billing", "entities:read@crm"])
def test_a_token_without_the_scope_gets_403(hub: Hub, client: TestClient, scope: str) -> None:
    assert status(client, made(hub, scope).reveal()) == 403


def test_an_expired_token_gets_401(hub: Hub, client: TestClient) -> None:
    assert status(client, made(hub, "changes:read", days=-0.1).reveal()) == 401


def test_a_revoked_token_gets_401_from_the_next_request_on(hub: Hub, client: TestClient) -> None:
    token = made(hub, "changes:read").reveal()
    assert status(client, token) == 200
    with hub.engine.begin() as connection:
        revoke_token(connection, hub.keys, token.split("_")[1])
    assert status(client, token) == 401


def test_every_refusal_of_a_token_reads_the_same(hub: Hub, client: TestClient) -> None:
    expired = made(hub, "changes:read", days=-1).reveal()
    wrong = made(hub, "changes:read").reveal()[:-1] + "~"
    headers: list[dict[str, str]] = [{}, {"Authorization": "Basic eDp5"}]
    headers += [{"Authorization": f"Bearer {token}"} for token in (expired, wrong, "", "ipt_x")]
    answers = {client.get("/changes/crm", headers=one).text for one in headers}
    assert len(answers) == 1


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=st.binary(max_size=300))
def test_whatever_stands_in_the_header_is_refused_and_never_a_500(client: TestClient, header: bytes) -> None:
    clean = header.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
    for value in (clean, b"Bearer " + clean, b"Bearer ipt_0123456789abcdef_" + clean):
        answer = client.get("/changes/crm", headers={b"Authorization": value.strip()})
        assert answer.status_code == 401


def test_of_a_token_only_a_hash_is_kept(hub: Hub) -> None:
    secret = made(hub, "admin").reveal().split("_", 2)[2]
    with hub.engine.connect() as connection:
        kept = connection.execute(text("select t::text from integrations.api_token t")).scalar_one()
        told = connection.execute(text("select string_agg(e::text, '') from integrations.audit_event e"))
        assert secret not in kept + told.scalar_one()


def test_a_database_that_is_away_is_503_and_lets_nobody_in(hub: Hub, client: TestClient) -> None:
    token = made(hub, "admin").reveal()
    with hub.engine.begin() as connection:
        connection.execute(text("alter table integrations.api_token rename to elsewhere"))
    assert status(client, token) == 503
