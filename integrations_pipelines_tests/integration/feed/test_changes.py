"""The feed of changes: in order, at least once, whoever commits when; and what other services ask beside it."""

import random
import threading
import uuid
from typing import Any

import pytest
from sqlalchemy import text

from integrations_pipelines.errors import UsageError
from integrations_pipelines.hub import Hub
from integrations_pipelines.registry import feed
from integrations_pipelines_tests.integration.feed.conftest import Api, add_entity, merge


def told(api: Api, cursor: str = "", **params: Any) -> tuple[list[Any], str]:
    """Return all changes after ``cursor``, page by page, and where they end."""
    found: list[Any] = []
    while True:
        page = api.get("/changes", cursor=cursor, **params)
        found += page["changes"]
        cursor = str(page["cursor"])
        if not page["has_more"]:
            return found, cursor


def test_a_mapping_a_merge_and_a_split_are_told_in_order(hub: Hub, api: Api) -> None:
    with hub.engine.begin() as connection:
        ada, joan = add_entity(connection, "ada"), add_entity(connection, "joan")
    first, cursor = told(api, limit=1)
    assert [one["type"] for one in first] == ["entity.created", "record.mapped"] * 2
    with hub.engine.begin() as connection:
        merge(connection, joan, ada)
    with hub.engine.begin() as connection:
        connection.execute(text("update entities.entity set merged_into = null where uuid = :u"), {"u": joan})
    then, _ = told(api, cursor)
    assert [(one["type"], one.get("uuid") or one.get("target_uuid")) for one in then] == [
        ("entity.merged", joan),
        ("record.remapped", ada),
        ("entity.split", joan),
    ]
    assert then[1]["former_uuid"] == joan


def test_the_changes_of_one_statement_are_told_one_by_one_each_as_its_row_says(hub: Hub, api: Api) -> None:
    statement = """
      insert into integrations.record_map (source_system_id, resource, source_record_id, record_id, target_domain,
                                           target_uuid, map_status, decided_by, last_synced_at, content_hash)
      select s.id, r.resource, n::text, n, 'entities', case when n % 7 > 0 then gen_random_uuid() end,
             case when n % 5 = 0 then 'deleted' else 'mapped' end, 'created', now(), ''
      from integrations.source_system s, generate_series(1, 1200) n
      cross join lateral (select case when n % 3 = 0 then 'contacts' else 'leads' end as resource) r
      where s.system_key = 'crm'"""
    with hub.engine.begin() as connection:
        connection.execute(text(statement))
        rows = connection.execute(
            text(
                "select uuid::text, target_uuid::text, resource, source_record_id, map_status"
                " from integrations.record_map where target_uuid is not null"
            )
        ).fetchall()
    seen, _ = told(api, limit=70)
    names = ("record_map", "target_uuid", "resource", "source_record_id", "map_status")
    assert sorted(tuple(one[name] for name in names) for one in seen) == sorted(map(tuple, rows))
    assert {(one["type"], one["system_key"], one["target_domain"]) for one in seen} == {
        ("record.mapped", "crm", "entities")
    }


def test_a_change_that_commits_late_is_not_passed_by(hub: Hub, api: Api) -> None:
    early, late = hub.engine.connect(), hub.engine.connect()
    with early, late:
        slow = early.begin()
        add_entity(early, "began first")
        with late.begin():
            add_entity(late, "committed first")
        seen, cursor = told(api)
        slow.commit()
    rest, _ = told(api, cursor)
    names = [one["source_record_id"] for one in [*seen, *rest] if one["type"] == "record.mapped"]
    assert names == ["committed first", "began first"]


def test_readers_beside_writers_see_every_change_once(hub: Hub, api: Api) -> None:
    def write(number: int) -> None:
        pace = random.Random(number)
        for n in range(15):
            with hub.engine.begin() as connection:
                add_entity(connection, f"{number}-{n}")
                connection.execute(text("select pg_sleep(:s)"), {"s": pace.random() / 100})

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    seen: list[Any] = []
    cursor = ""
    while any(writer.is_alive() for writer in writers):
        some, cursor = told(api, cursor, limit=7)
        seen += some
    seen += told(api, cursor)[0]
    names = [one["source_record_id"] for one in seen if one["type"] == "record.mapped"]
    assert sorted(names) == sorted(f"{number}-{n}" for number in range(4) for n in range(15))
    for number in range(4):
        own = [name for name in names if name.startswith(f"{number}-")]
        assert own == [f"{number}-{n}" for n in range(15)]


def test_an_alias_leads_to_its_survivor_and_a_record_to_its_entity(hub: Hub, api: Api) -> None:
    with hub.engine.begin() as connection:
        ada, joan = add_entity(connection, "ada"), add_entity(connection, "joan")
        merge(connection, joan, ada)
    entity = api.get(f"/entities/{joan}")
    assert (entity["uuid"], entity["aliases"], entity["values"]) == (ada, [joan], {"name": "ada"})
    (found,) = api.get("/record-maps/crm/contacts/joan")["record_maps"]
    assert found["target_uuid"] == ada
    records = api.get(f"/entities/{joan}/records")["record_maps"]
    assert [one["source_record_id"] for one in records] == ["ada", "joan"]


def test_errors_are_problems(hub: Hub, api: Api) -> None:
    answer = api.client.get("/api/v1/changes")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert api.get(f"/entities/{uuid.uuid4()}", status=404)["status"] == 404
    assert api.get("/record-maps/crm/contacts/nobody", status=404)["title"] == "There is no such thing"
    assert api.get("/changes", status=400, cursor="nonsense")["status"] == 400
    assert api.get("/changes", status=422, limit=0)["status"] == 422
    assert "/api/v1/changes" in api.client.get("/openapi.json").json()["paths"]


def test_a_cursor_whose_changes_are_gone_is_refused_and_not_passed_over(hub: Hub, api: Api) -> None:
    with hub.engine.begin() as connection:
        add_entity(connection, "old")
    _, cursor = told(api, limit=1)
    with hub.engine.begin() as connection:
        add_entity(connection, "lost")
        feed.place_new_ones(connection)
        connection.execute(text("update integrations.change set created_at = now() - interval '90 days'"))
        feed.forget_changes(connection, days=30)
        add_entity(connection, "new")
    assert api.get("/changes", status=410, cursor=cursor)["status"] == 410


def test_who_asks_for_some_types_alone_is_past_the_others_too(hub: Hub, api: Api) -> None:
    with hub.engine.begin() as connection:
        add_entity(connection, "ada")
    splits, cursor = told(api, event="entity.split")
    assert (splits, told(api, cursor)[0]) == ([], [])
    with hub.engine.begin() as connection:
        add_entity(connection, "joan")
    assert [one["type"] for one in told(api, cursor)[0]] == ["entity.created", "record.mapped"]


def test_an_old_cursor_is_refused_also_where_nothing_newer_is_kept(hub: Hub, api: Api) -> None:
    with hub.engine.begin() as connection:
        add_entity(connection, "old")
    _, cursor = told(api, limit=1)
    with hub.engine.begin() as connection:
        add_entity(connection, "lost")
        add_entity(connection, "lost too")
        feed.place_new_ones(connection)
        connection.execute(text("update integrations.change set created_at = now() - interval '90 days'"))
        feed.forget_changes(connection, days=30)
    assert api.get("/changes", status=410, cursor=cursor)["status"] == 410


def test_the_end_of_a_feed_that_was_forgotten_is_a_cursor_to_go_on_from(hub: Hub, api: Api) -> None:
    with hub.engine.begin() as connection:
        add_entity(connection, "old")
        feed.place_new_ones(connection)
        connection.execute(text("update integrations.change set created_at = now() - interval '90 days'"))
        feed.forget_changes(connection, days=30)
        end = feed.end_of_feed(connection)
        add_entity(connection, "new")
    assert [one["type"] for one in told(api, str(end))[0]] == ["entity.created", "record.mapped"]


@pytest.mark.parametrize("cursor", ["1", "1.", ".1", "-1.0", "1.0.0", "١.٠", "9" * 50 + ".1"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(UsageError):
        feed.place_of(cursor)
