"""Replay: nothing changes where nothing has to, and exactly what was wrong where a mapping was mended."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from integrations_pipelines import hub as hubs
from integrations_pipelines import replay, sync
from integrations_pipelines.catalog import connector_of
from integrations_pipelines.contract import Connector
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.registry import sources
from integrations_pipelines.registry.replaying import Selection
from integrations_pipelines.settings import Settings
from integrations_pipelines_tests.integration.replay.pictures import picture

PEOPLE = {"entity_type": "person", "columns": {"name": "name", "email": "email"}, "key": "id"}


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    with open_hub(settings, str(settings.database_url)) as opened:
        yield opened


def remember(hub: Hub, key: str, resource: str, reading: dict[str, Any]) -> None:
    source = sync.file_system(hub, key)
    with hub.engine.begin() as connection:
        sources.remember_file(connection, source, resource, reading)


def take(hub: Hub, folder: Path, key: str, resource: str, records: list[dict[str, Any]]) -> sync.Pulled:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    with sync.running_job(hub, key, job_type="file") as job:
        pulled = sync.import_file(hub, job, path, resource)
        sync.close(hub, job, [pulled])
    sync.resolve(hub)
    return pulled


def replayed(hub: Hub, key: str, selection: Selection | None = None) -> list[sync.Pulled]:
    with sync.running_job(hub, key, job_type="replay") as job:
        pulled = list(replay.replay_all(hub, job, selection or Selection()))
        sync.close(hub, job, pulled)
    sync.resolve(hub)
    assert all(one.is_balanced and one.error is None for one in pulled)
    return pulled


def person(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"p{number}", "name": f"Person {number}", "email": f"p{number}@example.org", **more}


@pytest.fixture
def people(hub: Hub, tmp_path: Path) -> Hub:
    remember(hub, "crm", "people", PEOPLE)
    take(hub, tmp_path, "crm", "people", [person(n) for n in range(40)])
    take(hub, tmp_path, "crm", "people", [person(n, name=f"Renamed {n}") for n in range(10)])
    take(hub, tmp_path, "crm", "people", [person(n) for n in range(50)])
    return hub


def dump(hub: Hub) -> bytes:
    with hub.engine.begin() as connection:
        return picture(connection)


def test_replay_of_every_job_changes_nothing(people: Hub) -> None:
    before = dump(people)
    (pulled,) = replayed(people, "crm")
    assert dump(people) == before
    assert set(pulled.outcomes) <= {"unchanged", "stale"}
    assert pulled.extracted == 70  # 40 landed, 10 changed, 20 of the last 50 said something new


def test_after_a_mended_mapping_replay_repairs_exactly_the_wrong_values(
    hub: Hub, tmp_path: Path, people: Hub
) -> None:
    rows = [person(n, phone_no="+49 30 12345" + str(n)) if n % 2 else person(n) for n in range(20)]
    take(hub, tmp_path, "crm", "people", rows)
    untouched = dump(hub)
    mended = {**PEOPLE, "columns": {"name": "name", "email": "email", "phone_no": "phone"}}
    remember(hub, "crm", "people", mended)
    (pulled,) = replayed(hub, "crm")
    assert pulled.outcomes["changed"] == 10
    with hub.engine.begin() as connection:
        found = connection.execute(
            text("select count(*) from entities.entity where \"values\" ? 'phone'")
        ).scalar()
        identifiers = connection.execute(
            text("select count(*) from staging.identifier where kind = 'phone'")
        ).scalar()
    assert (found, identifiers) == (10, 10)
    remember(hub, "crm", "people", PEOPLE)
    replayed(hub, "crm")
    assert dump(hub) == untouched


def test_a_mended_connector_is_replayed_and_identifiers_move_the_mapping(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, right = slack_without_emails(), connector_of("slack")
    with hub.engine.begin() as connection:
        sources.add_source(connection, system_key="chat", system_type="slack", settings={})
    remember(hub, "crm", "people", PEOPLE)
    take(hub, tmp_path, "crm", "people", [person(1)])
    monkeypatch.setattr(hubs, "connector_of", lambda _: wrong)
    user = {"id": "U1", "name": "one", "profile": {"email": "p1@example.org"}, "updated": 1_700_000_000}
    take(hub, tmp_path, "chat", "users", [user])
    assert entities(hub) == 2
    monkeypatch.setattr(hubs, "connector_of", lambda _: right)
    (pulled,) = replayed(hub, "chat")
    assert pulled.outcomes == {"changed": 1}
    assert entities(hub) == 1


def slack_without_emails() -> Connector:
    right = connector_of("slack")
    users = right.resource("users")
    attributes = {name: path for name, path in users.projection.attributes.items() if name != "email"}
    wrong = replace(users, projection=replace(users.projection, attributes=attributes))
    return replace(right, resources=tuple(wrong if one.name == "users" else one for one in right.resources))


def entities(hub: Hub) -> int:
    with hub.engine.begin() as connection:
        query = text("select count(*) from entities.entity where merged_into is null")
        return int(connection.execute(query).scalar_one())


def test_a_dry_run_says_what_would_change_and_writes_nothing(hub: Hub, people: Hub) -> None:
    remember(hub, "crm", "people", {**PEOPLE, "columns": {"name": "job_title", "email": "email"}})
    before = dump(hub)
    (found,) = replay.all_that_would_change(hub, "crm", Selection())
    assert dump(hub) == before
    assert found.outcomes["changed"] == 50
    assert found.differences.attributes.keys() == {"job_title", "name", "given_name", "family_name"}
    assert set(found.differences.attributes.values()) == {50}


def test_one_record_or_one_job_is_replayed_alone(hub: Hub, people: Hub) -> None:
    remember(hub, "crm", "people", {**PEOPLE, "columns": {"name": "job_title", "email": "email"}})
    (pulled,) = replayed(hub, "crm", Selection(record=("people", "p45")))
    assert pulled.outcomes == {"changed": 1}
    with hub.engine.begin() as connection:
        first = (
            connection.execute(text("select uuid from integrations.import_job order by id")).scalars().first()
        )
    (pulled,) = replayed(hub, "crm", Selection(job=first))
    # Records 10 to 39 still are what the first job brought; the others say the same again by a later one.
    assert pulled.outcomes == {"changed": 30, "unchanged": 10}


def test_a_landing_that_was_applied_under_a_stricter_rule_is_taken_now(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lenient = connector_of("slack")
    strict_users = replace(lenient.resource("users"), required=("email",))
    strict = replace(lenient, resources=(strict_users, *lenient.resources[1:]))
    with hub.engine.begin() as connection:
        sources.add_source(connection, system_key="chat", system_type="slack", settings={})
    monkeypatch.setattr(hubs, "connector_of", lambda _: strict)
    user = {"id": "U1", "name": "one", "profile": {}, "updated": 1_700_000_000}
    assert take(hub, tmp_path, "chat", "users", [user]).outcomes == {"quarantined": 1}
    monkeypatch.setattr(hubs, "connector_of", lambda _: lenient)
    (pulled,) = replayed(hub, "chat")
    assert pulled.outcomes["new"] == 1
    with hub.engine.begin() as connection:
        waiting = connection.execute(text("select stage, status from integrations.quarantined_record")).all()
    assert [tuple(row) for row in waiting] == [("validate", "resolved")]
