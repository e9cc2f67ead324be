"""The API's two halves as the database users that the containers give them: each has what it needs, and no more."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import create_engine

from integrations_pipelines.errors import CredentialError
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.inbox.doors import expect_secret
from integrations_pipelines.registry import urls
from integrations_pipelines.registry.sources import source_of
from integrations_pipelines.settings import Settings, read_settings
from integrations_pipelines.vault import (
    SecretValue,
    create_token,
    credentials_of,
    open_key_ring,
    set_credential,
    take_handed_secret,
)
from integrations_pipelines_tests.databases import database_user
from integrations_pipelines_tests.integration.inbox.house import SECRET, House, github, served

BODY = json.dumps({"action": "opened", "issue": {"id": 1}}).encode()
NEXT = "another-made-up-secret"


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    with open_hub(settings, str(settings.database_url)) as hub:
        yield hub


@contextmanager
def half(settings: Settings, hub: Hub, role: str, only: str) -> Iterator[House]:
    """Give `integrations serve --only` as a user of ``role``; the hub beside it is the owner's."""
    with database_user(hub.url, role) as url:
        mine = read_settings(database_url=url, state_dir=settings.state_dir)
        with served(mine, url, None, "--only", only) as address:
            yield House(hub=hub, address=address)


def test_the_receiver_needs_no_more_than_its_role(settings: Settings, hub: Hub) -> None:
    with half(settings, hub, "integrations_receiver", "webhooks") as house:
        source, headers = house.add(), github(BODY)
        taken = [house.post(source, BODY, one).status_code for one in (headers, headers, github(BODY))]
        assert taken == [202, 200, 200]
        with hub.engine.begin() as connection:
            set_credential(connection, hub.keys, source.system_key, "webhook_secret", SecretValue(NEXT))
        bodies = {secret: BODY + secret.encode() for secret in (SECRET, NEXT, "wrong")}
        answers = [house.post(source, body, github(body, secret=key)) for key, body in bodies.items()]
        assert [one.status_code for one in answers] == [202, 202, 401]
        assert house.client.get(f"{house.address}/api/v1/changes").status_code == 404
        assert counted(house) == 1


def counted(house: House) -> int:
    """Return the refusals in the database, which are written about once a second."""
    until, found = time.monotonic() + 10, 0
    while not found and time.monotonic() < until:
        found = house.rows("select coalesce(sum(refused), 0)::int from integrations.webhook_refusal")[0][0]
    return found


def test_the_rest_of_the_api_runs_as_the_app_and_takes_no_webhooks(settings: Settings, hub: Hub) -> None:
    with half(settings, hub, "integrations_app", "api") as house:
        with hub.engine.begin() as connection:
            token = create_token(connection, hub.keys, label="all", scopes=["admin"])[1].reveal()
        headers = {"Authorization": f"Bearer {token}"}
        uuid = house.add().uuid
        paths = ("/api/v1/changes", f"/api/v1/source-systems/{uuid}/credentials")
        got = [httpx.get(f"{house.address}{path}", headers=headers, timeout=30) for path in paths]
        assert [one.status_code for one in got] == [200, 200]
        assert house.post(str(uuid), BODY, github(BODY)).status_code == 404


def test_the_receiver_writes_a_secret_only_where_one_is_expected_and_once(
    settings: Settings, hub: Hub
) -> None:
    house = House(hub=hub, address="")
    source = house.add()
    with database_user(hub.url, "integrations_receiver") as url:
        engine = create_engine(urls.for_sqlalchemy(url))
        keys = open_key_ring(engine, keys=None, key_file=settings.keys)

        def hand_over(value: str) -> int:
            with engine.begin() as connection:
                words = (source.system_key, "webhook_secret", SecretValue(value))
                return take_handed_secret(connection, keys, *words)

        with pytest.raises(CredentialError, match="no secret is expected"):
            hand_over("forced-on-us")
        with hub.engine.begin() as connection:
            expect_secret(connection, source, minutes=5)
        assert hand_over(NEXT) == 2
        with pytest.raises(CredentialError, match="no secret is expected"):
            hand_over("forced-on-us")
        engine.dispose()
    with hub.engine.begin() as connection:
        live = credentials_of(connection, hub.keys, source.system_key).live_versions("webhook_secret")
        words = source_of(connection, source.system_key).config["webhook"]
    assert [(one.value.reveal(), one.state) for one in live] == [(NEXT, "active"), (SECRET, "retiring")]
    assert words == {}


def test_a_key_that_is_new_is_not_for_the_receiver_to_enter(settings: Settings, database_url: str) -> None:
    with database_user(database_url, "integrations_receiver") as url:
        engine = create_engine(urls.for_sqlalchemy(url))
        with pytest.raises(CredentialError, match="may not enter keys"):
            open_key_ring(engine, keys=None, key_file=settings.keys)
        engine.dispose()
