"""A hub, a token that may read, and the API over it; changes are made as the registry makes them: by SQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, text

from integrations_pipelines.api.application import rest_application
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.registry import sources
from integrations_pipelines.settings import Settings
from integrations_pipelines.vault.tokens import create_token


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    with open_hub(settings, str(settings.database_url)) as opened:
        with opened.engine.begin() as connection:
            sources.add_source(connection, system_key="crm", system_type="hubspot", settings={})
        yield opened


@dataclass(frozen=True, kw_only=True)
class Api:
    client: TestClient
    headers: dict[str, str]

    def get(self, path: str, status: int = 200, **params: Any) -> Any:
        answer = self.client.get(f"/api/v1{path}", params=params, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def api(hub: Hub) -> Api:
    with hub.engine.begin() as connection:
        scopes = ["changes:read", "entities:read", "record-maps:read"]
        _, token = create_token(connection, hub.keys, label="test", scopes=scopes)
    client = TestClient(rest_application(hub), raise_server_exceptions=False)
    return Api(client=client, headers={"authorization": f"Bearer {token.reveal()}"})


def add_entity(connection: Connection, name: str) -> str:
    """Add an entity and a record that is mapped to it; return its uuid."""
    statement = text(
        'insert into entities.entity (entity_type, founder, "values")'
        " values ('person', 1, jsonb_build_object('name', cast(:name as text))) returning uuid"
    )
    uuid = str(connection.execute(statement, {"name": name}).scalar_one())
    connection.execute(
        text(
            "insert into integrations.record_map (source_system_id, resource, source_record_id, record_id,"
            " target_domain, target_uuid, map_status, decided_by, last_synced_at, content_hash)"
            " select id, 'contacts', :name, 1, 'entities', :uuid, 'mapped', 'created', now(), ''"
            " from integrations.source_system where system_key = 'crm'"
        ),
        {"name": name, "uuid": uuid},
    )
    return uuid


def merge(connection: Connection, alias: str, survivor: str) -> None:
    """Make an entity an alias of another; its records move."""
    values = {"alias": alias, "survivor": survivor}
    connection.execute(text("update entities.entity set merged_into = :survivor where uuid = :alias"), values)
    connection.execute(
        text("update integrations.record_map set target_uuid = :survivor where target_uuid = :alias"), values
    )
