"""Finds the few rows of a batch that PostgreSQL refuses, so that one of them cannot fail all its neighbours."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from psycopg import errors, sql
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("apply.sql"))
Item = TypeVar("Item")

# What a value can be the reason of; a lost connection, a deadlock or a full disk is nobody's fault among the rows.
ONE_RECORD = (
    errors.DataError,
    errors.IntegrityError,
    errors.ProgramLimitExceeded,
    errors.StatementTooComplex,
)
MOST = 100
"""More rows than this are no exception but a defect: the batch fails as a whole."""


class Invalid(str):
    """Why a record that could be read is not valid: it is set aside one stage later than one that could not."""


def culprits(
    items: Sequence[Item], refusal: Callable[[Sequence[Item]], Exception | None], error: Exception
) -> dict[Item, Exception]:
    """Return the items that are refused on their own, with the reason; found by halves.

    ``refusal`` tries some of them and returns what was raised. Raises ``error`` where no single item is to blame, or
    more than ``MOST`` are.
    """
    found: dict[Item, Exception] = {}
    waiting = [items]
    while waiting:
        some = waiting.pop()
        if not some or (why := refusal(some)) is None:
            continue
        if len(some) == 1:
            found[some[0]] = why
        else:
            waiting += [some[len(some) // 2 :], some[: len(some) // 2]]
        if len(found) > MOST:
            raise error
    if not found:
        raise error
    return found


def refused(connection: Connection, attempt: Callable[[], object]) -> Exception | None:
    """Return what PostgreSQL raises at ``attempt``, which is taken back either way."""
    trial = connection.begin_nested()
    try:
        attempt()
    except ONE_RECORD as error:
        return error
    finally:
        trial.rollback()
    return None


def refusal_of(error: Exception) -> str:
    """Return what may be kept of a driver's error: its class and PostgreSQL's code. Its text may hold the record."""
    code = getattr(error, "sqlstate", None)
    return f"PostgreSQL refuses it: {type(error).__name__} ({code})"


def set_aside(
    connection: Connection,
    table: sql.Identifier,
    values: Mapping[str, Any],
    reasons: Mapping[int, str],
    *,
    stage: str = "parse",
    error_class: str = "RecordRejected",
) -> None:
    """Put landed rows, by position with the reason, into quarantine; ``Invalid`` ones as such."""
    invalid = {one: why for one, why in reasons.items() if isinstance(why, Invalid)}
    others = {one: why for one, why in reasons.items() if one not in invalid}
    for some, *named in ((others, stage, error_class), (invalid, "validate", Invalid.__name__)):
        said = {"failed": list(some), "reasons": [str(why) for why in some.values()]}
        if some:
            last = {**values, **said, "stage": named[0], "error_class": named[1]}
            _SQL.run(connection, "set_aside", last, landed_table=table)
