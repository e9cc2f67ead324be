"""Our errors as Dagster's three answers: fail at once, try again after a stated time, try again by the policy.

Dagster keeps what it is told for years and shows it to everybody, so an answer holds no secret and no data.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg
import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from integrations_pipelines.errors import IntegrationsError, Later
from integrations_pipelines.vault import scrub

RETRIES = 2
LONGEST_WAIT = 180.0
"""Seconds. A step waits with its place in the run queue taken; what takes longer is left to the next poll."""

# For what nobody foresaw; the errors of our own tree never reach it.
UNEXPECTED = dg.RetryPolicy(
    max_retries=RETRIES, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
# Their messages repeat the value that was off: a payload's, a person's.
_SHOW_VALUES = (ValueError, LookupError, SQLAlchemyError, psycopg.Error)


class Unforeseen(Exception):
    """An error that is not of our tree, without the data that its message may have held."""


@contextmanager
def dagster_answers(context: dg.OpExecutionContext) -> Iterator[None]:
    """Turn whatever the block raises into one of the three answers; an answer stays what it is."""
    try:
        yield
    except (dg.Failure, dg.RetryRequested):
        raise
    except Exception as error:  # noqa: BLE001 - every class has its answer
        raise answer_to(error, context.retry_number, told(error)) from None


def answer_to(error: Exception, retry_number: int, story: str) -> Exception:
    """Return what to raise, ``from None``, for a step that was tried ``retry_number`` times before.

    ``story`` is the reason in words, as ``told`` gives it.
    """
    match error:
        case Later() if retry_number < RETRIES and (wait := wait_for(error, retry_number)) <= LONGEST_WAIT:
            return dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=wait)
        case Later():
            return dg.Failure(f"{story} (left to the next poll)", allow_retries=False)
        case IntegrationsError():
            return dg.Failure(story, allow_retries=False)
        case _:
            return Unforeseen(story).with_traceback(error.__traceback__)


def told(error: BaseException) -> str:
    """Return the error in one line that anybody may read: its class, and its message where that holds no data."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    name = type(cause).__name__
    if isinstance(cause, psycopg.Error):
        found = cause.diag
        where = ".".join(filter(None, [found.schema_name, found.table_name, found.constraint_name]))
        return " ".join(filter(None, [name, cause.sqlstate, where]))
    return name if isinstance(cause, _SHOW_VALUES) else scrub(f"{name}: {' '.join(str(cause).split())}")


def wait_for(error: Later, retry_number: int) -> float:
    """Return the seconds to wait: what was asked for, else twice as long each time."""
    return error.retry_after if error.retry_after is not None else 5.0 * 2.0**retry_number


def worst(errors: Sequence[Exception]) -> Exception:
    """Return the error that decides: one that waiting does not cure, else an unforeseen one, else the longest wait."""
    hopeless = [one for one in errors if isinstance(one, IntegrationsError) and not isinstance(one, Later)]
    unforeseen = [one for one in errors if not isinstance(one, IntegrationsError)]
    waits = sorted((one for one in errors if isinstance(one, Later)), key=lambda one: -wait_for(one, 0))
    return [*hopeless, *unforeseen, *waits][0]
