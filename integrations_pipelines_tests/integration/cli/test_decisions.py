"""What a reviewer does at the command line: merge, split, undo, and the queue."""

from typing import Any

import pytest

from integrations_pipelines_tests.integration.cli.conftest import House

CLASH = [
    {"id": "7", "email": "kit@acme.com", "username": "kit", "name": "Kit Ray"},
    {"id": "8", "email": "kit@acme.com", "username": "christopher", "name": "C. Ray"},
]


def entity_of(house: House, record: str) -> str:
    return str(house.json("explain", record)["mapping"][0]["target_uuid"])


def maps(house: House) -> Any:
    return house.json("record-map", "list", "--limit", "1000")


@pytest.fixture
def asked(people: House) -> House:
    """Two logins at one place behind one address: a constraint keeps them apart, and a person is asked."""
    people.take_rows("forge", "logins", "person", CLASH)
    return people


def test_a_merge_at_the_command_line_and_its_undo_leave_the_maps_as_they_were(people: House) -> None:
    before = maps(people)
    ada, joan = entity_of(people, "billing:customers:1"), entity_of(people, "shop:users:b")
    done = people.json("entity", "merge", ada, joan, "--reason", "the same desk")
    assert done["kind"] == "merge"
    assert done["by"].startswith("cli:")
    assert [one["uuid"] for one in done["entities"]] == [ada]
    assert entity_of(people, "shop:users:b") == ada
    people.json("entity", "undo", done["decision"], "--reason", "two desks")
    assert maps(people) == before


def test_a_merged_uuid_still_answers_and_says_so(people: House) -> None:
    ada, joan = entity_of(people, "billing:customers:1"), entity_of(people, "shop:users:b")
    people.json("entity", "merge", ada, joan, "--reason", "one")
    assert len(people.json("record-map", "list", "--entity", joan)["record_maps"]) == 3
    assert f"{joan} was merged away; it answers as {ada}" in people.run("explain", joan).stdout


def test_a_split_takes_several_records_after_one_option(people: House) -> None:
    ada = entity_of(people, "billing:customers:1")
    done = people.run(
        "entity", "split", ada, "--records", "shop:users:a", "--reason", "another Ada", "--json"
    )
    assert done.exit_code == 0, done.output
    assert entity_of(people, "shop:users:a") != ada
    refused = people.run("entity", "split", ada, "--records", "shop:users:a", "shop:users:b", "--reason", "x")
    assert (refused.exit_code, "is no record of" in refused.stderr) == (2, True)


def test_the_decisions_of_an_entity_are_listed_with_who_and_why(people: House) -> None:
    ada, joan = entity_of(people, "billing:customers:1"), entity_of(people, "shop:users:b")
    done = people.json("entity", "merge", ada, joan, "--reason", "one desk")
    people.json("entity", "undo", done["decision"], "--reason", "no")
    undone, merged = people.json("entity", "decisions", joan)["decisions"]
    assert (merged["kind"], merged["reason"], merged["undone_by"]) == ("merge", "one desk", undone["uuid"])
    assert (undone["kind"], undone["revokes"]) == ("undo", merged["uuid"])
    assert merged["right_records"] == ["shop:users:b"]


def test_an_accepted_question_joins_and_is_gone_from_the_queue(asked: House) -> None:
    (item,) = asked.json("review", "list")["review_items"]
    assert {item["left_record"], item["right_record"]} == {"forge:logins:7", "forge:logins:8"}
    asked.json("review", "accept", item["uuid"], "--reason", "he renamed himself")
    assert entity_of(asked, "forge:logins:7") == entity_of(asked, "forge:logins:8")
    assert asked.json("review", "list")["review_items"] == []
    assert asked.json("review", "list", "--status", "accepted")["review_items"][0]["uuid"] == item["uuid"]


def test_a_taken_back_answer_is_asked_again_and_says_so(asked: House) -> None:
    before = maps(asked)
    (item,) = asked.json("review", "list")["review_items"]
    done = asked.json("review", "accept", item["uuid"])
    asked.json("entity", "undo", done["decision"], "--reason", "hasty")
    (again,) = asked.json("review", "list")["review_items"]
    assert (again["uuid"], again["note"]) == (item["uuid"], "the answer was taken back: hasty")
    assert maps(asked) == before


def test_a_rejected_question_is_not_asked_again_by_the_same_evidence(asked: House) -> None:
    (item,) = asked.json("review", "list")["review_items"]
    asked.json("review", "reject", item["uuid"], "--reason", "father and son")
    asked.take_rows("forge", "logins", "person", [{**one, "name": f"{one['name']} II"} for one in CLASH])
    assert asked.json("review", "list")["review_items"] == []
    assert entity_of(asked, "forge:logins:7") != entity_of(asked, "forge:logins:8")


def test_a_question_is_shown_with_both_sides(asked: House) -> None:
    (item,) = asked.json("review", "list", "--entity-type", "person")["review_items"]
    shown = asked.json("review", "show", item["uuid"])
    assert {shown["left"]["uuid"], shown["right"]["uuid"]} == {
        entity_of(asked, "forge:logins:7"),
        entity_of(asked, "forge:logins:8"),
    }
    printed = asked.run("review", "show", item["uuid"])
    assert "christopher" in printed.stdout


def test_words_that_are_off_are_refused_in_one_line(asked: House) -> None:
    (item,) = asked.json("review", "list")["review_items"]
    for words, told in (
        (("review", "reject", item["uuid"], "--reason", " "), "--reason: say why"),
        (("review", "show", "x"), "'x': is no uuid of a review item"),
        (("review", "accept", "0190c000-0000-7000-8000-000000000000"), "no review item has the uuid"),
        (("review", "list", "--status", "lost"), "must be one of open"),
        (
            ("entity", "undo", "0190c000-0000-7000-8000-000000000000", "--reason", "x"),
            "no decision has the uuid",
        ),
    ):
        result = asked.run(*words)
        assert (result.exit_code, told in result.stderr) == (2, True), (words, result.output)


def test_an_answered_question_is_not_answered_twice(asked: House) -> None:
    (item,) = asked.json("review", "list")["review_items"]
    asked.json("review", "reject", item["uuid"], "--reason", "no")
    result = asked.run("review", "accept", item["uuid"])
    assert result.exit_code == 2
    assert "it is rejected by decision" in result.stderr
