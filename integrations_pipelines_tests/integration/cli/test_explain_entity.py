from typing import Any

import pytest

from integrations_pipelines_tests.integration.cli.conftest import PEOPLE, House


@pytest.fixture
def ada(crm: House) -> dict[str, Any]:
    """Give the explanation of the entity whose records are in three systems."""
    entity = crm.json("explain", "crm:contacts:11")["mapping"][0]["target_uuid"]
    explained: dict[str, Any] = crm.json("explain", entity)
    return explained


def connected(records: list[str], links: list[dict[str, Any]]) -> list[set[str]]:
    groups = [{record} for record in records]
    for link in links:
        held = {one["record"] for one in link["records"]}
        together = [group for group in groups if group & held]
        groups = [group for group in groups if not group & held] + [set().union(*together)]
    return groups


def test_the_links_alone_connect_all_records(ada: dict[str, Any]) -> None:
    records = [one["record"] for one in ada["records"]]
    joining = [link for link in ada["links"] if link["joins"]]
    assert set(records) == {"billing:customers:1", "shop:users:a", "crm:contacts:11"}
    assert len(connected(records, joining)) == 1


def test_each_value_says_its_record_version_and_job(ada: dict[str, Any]) -> None:
    jobs = {one["record"]: one["job"] for one in ada["records"]}
    assert {one["attribute"] for one in ada["values"]} >= {
        "name",
        "email",
        "phone",
        "given_name",
        "family_name",
    }
    assert [one for one in ada["values"] if one["is_pending"] or one["job"] != jobs[one["record"]]] == []


def test_the_losing_values_are_shown_with_where_they_come_from(ada: dict[str, Any]) -> None:
    (name,) = [one for one in ada["values"] if one["attribute"] == "name"]
    assert (name["value"], name["record"]) == ("Ada King", "crm:contacts:11")
    assert {(one["value"], one["record"], one["because"]) for one in name["others"]} == {
        ("Ada Lovelace", "billing:customers:1", "older"),
        ("A. Lovelace", "shop:users:a", "older"),
    }


def test_relations_are_shown_from_both_ends(crm: House, ada: dict[str, Any]) -> None:
    (out,) = ada["relations_out"]
    company = crm.json("explain", out["entity"])
    (back,) = company["relations_in"]
    assert (out["aims_at"], back["record"], back["entity"]) == (
        "crm:companies:7",
        "crm:contacts:11",
        ada["uuid"],
    )


def test_a_merged_uuid_answers_as_its_survivor_and_says_so(people: House) -> None:
    split = {"id": "c", "name": "Ada L", "email": "ada.l@shop.example", "phone": ""}
    people.take_rows("shop", "users", "person", [split])
    alone = people.json("explain", "shop:users:c")["mapping"][0]["target_uuid"]
    people.take_rows("shop", "users", "person", [{**split, "email": PEOPLE[0]["email"]}])
    found = people.json("explain", alone)
    assert (found["asked"], found["is_alias"]) == (alone, True)
    assert [one["uuid"] for one in found["aliases"]] == [alone]
    assert "merged away" in people.run("explain", alone).stdout


def test_an_unknown_attribute_of_an_explanation_would_be_noticed(ada: dict[str, Any]) -> None:
    assert list(ada) == [
        "asked", "uuid", "is_alias", "entity_type", "created_at", "values", "records", "links", "relations_out",
        "relations_in", "decisions", "reviews", "aliases",
    ]  # fmt: skip
