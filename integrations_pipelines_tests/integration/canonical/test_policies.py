"""Whose word counts: policies, pins, and sources that may not make entities."""

import uuid as uuidlib
from typing import Any

import pytest

from integrations_pipelines.canonical.values import proposals, recompute
from integrations_pipelines.registry import policies
from integrations_pipelines_tests.integration.registry.landed import World, row

ANN = "ann@acme.com"
MONTH = 30 * 24 * 60 * 60.0


def values(world: World) -> dict[str, Any]:
    (found,) = world.one("select values from entities.entity where merged_into is null")
    return dict(found)


def uuid(world: World) -> uuidlib.UUID:
    found: uuidlib.UUID = world.one("select uuid from entities.entity where merged_into is null")[0]
    return found


def ruled(
    world: World, rule: str, *sources: str, attribute: str = "job_title", max_age: float | None = None
) -> int:
    new = {"entity_type": "person", "attribute": attribute, "rule": rule, "sources": list(sources)}
    policies.set_policy(world.connection, {**new, "max_age": max_age})
    return recompute(world.connection, "person", None)


@pytest.fixture
def ann(world: World) -> World:
    """Ann in three tools: a says cook, b clerk and c cook, at minutes 1, 3 and 2."""
    for system, version, job in (("a", 1, "cook"), ("b", 3, "clerk"), ("c", 2, "cook")):
        world.land(system, "people", [row("p", version=version, email=ANN, job=job)])
    world.resolve("person")
    return world


@pytest.mark.parametrize(
    ("rule", "sources", "expected"),
    [
        ("newest", (), "clerk"),
        ("most-frequent", (), "cook"),
        ("longest", (), "clerk"),
        ("source-priority", ("a", "b"), "cook"),
        ("source-priority", ("nobody", "b"), "clerk"),
        ("owner", ("c",), "cook"),
    ],
)
def test_a_rule_says_whose_word_counts(
    ann: World, rule: str, sources: tuple[str, ...], expected: str
) -> None:
    changed = ruled(ann, rule, *sources)
    assert values(ann)["job_title"] == expected
    assert changed == (expected != "clerk")
    assert values(ann)["email"] == ANN


@pytest.mark.parametrize(("seconds", "expected"), [(60.0, "clerk"), (120.0, "cook"), (None, "cook")])
def test_a_source_that_has_priority_loses_when_it_is_stale(
    ann: World, seconds: float | None, expected: str
) -> None:
    ruled(ann, "source-priority", "a", max_age=seconds)
    assert values(ann)["job_title"] == expected


def test_nobody_but_the_owner_has_a_word(ann: World) -> None:
    ruled(ann, "owner", "d")
    assert "job_title" not in values(ann)


def test_the_attempt_of_another_source_is_refused_in_the_log_without_its_value(ann: World) -> None:
    ruled(ann, "owner", "a")
    ann.land("b", "people", [row("p", version=9, email=ANN, job="judge")])
    ann.resolve("person")
    assert values(ann)["job_title"] == "cook"
    ((status, payload),) = ann.all(
        "select status, payload from integrations.sync_log where event_type = 'attribute.refused'"
    )
    assert (status, payload["attribute"], payload["source_record_ids"]) == ("refused", "job_title", ["p"])
    assert "judge" not in str(payload)


@pytest.mark.parametrize("plan", ["bulk", "delta"])
def test_a_policy_holds_for_what_comes_later(ann: World, plan: str) -> None:
    ruled(ann, "owner", "a")
    ann.land("b", "people", [row("q", version=1, email="q@acme.com", job="poet")])
    ann.land("a", "people", [row("p", version=7, email=ANN, job="baker")])
    ann.resolve("person", plan=plan)
    jobs = {job for (job,) in ann.all("select values->>'job_title' from entities.entity")}
    assert jobs == {"baker", None}


def test_a_policy_taken_away_leaves_what_was_before(ann: World) -> None:
    before = values(ann)
    ruled(ann, "owner", "d")
    assert policies.clear_policy(ann.connection, "person", "job_title")
    assert recompute(ann.connection, "person", None) == 1
    assert values(ann) == before
    assert not policies.clear_policy(ann.connection, "person", "job_title")


def test_a_deleted_record_has_no_word_beside_a_live_one_under_any_rule(ann: World) -> None:
    ruled(ann, "source-priority", "a")
    ann.land("a", "people", [row("p", version=8, deleted=True)])
    ann.resolve("person")
    assert values(ann)["job_title"] == "clerk"


def test_everything_proposed_stays_to_be_seen(ann: World) -> None:
    ruled(ann, "source-priority", "a", max_age=60.0)
    said, _ = proposals(ann.connection, "person", uuid(ann))
    jobs = [(one.record, one.value, one.because) for one in said if one.attribute == "job_title"]
    assert jobs == [
        ("b:people:p", "clerk", "wins"),
        ("c:people:p", "cook", "lower priority"),
        ("a:people:p", "cook", "stale"),
    ]


def pinned(world: World, value: str, until: str | None = None) -> None:
    new = policies.NewPin(
        entity=uuid(world),
        entity_type="person",
        attribute="job_title",
        value=value,
        until=None,
        reason="said so",
    )
    pin = policies.add_pin(world.connection, new)
    if until is not None:
        world.all(
            "update resolution.attribute_pin set until = now() + %s::interval where uuid = %s returning 1",
            until,
            pin,
        )
    recompute(world.connection, "person", [uuid(world)])


def test_a_pin_goes_before_all_records_and_outlasts_them(ann: World) -> None:
    pinned(ann, "queen")
    ann.land("b", "people", [row("p", version=9, email=ANN, job="judge")])
    ann.resolve("person")
    assert values(ann)["job_title"] == "queen"
    policies.end_pin(ann.connection, uuid(ann), "job_title", reason="over")
    recompute(ann.connection, "person", [uuid(ann)])
    assert values(ann)["job_title"] == "judge"


def test_a_pin_whose_time_is_over_ends_with_the_next_resolution(ann: World) -> None:
    pinned(ann, "queen", "1 hour")
    assert values(ann)["job_title"] == "queen"
    ann.all("update resolution.attribute_pin set until = now() - interval '1 second' returning 1")
    ann.resolve("person")
    assert values(ann)["job_title"] == "clerk"
    assert ann.one("select ended_reason from resolution.attribute_pin") == ("its time was over",)


def test_a_source_that_may_not_create_joins_and_makes_none(world: World) -> None:
    world.source("b")
    policies.set_bar(world.connection, "person", ["b"])
    world.land(
        "b", "people", [row("p", version=1, email=ANN, job="cook"), row("q", version=1, email="q@acme.com")]
    )
    world.resolve("person")
    columns = "source_record_id, map_status, decided_by, target_uuid is null"
    maps = f"select {columns} from integrations.record_map order by id"
    assert world.all("select 1 from entities.entity") == []
    assert world.all(maps) == [(key, "unmatched", "may not create", True) for key in ("p", "q")]
    world.land("a", "people", [row("x", version=1, email=ANN)])
    world.resolve("person", plan="delta")
    assert world.one("select values->>'job_title' from entities.entity") == ("cook",)
    assert [status for _, status, *_ in world.all(maps)] == ["mapped", "unmatched", "mapped"]


def test_a_bar_that_is_lifted_lets_them_become_entities(world: World) -> None:
    world.source("b")
    policies.set_bar(world.connection, "person", ["b"])
    world.land("b", "people", [row("p", version=1, email=ANN)])
    world.resolve("person")
    policies.clear_bar(world.connection, "person", [])
    world.resolve("person")
    assert world.one("select count(*) from entities.entity") == (1,)
    policies.set_bar(world.connection, "person", ["b"])
    world.resolve("person")
    assert world.one("select map_status from integrations.record_map") == ("unmatched",)
    assert world.one("select values from entities.entity") == ({},)
