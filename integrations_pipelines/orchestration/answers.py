"""Our errors as Dagster's three answers: fail at once, try again after a stated time, try again by the policy."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from integrations_pipelines.errors import IntegrationsError, Later, Never, SkipRecord, TellDeveloper
from integrations_pipelines.vault import scrubbed, without_secrets

RETRIES = 3
LONGEST_WAIT = 180.0
"""Seconds. A step waits with its place in the run queue taken; what takes longer is left to the next poll."""

# For what nobody foresaw; the errors of our own tree never reach it.
UNEXPECTED = dg.RetryPolicy(
    max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)


def answer_to(error: Exception, retry_number: int, story: str | None = None) -> BaseException:
    """Return what to raise, ``from None``, so that Dagster does the right thing; it shows no secret.

    ``retry_number`` is how often the step was tried before. ``story`` is the reason in words, scrubbed already.
    """
    told = story or scrubbed(error)
    match error:
        case dg.Failure() | dg.RetryRequested():
            return error
        case Later() if retry_number < RETRIES and (wait := wait_for(error, retry_number)) <= LONGEST_WAIT:
            return dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=wait)
        case Later():
            return dg.Failure(f"{told} (left to the next poll)", allow_retries=False)
        case Never() | TellDeveloper() | SkipRecord() | IntegrationsError():
            return dg.Failure(told, allow_retries=False)
        case _:
            return without_secrets(error)


def wait_for(error: Later, retry_number: int) -> float:
    """Return the seconds to wait: what was asked for, else twice as long each time."""
    return error.retry_after if error.retry_after is not None else 2.0 * 2**retry_number


def worst(errors: list[Exception]) -> Exception:
    """Return the error that decides: an unexpected one, else one that waiting does not cure, else the longest wait."""
    unexpected = [error for error in errors if not isinstance(error, IntegrationsError)]
    hopeless = [error for error in errors if not isinstance(error, Later)]
    waits = sorted((error for error in errors if isinstance(error, Later)), key=lambda one: wait_for(one, 0))
    return [*unexpected, *hopeless, *reversed(waits)][0]


@contextmanager
def dagster_answers(context: dg.AssetExecutionContext) -> Iterator[None]:
    """Turn whatever the block raises into one of the three answers."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - every class has its answer
        raise answer_to(error, context.op_execution_context.retry_number) from None
