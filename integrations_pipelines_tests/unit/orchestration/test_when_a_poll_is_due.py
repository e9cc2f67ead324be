"""When an account is polled: after its interval, later after failures, and where it was deferred, then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.orchestration.schedules import due_slot
from integrations_pipelines.registry.health import Attempts

HUBSPOT = connector_of("hubspot")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
POLL = timedelta(minutes=15)


def account(**words: Any) -> Attempts:
    """Return an account that was added a day ago, with its credential."""
    return Attempts(
        **{"system_key": "crm", "added_at": NOW - timedelta(days=1), "secrets": ["token"], **words}
    )


def test_a_deferred_account_waits_for_its_moment_and_no_longer() -> None:
    later = account(last_attempt=NOW - timedelta(hours=2), next_try_at=NOW + timedelta(minutes=40))
    assert due_slot(HUBSPOT, later, NOW) is None
    assert due_slot(HUBSPOT, later, NOW + timedelta(minutes=39)) is None
    assert due_slot(HUBSPOT, later, NOW + timedelta(minutes=40)) == NOW + timedelta(minutes=40)


def test_a_deferred_account_goes_on_before_its_next_poll() -> None:
    soon = account(last_attempt=NOW - timedelta(minutes=1), next_try_at=NOW)
    assert due_slot(HUBSPOT, soon, NOW) == NOW
    assert due_slot(HUBSPOT, account(last_attempt=NOW - timedelta(minutes=1)), NOW) is None


def test_a_run_that_was_lost_is_asked_for_again_once_a_poll() -> None:
    deferred = account(last_attempt=NOW - timedelta(hours=2), next_try_at=NOW)
    slots = {due_slot(HUBSPOT, deferred, NOW + timedelta(minutes=n)) for n in range(31)}
    assert slots == {NOW, NOW + POLL, NOW + 2 * POLL}


@pytest.mark.parametrize(("failures", "polls"), [(0, 1), (1, 1), (2, 2), (3, 4), (10, 24)])
def test_failures_make_the_wait_longer_and_never_longer_than_six_hours(failures: int, polls: int) -> None:
    failed = account(last_attempt=NOW, failures=failures)
    assert due_slot(HUBSPOT, failed, NOW + polls * POLL - timedelta(minutes=1)) is None
    assert due_slot(HUBSPOT, failed, NOW + polls * POLL) is not None


def test_an_account_without_its_credential_is_not_polled() -> None:
    assert due_slot(HUBSPOT, account(secrets=[]), NOW) is None
