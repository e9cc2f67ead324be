"""When the demo is red."""

from collections.abc import Mapping

import pytest

from integrations_pipelines.demo.report import Report
from integrations_pipelines.orchestration.outcome import ResourceOutcome, RunOutcome, RunStatus


def report(
    outcomes: Mapping[str, int], *, is_repeat: bool, status: RunStatus = "succeeded", extracted: int = 3
) -> Report:
    resource = ResourceOutcome(
        resource="users",
        status="succeeded",
        extracted=extracted,
        outcomes=outcomes,
        is_balanced=extracted == sum(outcomes.values()),
    )
    run = RunOutcome(run_id="1", system_key="slack-demo", status=status, resources=(resource,))
    return Report(runs=[run], counts={}, scores={}, seconds={}, is_repeat=is_repeat)


@pytest.mark.parametrize(("outcomes", "is_repeat"), [({"new": 3}, False), ({"unchanged": 3}, True)])
def test_balanced_jobs_and_a_quiet_second_run_are_green(outcomes: Mapping[str, int], is_repeat: bool) -> None:
    assert report(outcomes, is_repeat=is_repeat).faults == []


def test_a_record_without_an_outcome_is_red() -> None:
    (fault,) = report({"new": 2}, is_repeat=False).faults
    assert fault == "slack-demo users: 3 extracted, 2 accounted for"


@pytest.mark.parametrize("outcome", ["new", "changed", "deleted", "conflict", "quarantined", "stale"])
def test_a_second_run_that_finds_something_is_red(outcome: str) -> None:
    (fault,) = report({"unchanged": 2, outcome: 1}, is_repeat=True).faults
    assert f"1 {outcome}" in fault


def test_a_failed_run_is_red() -> None:
    assert report({"new": 3}, is_repeat=False, status="failed").faults
