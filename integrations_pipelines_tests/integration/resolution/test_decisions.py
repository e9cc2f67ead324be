"""What persons decide, and that taking it back leaves the state as if it had never been."""

import uuid as uuidlib
from typing import Any

import pytest

from integrations_pipelines.errors import NotFound, UsageError
from integrations_pipelines.resolution import decisions
from integrations_pipelines_tests.integration.registry.landed import Row, World, row
from integrations_pipelines_tests.integration.registry.pictures import partition
from integrations_pipelines_tests.integration.resolution.deciding import (
    aliases,
    dump,
    merge,
    split,
    undo,
    uuid_of,
)


def person(key: str, *, version: int = 1, email: str | None = None, **more: Any) -> Row:
    return row(key, version=version, email=email or f"{key}@acme.com", **more)


@pytest.fixture
def three(world: World) -> World:
    """Three people: Ann in two tools, Bob and Cy in one each; tickets that aim at Ann by key and at Bob by address."""
    world.land("a", "people", [person("a1", email="ann@acme.com", job="cook", name="Ann Lee")])
    world.land("b", "people", [person("a2", email="ann@acme.com", version=2, job="smith")])
    world.resolve("person")
    world.land(
        "b", "people", [person("b1", version=3, job="clerk", name="Bob Ray"), person("c1", name="Cy Poe")]
    )
    world.land(
        "b",
        "tickets",
        [row("t", version=1, requester="b1", assignee="ann@acme.com"), row("u", assignee="b1@acme.com")],
    )
    world.resolve("person", "ticket")
    return world


def test_a_merge_joins_and_the_first_uuid_stays(three: World) -> None:
    ann, bob = uuid_of(three, "a1"), uuid_of(three, "b1")
    merge(three, "b1", "a1")
    assert {uuid_of(three, key) for key in ("a1", "a2", "b1")} == {bob}
    assert aliases(three) == {ann: bob}
    values = three.one("select values from entities.entity where uuid = %s", bob)[0]
    assert values["job_title"] == "clerk"


def test_relations_follow_a_merge(three: World) -> None:
    merge(three, "c1", "b1")
    aimed = three.all(
        "select name, object_uuid from staging.record_relation where target_type = 'person' order by id"
    )
    assert [uuid for name, uuid in aimed if name == "requester"] == [uuid_of(three, "c1")]
    assert uuid_of(three, "c1") in [uuid for name, uuid in aimed if name == "assignee"]


@pytest.mark.parametrize("pair", [("a1", "b1"), ("b1", "a1"), ("c1", "a2")])
def test_taking_a_merge_back_restores_every_byte(three: World, pair: tuple[str, str]) -> None:
    before = dump(three)
    decision = merge(three, *pair)
    assert dump(three) != before
    undo(three, decision)
    assert dump(three) == before


def test_taking_a_split_back_restores_mapping_values_and_relations(three: World) -> None:
    before = dump(three)
    decision = split(three, "a1", ("a", "people", "a1"))
    assert partition(three) == {frozenset({key}) for key in ("a:a1", "b:a2", "b:b1", "b:c1")}
    undo(three, decision)
    after = dump(three)
    minted = set(after["values"]) - set(before["values"])
    assert {name: rows for name, rows in after.items() if name != "values"} == {
        name: rows for name, rows in before.items() if name != "values"
    }
    # The uuid that was given once stays, as an alias.
    assert [f'"merged_into":"{uuid_of(three, "a1")}"' in one for one in minted] == [True]
    assert set(before["values"]) <= set(after["values"])


def test_a_split_leaves_the_uuid_with_the_rest_even_where_that_is_less(three: World) -> None:
    three.land("c", "people", [person("a3", email="ann@acme.com")])
    three.resolve("person")
    ann = uuid_of(three, "a1")
    split(three, "a1", ("b", "people", "a2"), ("c", "people", "a3"))
    assert uuid_of(three, "a1") == ann
    assert uuid_of(three, "a2") == uuid_of(three, "a3") != ann


def later_syncs(world: World) -> None:
    """Both sides change and grow: Bob by more records than Ann ever had."""
    world.land("a", "people", [person("a1", email="ann@acme.com", version=9, job="judge", name="Ann Lee")])
    world.land(
        "a",
        "people",
        [person("b2", email="b1@acme.com"), person("b3", email="b1@acme.com", version=8, job="poet")],
    )
    world.resolve("person", plan="delta")
    world.land("c", "people", [person("b4", email="b1@acme.com"), person("a4", email="ann@acme.com")])
    world.land("b", "tickets", [row("v", version=1, requester="b2", assignee="b1@acme.com")])
    world.resolve("person", "ticket", plan="bulk")


def test_taken_back_after_later_syncs_a_merge_has_never_been(three: World) -> None:
    names = ("a1", "b1", "c1")
    uuids = [uuid_of(three, key) for key in names]
    decision = merge(three, "a1", "b1")
    later_syncs(three)
    assert uuid_of(three, "b4") == uuids[0]
    undo(three, decision)
    assert [uuid_of(three, key) for key in names] == uuids
    assert partition(three) == {
        frozenset({"a:a1", "b:a2", "c:a4"}),
        frozenset({"b:b1", "a:b2", "a:b3", "c:b4"}),
        frozenset({"b:c1"}),
    }
    jobs = dict(three.all("select uuid, values->>'job_title' from entities.entity where merged_into is null"))
    assert [jobs[uuid] for uuid in uuids] == ["judge", "poet", None]
    assert three.all(
        "select distinct object_uuid from staging.record_relation where identifier_value = 'b1@acme.com'"
    ) == [(uuids[1],)]


def test_a_merge_taken_back_under_a_later_one_leaves_the_later_one(three: World) -> None:
    ann, bob, cy = (uuid_of(three, key) for key in ("a1", "b1", "c1"))
    first = merge(three, "a1", "b1")
    merge(three, "c1", "a1")
    undo(three, first)
    assert {uuid_of(three, key) for key in ("a1", "a2", "c1")} == {cy}
    assert uuid_of(three, "b1") == bob
    assert aliases(three) == {ann: cy}


def test_merges_are_taken_back_in_any_order(three: World) -> None:
    before = dump(three)
    first, second = merge(three, "a1", "b1"), merge(three, "b1", "c1")
    undo(three, first)
    again = three.one("select uuid from resolution.decision where restates = %s", second)[0]
    undo(three, again)
    assert dump(three) == before


def test_an_alias_leads_back_to_its_own_after_a_merge_is_taken_back(three: World) -> None:
    bob, cy = uuid_of(three, "b1"), uuid_of(three, "c1")
    merge(three, "b1", "c1")
    decision = merge(three, "a1", "b1")
    undo(three, decision)
    assert aliases(three) == {cy: bob}


def test_a_split_is_remembered_by_later_syncs_and_by_either_plan(three: World) -> None:
    split(three, "a1", ("b", "people", "a2"))
    for plan in ("delta", "bulk"):
        three.land("b", "people", [person("a2", email="ann@acme.com", version=5, job=plan)])
        three.resolve("person", plan=plan)
        assert uuid_of(three, "a1") != uuid_of(three, "a2")


def test_a_merge_after_a_split_goes_before_it_and_taken_back_the_split_stands(three: World) -> None:
    split(three, "a1", ("b", "people", "a2"))
    before = dump(three)
    decision = merge(three, "a1", "a2")
    assert uuid_of(three, "a1") == uuid_of(three, "a2")
    undo(three, decision)
    assert dump(three) == before


def test_what_cannot_be_decided_is_refused_by_name(three: World) -> None:
    ticket = uuid_of(three, "t", "tickets")
    with pytest.raises(UsageError, match="cannot be one"):
        decisions.merge(three.connection, uuid_of(three, "a1"), ticket, reason="x")
    with pytest.raises(UsageError, match="one entity already"):
        merge(three, "a1", "a2")
    with pytest.raises(NotFound, match="no entity has the uuid"):
        decisions.merge(three.connection, uuidlib.uuid4(), ticket, reason="x")
    with pytest.raises(UsageError, match="b:people:c1 is no record of"):
        split(three, "a1", ("b", "people", "c1"))
    with pytest.raises(UsageError, match="some must stay"):
        split(three, "c1", ("b", "people", "c1"))
    with pytest.raises(NotFound, match="b:people:z: there is no such record"):
        split(three, "a1", ("b", "people", "z"))


def test_a_decision_is_taken_back_once(three: World) -> None:
    decision = merge(three, "a1", "b1")
    undo(three, decision)
    with pytest.raises(UsageError, match="taken back already"):
        undo(three, decision)
    with pytest.raises(UsageError, match="took a decision back"):
        undo(three, three.one("select uuid from resolution.decision where revokes = %s", decision)[0])
