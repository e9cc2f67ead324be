"""Which answers ask for a pause, and for how long."""

from email.utils import formatdate

import pytest
from requests.structures import CaseInsensitiveDict

from integrations_pipelines.connectors.github import CONNECTOR
from integrations_pipelines.staging.patience import LONGEST_PAUSE, back_off, pause_asked, requests_left

NOW = 1_800_000_000
GITHUB = CONNECTOR.rate_limits


def asked(status: int, **headers: str) -> float | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return pause_asked(status, CaseInsensitiveDict(named), GITHUB)


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 422])
def test_an_ordinary_answer_asks_for_nothing(status: int) -> None:
    assert asked(status, X_RateLimit_Remaining="12") is None


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_too_many_and_a_fault_of_theirs_ask_for_a_pause(status: int) -> None:
    assert asked(status) == 0.0


def test_retry_after_is_seconds() -> None:
    assert asked(429, Retry_After=" 7 ") == 7.0


def test_retry_after_is_a_date() -> None:
    wait = asked(503, Retry_After=formatdate(None, usegmt=True))
    assert wait is not None
    assert wait < 2


@pytest.mark.parametrize("asked_for", ["31536000", "9" * 20, "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_no_pause_is_longer_than_a_day(asked_for: str) -> None:
    assert asked(429, Retry_After=asked_for) == LONGEST_PAUSE


@pytest.mark.parametrize(
    ("reset", "seconds"), [(NOW + 90, 90), ((NOW + 90) * 1000, 90), (9**99, LONGEST_PAUSE)]
)
def test_a_reset_may_be_told_in_milliseconds_and_is_within_a_day(reset: int, seconds: float) -> None:
    date = formatdate(NOW, usegmt=True)
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset), "date": date}
    assert requests_left(headers) == (0.0, seconds)


def test_github_says_403_where_nothing_remains_and_the_clock_is_its_own() -> None:
    date = formatdate(NOW, usegmt=True)
    assert asked(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=str(NOW + 90), Date=date) == 90.0


def test_retry_after_goes_before_the_reset() -> None:
    date = formatdate(NOW, usegmt=True)
    assert (
        asked(403, Retry_After="5", X_RateLimit_Remaining="0", X_RateLimit_Reset=str(NOW + 90), Date=date)
        == 5.0
    )


@pytest.mark.parametrize("attempt", range(1, 12))
def test_backing_off_is_never_long(attempt: int) -> None:
    assert 0 < back_off(attempt, 0.5) <= 30


def test_backing_off_doubles_from_the_first_wait() -> None:
    for first in (0.01, 0.5):
        waits = [back_off(attempt, first) / first for attempt in (1, 2, 3)]
        assert all(2**n / 2 <= wait <= 2**n for n, wait in enumerate(waits)), (first, waits)
