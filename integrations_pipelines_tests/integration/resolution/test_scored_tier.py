"""The scored tier inside resolve: what joins, what asks, what a delta costs, and mailboxes that strangers share."""

from typing import Any

import numpy as np
import pytest

from integrations_pipelines.entities import ENTITY_TYPES
from integrations_pipelines.registry.columns import Bigints
from integrations_pipelines.registry.statements import SCORED, driver
from integrations_pipelines.resolution.scored.model import live_scheme, size_class
from integrations_pipelines_tests.benchmarks._matching.people import People, people
from integrations_pipelines_tests.integration.registry.landed import World, row
from integrations_pipelines_tests.integration.registry.pictures import partition

ROBERT: dict[str, Any] = {"name": "Robert Smith", "email": "robert.smith@acme.com", "phone": "+493012345678"}
BOB: dict[str, Any] = {"name": "Bob Smyth", "email": "bobby@post.org", "phone": "+493012345678"}


def two(world: World) -> None:
    """Land Robert and Bob, whom no identifier joins."""
    world.land("a", "people", [row("p", version=1, **ROBERT)])
    world.resolve("person", plan="bulk")
    world.land("b", "people", [row("q", version=1, **BOB)])
    world.resolve("person", plan="delta")


def test_a_score_joins_what_no_identifier_joins(world: World) -> None:
    two(world)
    assert partition(world) == {frozenset({"a:p", "b:q"})}
    assert {found for (found,) in world.all("select decided_by from integrations.record_map")} == {"score"}


def test_a_score_that_is_gone_parts_them_again(world: World) -> None:
    two(world)
    world.land("b", "people", [row("q", version=2, **{**BOB, "phone": "+493098765432"})])
    world.resolve("person", plan="delta")
    assert partition(world) == {frozenset({"a:p"}), frozenset({"b:q"})}


def test_a_change_that_is_not_compared_scores_nothing_anew(world: World) -> None:
    two(world)
    world.land("b", "people", [row("q", version=2, **BOB, job="clerk")])
    assert world.resolve("person", plan="delta")["person"].scores.rescored == 0


def test_a_no_goes_over_a_score(world: World) -> None:
    two(world)
    world.decide("different", ("a", "p"), ("b", "q"))
    world.resolve("person", plan="delta")
    assert partition(world) == {frozenset({"a:p"}), frozenset({"b:q"})}
    assert world.all("select from resolution.review_item where status = 'open'") == []


def test_logins_that_contradict_go_over_a_score_and_a_person_is_asked(world: World) -> None:
    world.land("a", "people", [row("p", version=1, **ROBERT, login="rob")])
    world.land("b", "people", [row("q", version=1, **BOB, login="bob")])
    world.resolve("person")
    assert len(partition(world)) == 2
    ((reason, kind),) = world.all("select reason, evidence->>'kind' from resolution.review_item")
    assert ("2 values of username" in reason, kind) == (True, "score")


def test_types_without_a_name_are_not_scored() -> None:
    scored = {name for name, one in ENTITY_TYPES.items() if live_scheme(one)}
    assert scored == {"person", "organization", "product"}


def test_sizes_of_the_prior_are_few() -> None:
    assert [size_class(size) for size in (0, 4_096, 4_097, 1_000_000)] == [4_096, 4_096, 16_384, 1_048_576]


def with_shared_mailboxes(known: People) -> People:
    """The same people, 2 % of them behind one of nine mailboxes: of a role, or of a desk that no list knows."""
    random = np.random.default_rng(11)
    emails = list(known.columns["email"])
    for number in np.flatnonzero(random.random(len(emails)) < 0.02):
        mailbox = ("info", "support", "frontdesk")[int(random.integers(3))]
        emails[number] = f"{mailbox}@{('alpha', 'beta', 'gamma')[int(random.integers(3))]}corp.com"
    return People(columns={**known.columns, "email": emails}, truth=known.truth)


def landed(world: World, known: People) -> None:
    """Land ``known`` as people of two systems, the copies in the second."""
    rows = []
    for number in range(len(known.truth)):
        said: dict[str, Any] = {name: values[number] for name, values in known.columns.items()}
        name = " ".join(one for one in (said["given_name"], said["family_name"]) if one)
        rows.append(row(str(number), version=1, name=name, email=said["email"], phone=said["phone"]))
    world.land("a", "people", rows)
    world.resolve("person", plan="bulk")


def precision_of(world: World, known: People) -> float:
    """The share of joined pairs that are one person."""
    maps = driver(world.connection).execute(
        "select target_uuid::text, array_agg(source_record_id::int) from integrations.record_map group by 1"
    )
    right = joined = 0
    for _, members in maps:
        truth = np.array([known.truth[one] for one in members])
        same = np.bincount(np.unique(truth, return_inverse=True)[1])
        joined += len(members) * (len(members) - 1) // 2
        right += int((same * (same - 1) // 2).sum())
    return right / max(joined, 1)


@pytest.mark.parametrize(
    "size", [3_000, pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
)
def test_role_mailboxes_shared_by_strangers_hardly_cost_precision(world: World, size: int) -> None:
    known = people(size * 4 // 5, size // 5)
    shared = with_shared_mailboxes(known)
    landed(world, known)
    plain = precision_of(world, known)
    driver(world.connection).execute(
        "truncate staging.source_record, staging.identifier, integrations.record_map, resolution.scored_record,"
        " resolution.blocking_key, resolution.pair_score, resolution.large_block, resolution.scored_state,"
        " resolution.review_item, entities.entity, resolution.record_decision cascade"
    )
    landed(world, shared)
    assert precision_of(world, shared) >= plain - 0.002


def test_new_records_find_their_candidates_by_the_index_however_many_keys_they_have(world: World) -> None:
    connection = driver(world.connection)
    connection.execute(
        "insert into resolution.blocking_key select n / 50, n from generate_series(1, 50000) as n"
    )
    connection.execute("analyze resolution.blocking_key")
    keys = {"keys": Bigints(np.arange(1000))}
    found = connection.execute("explain " + SCORED.literal("sharing"), keys)
    plan = " ".join(line for (line,) in found)
    assert "ix_blocking_key_key" in plan
    assert "Seq Scan on blocking_key" not in plan
