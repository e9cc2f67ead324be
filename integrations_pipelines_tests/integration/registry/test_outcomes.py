"""Each landed row has one outcome: every outcome of DESIGN section 5, from what was there and what arrives."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest

from integrations_pipelines.registry import quarantine
from integrations_pipelines_tests.integration.registry.landed import Row, World, row

BROKEN = Row(key="p", text='["no", "object"]')


@dataclass(frozen=True, kw_only=True)
class Case:
    """``before`` lands and is applied; then ``rows`` land together. ``left``: what the record is afterwards."""

    rows: Sequence[Row]
    outcomes: dict[str, int]
    left: tuple[str | None, bool] | None
    before: Sequence[Row] = ()
    same_job: bool = False
    origin: str = "poll"


def p(version: int | None, seen: int, *, deleted: bool = False, job: str | None = None) -> Row:
    words = {} if job is None else {"job": job}
    return row("p", version=version, seen=seen, deleted=deleted, **words)


CASES = {
    "new": Case(rows=[p(1, 1, job="a")], outcomes={"new": 1}, left=("a", False)),
    "changed": Case(
        before=[p(1, 1, job="a")], rows=[p(2, 2, job="b")], outcomes={"changed": 1}, left=("b", False)
    ),
    "changed, without a version": Case(
        before=[p(None, 1, job="a")], rows=[p(None, 2, job="b")], outcomes={"changed": 1}, left=("b", False)
    ),
    "unchanged": Case(
        before=[p(1, 1, job="a")], rows=[p(1, 2, job="a")], outcomes={"unchanged": 1}, left=("a", False)
    ),
    "unchanged in a newer version": Case(
        before=[p(1, 1, job="a")], rows=[p(2, 2, job="a")], outcomes={"unchanged": 1}, left=("a", False)
    ),
    "unchanged, without a version": Case(
        before=[p(None, 1, job="a")], rows=[p(None, 2, job="a")], outcomes={"unchanged": 1}, left=("a", False)
    ),
    "stale": Case(
        before=[p(2, 1, job="b")], rows=[p(1, 2, job="a")], outcomes={"stale": 1}, left=("b", False)
    ),
    "stale, without a version": Case(
        before=[p(None, 2, job="b")], rows=[p(None, 1, job="a")], outcomes={"stale": 1}, left=("b", False)
    ),
    "older versions in one landing": Case(
        rows=[p(1, 1, job="a"), p(3, 1, job="c"), p(2, 1, job="b")],
        outcomes={"new": 1, "stale": 2},
        left=("c", False),
    ),
    "twice in one landing": Case(
        rows=[p(1, 1, job="a"), p(1, 1, job="a")], outcomes={"new": 1, "duplicate": 1}, left=("a", False)
    ),
    "twice in one job": Case(
        before=[p(1, 1, job="a")],
        rows=[p(1, 2, job="a")],
        same_job=True,
        outcomes={"duplicate": 1},
        left=("a", False),
    ),
    "deleted": Case(
        before=[p(1, 1, job="a")], rows=[p(2, 2, deleted=True)], outcomes={"deleted": 1}, left=("a", True)
    ),
    "deleted again": Case(
        before=[p(1, 1, job="a"), p(2, 2, deleted=True)],
        rows=[p(3, 3, deleted=True)],
        outcomes={"unchanged": 1},
        left=("a", True),
    ),
    "undeleted": Case(
        before=[p(1, 1, job="a"), p(2, 2, deleted=True)],
        rows=[p(3, 3, job="c")],
        outcomes={"undeleted": 1},
        left=("c", False),
    ),
    "undeleted as it was": Case(
        before=[p(None, 1, job="a"), p(None, 2, deleted=True)],
        rows=[p(None, 3, job="a")],
        outcomes={"undeleted": 1},
        left=("a", False),
    ),
    "a tombstone before its record": Case(
        rows=[p(2, 1, deleted=True)], outcomes={"deleted": 1}, left=(None, True)
    ),
    "a late live row behind a tombstone": Case(
        before=[p(2, 1, deleted=True)], rows=[p(1, 2, job="a")], outcomes={"stale": 1}, left=("a", True)
    ),
    "a tombstone and its record in one landing": Case(
        rows=[p(1, 1, job="a"), p(2, 1, deleted=True)],
        outcomes={"deleted": 1, "stale": 1},
        left=("a", True),
    ),
    "a tombstone from before": Case(
        before=[p(2, 1, job="b")], rows=[p(1, 2, deleted=True)], outcomes={"stale": 1}, left=("b", False)
    ),
    "a tombstone of the same moment wins": Case(
        rows=[p(None, 1, job="a"), p(None, 1, deleted=True)],
        outcomes={"deleted": 1, "stale": 1},
        left=("a", True),
    ),
    "same version, other content, seen earlier": Case(
        before=[p(1, 2, job="b")], rows=[p(1, 1, job="a")], outcomes={"conflict": 1}, left=("b", False)
    ),
    "same version, other content, by webhook": Case(
        before=[p(1, 1, job="a")],
        rows=[p(1, 2, job="b")],
        origin="webhook",
        outcomes={"conflict": 1},
        left=("b", False),
    ),
    "quarantined": Case(rows=[BROKEN], outcomes={"quarantined": 1}, left=None),
    "quarantined, and known before": Case(
        before=[p(None, -1, job="a")], rows=[BROKEN], outcomes={"quarantined": 1}, left=("a", False)
    ),
    "quarantined, and readable before in the same landing": Case(
        rows=[p(None, -2, job="a"), p(None, -1, job="b"), BROKEN],
        outcomes={"new": 1, "stale": 1, "quarantined": 1},
        left=("b", False),
    ),
}


def left(world: World) -> tuple[str | None, bool] | None:
    found = world.all("select attributes->>'job_title', is_deleted from staging.source_record")
    return (found[0][0], found[0][1]) if found else None


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_row_has_one_outcome(world: World, case: Case) -> None:
    for one in case.before:
        world.land("a", "people", [one])
    if not case.same_job:
        world.new_job("a")
    outcomes = world.land("a", "people", case.rows, origin=case.origin)
    assert outcomes == case.outcomes
    assert sum(outcomes.values()) == len(case.rows)
    assert left(world) == case.left


def test_a_landing_with_every_kind_of_row_balances(world: World) -> None:
    before = [one for case in CASES.values() for one in case.before]
    rows = [one for case in CASES.values() for one in case.rows]
    world.land("a", "people", before)
    assert sum(world.land("a", "people", rows).values()) == len(rows)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_an_unreadable_row_hides_no_readable_one_in_any_order(world: World, order: tuple[int, ...]) -> None:
    rows = [p(None, -2, job="a"), p(None, -1, job="b"), BROKEN]
    for n in order:
        world.land("a", "people", [rows[n]])
    assert left(world) == ("b", False)


def test_a_record_that_cannot_be_read_waits_once_with_its_payload(world: World) -> None:
    world.land("a", "people", [p(None, -1, job="a")])
    for _ in range(3):
        world.land("a", "people", [BROKEN])
    found = world.all(
        "select source_record_id, stage, attempts, payload from integrations.quarantined_record"
    )
    assert found == [("p", "parse", 3, BROKEN.text.encode())]


def test_what_waited_of_a_record_is_settled_by_a_version_that_can_be_read(world: World) -> None:
    world.land("a", "people", [BROKEN])
    world.land("a", "people", [BROKEN])
    assert world.all("select status, attempts from integrations.quarantined_record") == [("waiting", 2)]
    world.land("a", "people", [row("q", version=1)])
    world.land("a", "people", [p(1, 5, job="a")])
    assert world.all("select status from integrations.quarantined_record") == [("resolved",)]


def test_a_late_live_row_behind_a_tombstone_gives_the_deleted_record_its_identity(world: World) -> None:
    world.land("a", "people", [row("p", version=2, deleted=True)])
    world.land("a", "people", [row("p", version=1, email="ann@acme.com")])
    world.land("b", "people", [row("q", version=1, email="ann@acme.com", job="cook")])
    world.resolve("person")
    assert world.one("select count(distinct target_uuid), count(*) from integrations.record_map") == (1, 2)
    assert world.one("select count(*) from integrations.record_map where map_status = 'deleted'") == (1,)
    assert world.one("select values->>'job_title' from entities.entity") == ("cook",)


def test_a_record_that_lost_its_name_has_no_name_key(world: World) -> None:
    world.land("a", "people", [row("p", version=1, name="Ann Lee")])
    world.land("a", "people", [row("p", version=2)])
    assert world.one("select name_key from staging.source_record") == ("",)


def test_texts_arrive_as_they_are(world: World) -> None:
    texts: dict[str, Any] = {
        "job": 'back\\slash "quoted" \\N \\. ü 漢 🐘 {"a": 1}',
        "name": "Zoë O'Neil\\Smith",
    }
    world.land("a", "people", [row("p", version=1, **texts)])
    world.land("a", "people", [row("p", version=2, **texts), row("q", version=1, **texts)])
    found = world.all("select attributes->>'job_title', attributes->>'name' from staging.source_record")
    assert found == [(texts["job"], texts["name"])] * 2


def test_of_a_first_load_one_record_can_be_held_back(world: World) -> None:
    world.land("crm", "people", [row(key, email=f"{key}@x.org") for key in "abc"])
    a, b, c = (world.record_id("crm", "people", key) for key in "abc")
    assert quarantine.pending_records(world.connection, "person") == [a, b, c]
    quarantine.hold_back(world.connection, "person", [b])
    assert quarantine.pending_records(world.connection, "person") == [a, c]
    world.resolve("person")
    assert quarantine.pending_records(world.connection, "person") == []


def test_what_waits_twice_is_looked_at_once(world: World) -> None:
    world.land("crm", "people", [row(key, version=1, email=f"{key}@x.org") for key in "ab"])
    world.land("crm", "people", [row("a", version=2, seen=2, email="other@x.org")])
    assert world.resolve("person")["person"].touched == 2
