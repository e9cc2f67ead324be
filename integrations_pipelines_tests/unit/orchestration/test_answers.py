"""Which of Dagster's three answers an error gets, and what it tells."""

import dagster as dg
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines import errors
from integrations_pipelines.orchestration.answers import (
    LONGEST_WAIT,
    RETRIES,
    Unforeseen,
    answer_to,
    told,
    worst,
)


def leaves(kind: type[Exception]) -> list[type[Exception]]:
    return [leaf for one in kind.__subclasses__() for leaf in leaves(one)] or [kind]


@pytest.mark.parametrize("kind", leaves(errors.Later))
def test_what_may_go_through_later_is_tried_again(kind: type[Exception]) -> None:
    assert isinstance(answer_to(kind("x"), 0, "x"), dg.RetryRequested)


@pytest.mark.parametrize(
    "kind", [*leaves(errors.Never), *leaves(errors.TellDeveloper), *leaves(errors.SkipRecord)]
)
def test_what_a_person_has_to_cure_fails_at_once(kind: type[Exception]) -> None:
    answer = answer_to(kind("x"), 0, "x")
    assert isinstance(answer, dg.Failure)
    assert not answer.allow_retries


@given(st.floats(min_value=0, max_value=1e6), st.integers(min_value=0, max_value=5))
def test_a_step_waits_as_asked_but_never_long_nor_often(wait: float, tries: int) -> None:
    answer = answer_to(errors.RateLimited("x", retry_after=wait), tries, "x")
    if tries < RETRIES and wait <= LONGEST_WAIT:
        assert isinstance(answer, dg.RetryRequested)
        assert answer.seconds_to_wait == wait
    else:
        assert isinstance(answer, dg.Failure)


def test_what_nobody_foresaw_is_left_to_the_retry_policy() -> None:
    assert isinstance(answer_to(RuntimeError("x"), 0, "x"), Unforeseen)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("invalid literal: 'Ada Byron'"),
        KeyError("Ada Byron"),
        psycopg.errors.UniqueViolation("DETAIL: Key (name)=(Ada Byron)"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_message_that_may_hold_data_is_not_told(error: Exception) -> None:
    assert told(error) == type(error).__name__ + (" 23505" if isinstance(error, psycopg.Error) else "")


def test_hopeless_errors_decide_before_those_that_may_pass() -> None:
    refused, limited = errors.CredentialError("x"), errors.RateLimited("x", retry_after=9)
    busy = errors.LeaseHeld("x", retry_after=30)
    assert worst([limited, refused, RuntimeError()]) is refused
    assert worst([limited, busy]) is busy
