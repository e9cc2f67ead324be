"""Quarantine: one record is set aside at any stage, tried again with back-off, and never overwrites a newer version."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from integrations_pipelines import hub as hubs
from integrations_pipelines import sync
from integrations_pipelines.catalog import connector_of
from integrations_pipelines.contract import Connector, Resource, Version, read_epoch_seconds
from integrations_pipelines.errors import TooManyRejected
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.registry import sources
from integrations_pipelines.settings import Settings

BASE = 1_700_000_000


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    with open_hub(settings, str(settings.database_url)) as opened:
        with opened.engine.begin() as connection:
            sources.add_source(connection, system_key="chat", system_type="slack", settings={})
        yield opened


def user(key: str, version: int, **more: Any) -> dict[str, Any]:
    profile = {"email": f"{key.lower()}@example.org", "real_name": f"{key} {version}"}
    return {"id": key, "name": key, "profile": profile, "updated": BASE + version, **more}


def take(hub: Hub, folder: Path, records: list[dict[str, Any]]) -> sync.Pulled:
    path = folder / "users.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    with sync.running_job(hub, "chat", job_type="file") as job:
        pulled = sync.import_file(hub, job, path, "users")
        sync.close(hub, job, [pulled])
    sync.resolve(hub)
    assert pulled.is_balanced
    return pulled


def make_due(hub: Hub) -> None:
    with hub.engine.begin() as connection:
        connection.execute(text("update integrations.quarantined_record set next_try_at = now()"))


def held(hub: Hub) -> list[tuple[Any, ...]]:
    query = (
        "select source_record_id, stage, attempts, status from integrations.quarantined_record order by id"
    )
    with hub.engine.begin() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def names(hub: Hub) -> dict[str, str]:
    query = "select source_record_id, attributes->>'name' from staging.source_record"
    with hub.engine.begin() as connection:
        return {row[0]: row[1] for row in connection.execute(text(query))}


def with_users(connector: Connector, users: Resource) -> Connector:
    resources = [users if one.name == users.name else one for one in connector.resources]
    return replace(connector, resources=tuple(resources))


def by_seconds(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """Let the users' version be read from ``path``: "updated" is right, "profile.real_name" cannot be read."""
    right = connector_of("slack")
    users = replace(right.resource("users"), version=Version(path=path, read=read_epoch_seconds))
    monkeypatch.setattr(hubs, "connector_of", lambda _: with_users(right, users))


def test_a_record_is_tried_again_by_itself_once_it_is_due(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_seconds(monkeypatch, "profile.real_name")
    assert take(hub, tmp_path, [user("U1", 1)]).outcomes == {"quarantined": 1}
    by_seconds(monkeypatch, "updated")
    assert take(hub, tmp_path, [user("U2", 1)]).outcomes == {"new": 1}
    assert held(hub) == [("U1", "extract", 1, "waiting")]
    make_due(hub)
    assert take(hub, tmp_path, [user("U3", 1)]).outcomes == {"new": 2}
    assert held(hub) == [("U1", "extract", 1, "resolved")]


def test_back_off_grows_with_every_attempt(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_seconds(monkeypatch, "profile.real_name")
    take(hub, tmp_path, [user("U1", 1)])
    waits = []
    for _ in range(3):
        with hub.engine.begin() as connection:
            query = "select extract(epoch from next_try_at - updated_at) from integrations.quarantined_record"
            waits.append(round(connection.execute(text(query)).scalar_one()))
        make_due(hub)
        take(hub, tmp_path, [])
    assert waits == [60, 120, 240]


def test_an_older_quarantined_version_never_overwrites_a_newer_one(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_seconds(monkeypatch, "profile.real_name")
    take(hub, tmp_path, [user("U1", 1)])
    by_seconds(monkeypatch, "updated")
    take(hub, tmp_path, [user("U1", 2)])
    with hub.engine.begin() as connection:  # as if it had never been settled
        connection.execute(
            text("update integrations.quarantined_record set status = 'waiting', next_try_at = now()")
        )
    assert take(hub, tmp_path, []).outcomes == {"stale": 1}
    assert names(hub) == {"U1": "U1 2"}


def test_a_newer_quarantined_version_is_taken_over_an_older_one(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = connector_of("slack")
    strict = replace(right.resource("users"), required=("email",))
    monkeypatch.setattr(hubs, "connector_of", lambda _: with_users(right, strict))
    newer = user("U1", 5, profile={"real_name": "U1 5"})
    take(hub, tmp_path, [newer])
    take(hub, tmp_path, [user("U1", 4)])  # came late: it must not settle the newer one
    assert held(hub) == [("U1", "validate", 1, "waiting")]
    monkeypatch.setattr(hubs, "connector_of", lambda _: right)
    make_due(hub)
    take(hub, tmp_path, [])
    assert names(hub) == {"U1": "U1 5"}


def test_one_record_that_postgresql_refuses_does_not_fail_its_neighbours(hub: Hub, tmp_path: Path) -> None:
    refuse(hub, "staging.source_record", "new.source_record_id = 'U13'")
    pulled = take(hub, tmp_path, [user(f"U{n}", 1) for n in range(40)])
    assert pulled.outcomes == {"new": 39, "quarantined": 1}
    assert held(hub) == [("U13", "apply", 1, "waiting")]
    allow(hub, "staging.source_record")
    make_due(hub)
    assert take(hub, tmp_path, []).outcomes == {"new": 1}
    assert held(hub) == [("U13", "apply", 1, "resolved")]


def test_one_record_that_cannot_be_resolved_waits_and_the_others_are_mapped(hub: Hub, tmp_path: Path) -> None:
    refuse(hub, "integrations.record_map", "new.source_record_id = 'U13'")
    take(hub, tmp_path, [user(f"U{n}", 1) for n in range(40)])
    assert held(hub) == [("U13", "resolve", 1, "waiting")]
    with hub.engine.begin() as connection:
        mapped = connection.execute(text("select count(*) from integrations.record_map")).scalar()
    assert mapped == 39
    allow(hub, "integrations.record_map")
    make_due(hub)
    take(hub, tmp_path, [])
    assert held(hub) == [("U13", "resolve", 1, "resolved")]


def refuse(hub: Hub, table: str, condition: str) -> None:
    """Let PostgreSQL refuse some rows of ``table``, as it would a value that does not fit."""
    with hub.engine.begin() as connection:
        connection.execute(
            text(
                "create or replace function public.refuse() returns trigger language plpgsql as $$ begin "
                f"if {condition} then raise exception 'no' using errcode = '22000'; end if; return new; end $$"
            )
        )
        connection.execute(
            text(
                f"create trigger refuse before insert on {table} for each row execute function public.refuse()"
            )
        )


def allow(hub: Hub, table: str) -> None:
    with hub.engine.begin() as connection:
        connection.execute(text(f"drop trigger refuse on {table}"))


def test_the_breaker_turns_the_run_red_and_leaves_the_cursor(hub: Hub, tmp_path: Path) -> None:
    config = {"settings": {"reject_above": "0.2"}}
    write(hub, "update integrations.source_system set config_payload = cast(:value as jsonb)", config)
    records: list[dict[str, Any]] = [user(f"U{n}", 1) for n in range(6)]
    assert take(hub, tmp_path, [*records, {"no": "key"}]).error is None
    mark = {"marks": {"": "2026-01-01T00:00:00+00:00"}}
    write(hub, "update integrations.sync_cursor set cursor = cast(:value as jsonb)", mark)
    pulled = take(hub, tmp_path, [*records, {"no": "key 1"}, {"no": "key 2"}])
    assert isinstance(pulled.error, TooManyRejected)
    assert pulled.outcomes["quarantined"] == 2
    with hub.engine.begin() as connection:
        cursor = connection.execute(text("select cursor from integrations.sync_cursor")).scalar_one()
    assert cursor == mark


def write(hub: Hub, statement: str, value: dict[str, Any]) -> None:
    with hub.engine.begin() as connection:
        connection.execute(text(statement), {"value": json.dumps(value)})
