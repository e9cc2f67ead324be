"""The windows of backfills: planned once, done once, whoever asks again."""

import datetime
import json
import uuid as uuidlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.errors import NotFound
from integrations_pipelines.registry.jobs import Lease
from integrations_pipelines.registry.reading import rows
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("windows.sql"))
Span = tuple[datetime.datetime, datetime.datetime]


@dataclass(frozen=True, kw_only=True)
class BackfillWindow:
    """One window, half-open. ``status``: waiting, running, succeeded, failed, or deferred until ``next_try_at``.

    ``id`` is internal, ``uuid`` its outward name; both are None while it is planned only in thought. ``job`` is the
    last job that worked on it, with what that brought.
    """

    id: int | None
    uuid: uuidlib.UUID | None
    from_at: datetime.datetime
    to_at: datetime.datetime
    status: str
    extracted: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    next_try_at: datetime.datetime | None = None
    job: uuidlib.UUID | None = None
    system_key: str = ""
    resource: str = ""

    @property
    def is_done(self) -> bool:
        """It need not be read again."""
        return self.status == "succeeded"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the backfills of one resource stand: windows by status, and when the next deferred one starts again."""

    system_key: str
    resource: str
    from_at: datetime.datetime
    to_at: datetime.datetime
    windows: int
    by_status: Mapping[str, int]
    next_try_at: datetime.datetime | None


@dataclass(frozen=True, kw_only=True)
class DueWindow:
    """A deferred window whose time has come, after so many ``attempts``."""

    uuid: uuidlib.UUID
    attempts: int
    system_key: str
    resource: str


def plan(
    connection: Connection, source: Source, resource: str, spans: Sequence[Span], *, again: bool = False
) -> list[BackfillWindow]:
    """Write down the windows that are not there yet; return all of them, in the order of ``spans``.

    ``again``: those that are done are to be done once more.
    """
    values = _values(source, resource, spans)
    _SQL.run(connection, "plan", values)
    if again:
        _SQL.run(connection, "again", values)
    return planned(connection, source, resource, spans)


def planned(
    connection: Connection, source: Source, resource: str, spans: Sequence[Span]
) -> list[BackfillWindow]:
    """Return how the windows stand, in the order of ``spans``; nothing is written."""
    return rows(connection, _SQL, "planned", BackfillWindow, _values(source, resource, spans))


def window_of(connection: Connection, uuid: uuidlib.UUID) -> BackfillWindow:
    """Return the window called ``uuid``. Raises ``NotFound``."""
    found = rows(connection, _SQL, "window", BackfillWindow, {"uuid": uuid})
    if not found:
        raise NotFound(f"no backfill has a window {uuid}")
    return found[0]


def end_window(
    connection: Connection,
    held: Lease,
    summary: Mapping[str, Any],
    *,
    status: str,
    next_try_at: datetime.datetime | None = None,
) -> None:
    """Write down what came of the window that ``held`` is the lease of: its resource's ``summary``."""
    values = {
        "window": held.window,
        "token": held.token,
        "status": status,
        "extracted": summary["extracted"],
        "outcomes": json.dumps(summary["outcomes"]),
        "error": summary["error"],
        "next": next_try_at,
    }
    _SQL.run(connection, "end", values)


def due_windows(connection: Connection, now: datetime.datetime) -> list[DueWindow]:
    """Return the deferred windows whose time has come."""
    return rows(connection, _SQL, "due", DueWindow, {"now": now})


def standings(connection: Connection, system_key: str | None = None) -> list[Standing]:
    """Return how the backfills stand, by source system and resource."""
    return rows(connection, _SQL, "standing", Standing, {"system_key": system_key})


def _values(source: Source, resource: str, spans: Sequence[Span]) -> dict[str, Any]:
    return {
        "source_system_id": source.id,
        "resource": resource,
        "froms": [from_ for from_, _ in spans],
        "tos": [to for _, to in spans],
    }
