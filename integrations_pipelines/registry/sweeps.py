"""Sweeps: what was seen, what is missing, what is suspected, and what is gone. Set-based; nothing is decided here."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.jobs import Job
from integrations_pipelines.registry.reading import rows
from integrations_pipelines.registry.statements import driver, statements

_SQL = statements(Path(__file__).with_name("sweeps.sql"))


@dataclass(frozen=True, kw_only=True)
class Judged:
    """``live`` records are known, ``listed`` ids were seen, ``missing`` are known and were not seen."""

    live: int
    listed: int
    missing: int


@dataclass(frozen=True, kw_only=True)
class LastSweep:
    """When a resource was last swept to the end (or first synced), and when a sweep was last tried."""

    system_key: str
    resource: str
    completed_at: datetime.datetime
    attempted_at: datetime.datetime | None


class Seen:
    """What one sweep saw of one resource, in the session of its job; it ends with the job."""

    def __init__(self, job: Job, resource: str, started_at: datetime.datetime) -> None:
        self._job = job
        self._values: dict[str, Any] = {
            "source_system_id": job.source.id,
            "resource": resource,
            "started_at": started_at,
        }
        self._run("begin")
        self._run("forget")

    def see(self, ids: Sequence[str]) -> None:
        """Remember the ids of a page."""
        self._run("see", ids=list(ids))

    def judge(self) -> Judged:
        """Return how many records are missing; nothing is written."""
        ((live, listed, missing),) = self._run("judge").fetchall()
        return Judged(live=live, listed=listed, missing=missing)

    def note_attempt(self) -> None:
        """Write down that a sweep was tried."""
        self._run("attempted")

    def suspect(self) -> None:
        """Write down what is missing, and that this sweep is complete."""
        with driver(self._job.session).transaction():
            for name in ("unsuspect", "suspect", "completed"):
                self._run(name)

    def newly_suspected(self, limit: int) -> list[str]:
        """Return ids that one sweep alone has missed."""
        return [one for (one,) in self._run("newly_suspected", limit=limit)]

    def clear(self, ids: Sequence[str]) -> None:
        """Take suspicions back."""
        self._run("clear", ids=list(ids))

    def gone(self, ids: Sequence[str]) -> list[tuple[str, datetime.datetime | None]]:
        """Return (id, version) of what two sweeps have missed, and of ``ids``, which are not there when asked for."""
        return [(one, version) for one, version in self._run("gone", ids=list(ids))]

    def returned(self, table: tuple[str, str]) -> list[tuple[str, datetime.datetime | None, bytes, str]]:
        """Return (id, version, content hash, payload) of what a sweep had found gone and is listed again."""
        if self._run("has_returned").fetchone() != (True,):
            return []
        found = self._run("returned", landed_table=sql.Identifier(*table)).fetchall()
        return [(one, version, bytes(hash_), text) for one, version, hash_, text in found]

    def suspected(self) -> int:
        """Return how many records are suspected now."""
        ((found,),) = self._run("suspected").fetchall()
        return int(found)

    def _run(self, name: str, landed_table: sql.Identifier | None = None, **more: Any) -> Any:
        tables = {"landed_table": landed_table} if landed_table is not None else {}
        return _SQL.run(self._job.session, name, {**self._values, **more}, **tables)


def last_sweeps(connection: Connection) -> list[LastSweep]:
    """Return when each resource of each active source system was last swept."""
    return [
        LastSweep(system_key=key, resource=name, completed_at=done, attempted_at=tried)
        for key, name, done, tried in _SQL.run(connection, "due")
    ]


@dataclass(frozen=True, kw_only=True)
class Suspicions:
    """How many records of a resource are suspected of being gone."""

    resource: str
    suspected: int


def suspicions(connection: Connection, system_key: str) -> list[Suspicions]:
    """Return how many records of each resource are suspected; one without any is left out."""
    return rows(connection, _SQL, "suspicions", Suspicions, {"system_key": system_key})
