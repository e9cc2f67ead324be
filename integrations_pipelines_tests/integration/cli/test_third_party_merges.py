"""Records that a third party made one: the lost one is mapped to the kept one, says why, and can be parted again."""

from typing import Any

import pytest
from sqlalchemy import text

from integrations_pipelines.registry import sources
from integrations_pipelines_tests.integration.cli.conftest import House, contact


def merged(number: int, ids: str, **properties: str) -> dict[str, Any]:
    """Return a contact that ``ids`` went into."""
    made = contact(number, 7, **properties, hs_merged_object_ids=ids)
    return {**made, "updatedAt": "2025-05-01T10:00:00.000Z"}


def rows(house: House, query: str) -> list[tuple[Any, ...]]:
    """Return what the database says."""
    with house.hub.engine.begin() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def mapping(house: House, record: str) -> dict[str, Any]:
    return dict(house.json("explain", record)["mapping"][0])


@pytest.fixture
def crm(house: House) -> House:
    """Give two contacts that nothing of what they say joins."""
    with house.hub.engine.begin() as connection:
        sources.add_source(connection, system_key="crm", system_type="hubspot", settings={})
    one = contact(11, 7, email="ada@analytical.example", firstname="Ada", lastname="King")
    other = contact(12, 7, email="countess@lovelace.example", firstname="Augusta", lastname="Byron")
    house.take_records("crm", "contacts", [one, other])
    assert (
        mapping(house, "crm:contacts:11")["target_uuid"] != mapping(house, "crm:contacts:12")["target_uuid"]
    )
    return house


KEPT = merged(11, "12", email="ada@analytical.example", firstname="Ada", lastname="King")


def test_the_lost_record_is_mapped_to_the_kept_one_and_the_log_says_why(crm: House) -> None:
    kept = mapping(crm, "crm:contacts:11")["target_uuid"]
    crm.take_records("crm", "contacts", [KEPT])
    lost = mapping(crm, "crm:contacts:12")
    assert (lost["target_uuid"], lost["map_status"]) == (kept, "deleted")
    assert mapping(crm, "crm:contacts:11")["target_uuid"] == kept
    said = rows(
        crm,
        "select status, message, payload ->> 'lost' from integrations.sync_log where event_type = 'record.merged'",
    )
    assert said == [("ok", "crm:contacts:12 was merged into 11 at the third party", "12")]


def test_what_is_told_again_is_decided_once(crm: House) -> None:
    for _ in range(3):
        crm.take_records("crm", "contacts", [KEPT])
    assert rows(crm, "select kind, created_by, reason from resolution.decision") == [
        ("merge", "source:crm", "merged at the third party")
    ]


def test_it_is_undone_like_any_decision_and_stays_undone(crm: House) -> None:
    before = {n: mapping(crm, f"crm:contacts:{n}")["target_uuid"] for n in (11, 12)}
    crm.take_records("crm", "contacts", [KEPT])
    listed = crm.json("entity", "decisions", before[11])
    crm.json("entity", "undo", listed["decisions"][0]["uuid"], "--reason", "two people after all")
    crm.take_records("crm", "contacts", [{**KEPT, "updatedAt": "2025-06-01T10:00:00.000Z"}])
    assert {n: mapping(crm, f"crm:contacts:{n}")["target_uuid"] for n in (11, 12)} == before


def test_an_id_that_was_lost_before_we_came_still_leads_to_its_record(crm: House) -> None:
    crm.take_records("crm", "contacts", [merged(11, "12;3;4", email="ada@analytical.example")])
    kept = mapping(crm, "crm:contacts:11")["target_uuid"]
    assert {mapping(crm, f"crm:contacts:{n}")["target_uuid"] for n in (3, 4, 12)} == {kept}
    deal = {
        "id": "50",
        "properties": {"dealname": "Engines"},
        "associations": {"contacts": [{"toObjectId": 3}]},
        "createdAt": "2025-01-01T10:00:00Z",
        "updatedAt": "2025-01-01T10:00:00Z",
    }
    crm.take_records("crm", "deals", [deal])
    assert rows(crm, "select object_uuid::text from entities.relation where name = 'contacts'") == [(kept,)]


def test_a_person_s_word_that_they_are_two_stands(crm: House) -> None:
    ada, augusta = (mapping(crm, f"crm:contacts:{n}")["target_uuid"] for n in (11, 12))
    done = crm.json("entity", "merge", ada, augusta, "--reason", "one")
    crm.run("entity", "split", done["entities"][0]["uuid"], "--records", "crm:contacts:12", "--reason", "no")
    crm.take_records("crm", "contacts", [KEPT])
    assert mapping(crm, "crm:contacts:11")["target_uuid"] != mapping(crm, "crm:contacts:12")["target_uuid"]


def test_a_merge_waits_for_the_record_that_was_kept(house: House) -> None:
    settings = {"instance": "acme.my.salesforce.com"}
    with house.hub.engine.begin() as connection:
        sources.add_source(connection, system_key="sf", system_type="salesforce", settings=settings)
    moment = {"SystemModstamp": "2026-01-01T00:00:00.000+0000", "CreatedDate": "2026-01-01T00:00:00.000+0000"}
    lost = {"Id": "003B", "LastName": "Byron", "IsDeleted": True, "MasterRecordId": "003A", **moment}
    house.take_records("sf", "contacts", [{"Id": "003C", "LastName": "Other", **moment}, lost])
    house.take_records("sf", "contacts", [{"Id": "003A", "LastName": "King", **moment}])
    kept = mapping(house, "sf:contacts:003A")["target_uuid"]
    assert mapping(house, "sf:contacts:003B")["target_uuid"] == kept
    assert mapping(house, "sf:contacts:003C")["target_uuid"] != kept


def test_whichever_of_the_two_comes_first_it_ends_the_same(crm: House) -> None:
    crm.take_records(
        "crm", "contacts", [merged(21, "22", email="a@x.example"), contact(22, 7, email="b@x.example")]
    )
    crm.take_records(
        "crm", "contacts", [contact(32, 7, email="d@x.example"), merged(31, "32", email="c@x.example")]
    )
    for kept, lost in ((21, 22), (31, 32)):
        maps = [mapping(crm, f"crm:contacts:{n}") for n in (kept, lost)]
        assert maps[0]["target_uuid"] == maps[1]["target_uuid"]
        assert maps[1]["map_status"] == "deleted"
