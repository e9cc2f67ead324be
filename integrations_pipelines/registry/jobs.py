"""Import jobs: who runs, what it may touch, and what came of it.

A job holds a database session of its own while it runs. PostgreSQL ends the session with the process, so its advisory
locks are leases that a killed run cannot keep; the fencing token keeps out a run that only seems dead.
"""

import json
import uuid as uuidlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from integrations_pipelines.errors import LeaseHeld, LeaseLost
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("jobs.sql"))
_JOB_LOCKS, _RESOURCE_LOCKS = 7_221, 7_222
_LOGGED = {"succeeded": "ok", "deferred": "deferred"}


@dataclass(frozen=True, kw_only=True)
class Job:
    """A running import job, by its internal and outward names."""

    id: int
    uuid: uuidlib.UUID
    source: Source
    session: Connection


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to sync one resource, and where to start; only the holder of the newest token may move the cursor."""

    job: Job
    resource: str
    token: int
    cursor: Mapping[str, Any] | None
    window: int | None = None
    is_part: bool = False

    @property
    def scope(self) -> int | None:
        """What its landings are marked with: a window, a part of the work beside it (-1), or neither."""
        return -1 if self.is_part else self.window


@contextmanager
def open_job(
    engine: Engine, source: Source, *, job_type: str, run_key: str | None, parent: uuidlib.UUID | None = None
) -> Iterator[Job]:
    """Give the job of this run; jobs of the source whose process is gone are closed as failed first.

    ``parent`` is the job that this one is a part of.
    """
    session = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        values = {"source_system_id": source.id, "job_type": job_type, "run_key": run_key, "parent": parent}
        session.execute(text("select integrations.ensure_sync_log_partitions()"))
        ((id_, uuid),) = _SQL.run(session, "open_job", values).fetchall()
        _lock(session, _JOB_LOCKS, str(id_))
        _lose_dead_jobs(session, source, id_)
        yield Job(id=id_, uuid=uuid, source=source, session=session)
    finally:
        # Not returned to the pool: closing the session is what gives its locks back.
        session.invalidate()
        session.close()


@contextmanager
def lease(job: Job, resource: str, *, window: int | None = None, part: str = "") -> Iterator[Lease]:
    """Give the right to sync ``resource``. Raises ``LeaseHeld`` while another run has it.

    A backfill's ``window``, and another ``part`` of the work on a resource, has a lease of its own: it may run beside.
    """
    name = f"{job.source.id}:{resource}" + (f":{window}" if window else "") + (f":{part}" if part else "")
    if not _lock(job.session, _RESOURCE_LOCKS, name):
        raise LeaseHeld(f"{job.source.system_key}: another run is syncing {resource}", retry_after=30.0)
    try:
        values = {"source_system_id": job.source.id, "resource": resource, "window": window, "job": job.id}
        take = "take_window" if window else "take_part" if part else "take_cursor"
        token, cursor = _SQL.run(job.session, take, values).fetchone() or (0, None)
        yield Lease(job=job, resource=resource, token=token, cursor=cursor, window=window, is_part=bool(part))
    finally:
        # A session that broke has given its locks back already; why the run ended must not be hidden by that.
        with suppress(SQLAlchemyError):
            values = {"kind": _RESOURCE_LOCKS, "name": name}
            job.session.execute(text("select pg_advisory_unlock(:kind, hashtext(:name))"), values)


def move_cursor(
    connection: Connection, held: Lease, cursor: Mapping[str, Any] | None, *, complete: bool
) -> None:
    """Move the resource's cursor in the caller's transaction. Raises ``LeaseLost`` for a run that was overtaken."""
    if held.is_part:
        return  # It knows nothing of where the next poll starts.
    values = {
        "source_system_id": held.job.source.id,
        "resource": held.resource,
        "token": held.token,
        "cursor": json.dumps(cursor),
        "complete": complete,
        "window": held.window,
    }
    if _SQL.run(connection, "move_window" if held.window else "move_cursor", values).rowcount != 1:
        raise LeaseLost(f"{held.job.source.system_key}: another run took over {held.resource}")


def note_resource(connection: Connection, job: Job, resource: str, summary: Mapping[str, Any]) -> None:
    """Put what the job did for ``resource`` into its result summary."""
    _SQL.run(
        connection, "note_resource", {"job": job.id, "resource": resource, "summary": json.dumps(summary)}
    )


def close_job(
    connection: Connection,
    job: Job,
    *,
    status: str,
    error: Mapping[str, Any] | None = None,
    next_try_at: datetime | None = None,
) -> dict[str, Any]:
    """End the job and return its result summary: ``extracted``, ``outcomes``, ``resources``.

    ``next_try_at``: when a deferred one starts again by itself.
    """
    values = {
        "job": job.id,
        "status": status,
        "error": json.dumps(error) if error else None,
        "next": next_try_at,
    }
    ((summary,),) = _SQL.run(connection, "close_job", values).fetchall()
    said = _LOGGED.get(status, "error")
    write_log(connection, job, f"job.{status}", said, _closing(error), summary)
    return dict(summary)


def write_log(
    connection: Connection, job: Job, event_type: str, status: str, message: str, payload: Mapping[str, Any]
) -> None:
    """Append one line to the sync log. ``payload`` holds counts and names, never personal data."""
    values = {"source_system_id": job.source.id, "job": job.id, "event_type": event_type, "status": status}
    _SQL.run(connection, "write_log", {**values, "message": message, "payload": json.dumps(payload)})


def _closing(error: Mapping[str, Any] | None) -> str:
    return str(error["message"]) if error else "all resources are through"


def _lose_dead_jobs(session: Connection, source: Source, job: int) -> None:
    for (other,) in _SQL.run(session, "running_jobs", {"source_system_id": source.id, "job": job}).fetchall():
        if _lock(session, _JOB_LOCKS, str(other)):
            _SQL.run(session, "lose_job", {"job": other})


def _lock(session: Connection, kind: int, name: str) -> bool:
    query = text("select pg_try_advisory_lock(:kind, hashtext(:name))")
    return bool(session.execute(query, {"kind": kind, "name": name}).scalar())
