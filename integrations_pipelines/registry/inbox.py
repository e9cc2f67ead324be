"""The webhook inbox: what waits in it, who may empty it, and what was refused at its door.

The receiver stores with the same statements over connections of its own (``store``, ``stored_before``).
"""

import datetime
import uuid as uuidlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text, update
from sqlalchemy.exc import SQLAlchemyError

from integrations_pipelines.registry.jobs import Job
from integrations_pipelines.registry.models import SourceSystem
from integrations_pipelines.registry.packing import unpack
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.registry.statements import statements

STATEMENTS = statements(Path(__file__).with_name("inbox.sql"))
EVENTS, DOORS = "integrations_webhook", "integrations_doors"
"""What PostgreSQL says when an event was stored, and when a source system or a secret changed."""

_INBOX_LOCKS = 7_225
_LAUNCH_SECONDS, _WORK_SECONDS, _EVENT_SECONDS = 45, 60, 600


@dataclass(frozen=True, kw_only=True)
class WaitingEvent:
    """A delivery that is to be worked on, leased to one job."""

    id: int
    uuid: uuidlib.UUID
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: datetime.datetime
    attempts: int
    leased_at: datetime.datetime


@dataclass(frozen=True, kw_only=True)
class Finished:
    """How an event's work ended: ``done`` or ``dead``, and why where that has to be said."""

    event: WaitingEvent
    state: str = "done"
    note: str | None = None


def order_runs(connection: Connection) -> list[tuple[str, int]]:
    """Return (system key, attempt) of every source system whose events are ours to send a run for; others are not told.

    The right lasts as long as a run may take to start; then the next caller gets it, with another attempt.
    """
    STATEMENTS.run(connection, "new_drains")
    values = {"seconds": _LAUNCH_SECONDS}
    return [(str(key), int(attempt)) for key, attempt in STATEMENTS.run(connection, "order_runs", values)]


@contextmanager
def emptying(job: Job) -> Iterator[bool]:
    """Give whether the inbox of the job's source system is ours to empty; it is until the block ends."""
    name, source = f"inbox:{job.source.id}", {"source_system_id": job.source.id}
    query = text("select pg_try_advisory_lock(:kind, hashtext(:name))")
    is_ours = bool(job.session.execute(query, {"kind": _INBOX_LOCKS, "name": name}).scalar())
    try:
        if is_ours:
            hold(job)
            STATEMENTS.run(job.session, "reclaim", source)
        yield is_ours
    finally:
        with suppress(SQLAlchemyError):
            if is_ours:
                STATEMENTS.run(job.session, "release_drain", source)
                query = text("select pg_advisory_unlock(:kind, hashtext(:name))")
                job.session.execute(query, {"kind": _INBOX_LOCKS, "name": name})


def hold(job: Job) -> None:
    """Say that the job is still at work: nobody sends another run meanwhile."""
    values = {"source_system_id": job.source.id, "seconds": _WORK_SECONDS}
    STATEMENTS.run(job.session, "hold_drain", values)


def claim(connection: Connection, job: Job, *, most: int) -> list[WaitingEvent]:
    """Lease up to ``most`` events to the job, oldest first."""
    values = {
        "source_system_id": job.source.id,
        "job": job.id,
        "most": most,
        "seconds": _EVENT_SECONDS,
    }
    rows = STATEMENTS.run(connection, "claim", values).fetchall()
    return [_waiting(row) for row in sorted(rows, key=lambda row: row[0])]


def finish(connection: Connection, finished: Sequence[Finished]) -> None:
    """End the work on events; one that came again meanwhile, under another id, waits once more."""
    values = {
        "ids": [one.event.id for one in finished],
        "states": [one.state for one in finished],
        "notes": [one.note for one in finished],
        "moments": [one.event.leased_at for one in finished],
    }
    STATEMENTS.run(connection, "finish", values)
    dead = [one.event for one in finished if one.state == "dead"]
    if dead:
        plain = {"ids": [one.id for one in dead], "bodies": [one.body for one in dead]}
        STATEMENTS.run(connection, "keep_plain", plain)


def give_back(
    connection: Connection, events: Sequence[WaitingEvent], *, note: str, seconds: float, most: int
) -> int:
    """Let events wait ``seconds`` for another try; those tried ``most`` times are dead. Returns how many are dead."""
    values = {"ids": [one.id for one in events], "note": note, "seconds": seconds, "most": most}
    states = STATEMENTS.run(connection, "give_back", values).fetchall()
    return sum(state == "dead" for (state,) in states)


def waits(connection: Connection) -> bool:
    """Return whether anything waits for a run that nobody has sent yet."""
    return STATEMENTS.run(connection, "waits").fetchone() == (True,)


def count_refusals(connection: Connection, counted: Mapping[tuple[int, str], int]) -> None:
    """Add refused deliveries, by (source system, reason)."""
    sources, reasons = zip(*counted, strict=True)
    values = {"sources": list(sources), "reasons": list(reasons), "counts": list(counted.values())}
    STATEMENTS.run(connection, "count_refusals", values)


def standing(connection: Connection, source: Source) -> dict[str, Any]:
    """Return how a source system's part of the inbox stands: events by state, the newest, refusals by reason."""
    values = {"source_system_id": source.id}
    counts = STATEMENTS.run(connection, "counts", values).fetchall()
    refused = STATEMENTS.run(connection, "refusals", values).fetchall()
    return {
        "events": {state: count for state, count, _ in counts},
        "last_received_at": max((moment for _, _, moment in counts), default=None),
        "refused": {reason: count for reason, count, _ in refused},
    }


def delivered_keys(connection: Connection, source: Source, keys: Sequence[str]) -> set[str]:
    """Return those of ``keys`` whose deliveries are in the inbox of ``source``."""
    rows = STATEMENTS.run(connection, "delivered_keys", {"source_system_id": source.id, "keys": list(keys)})
    return {str(key) for (key,) in rows}


def registered_words(source: Source) -> Mapping[str, Any]:
    """Return what is remembered of the webhook that we set up; {} where we set none up."""
    words: Mapping[str, Any] = source.config.get("webhook", {}).get("registered", {})
    return words


def set_webhook_words(connection: Connection, source: Source, words: Mapping[str, Any]) -> None:
    """Keep what an operator says of a source system's webhooks; a word that is None is forgotten."""
    kept = {**source.config.get("webhook", {}), **words}
    config = {**source.config, "webhook": {name: value for name, value in kept.items() if value is not None}}
    connection.execute(update(SourceSystem).where(SourceSystem.id == source.id).values(config_payload=config))


def _waiting(row: Sequence[Any]) -> WaitingEvent:
    identity, uuid, headers, body, size, received_at, attempts, leased_at = row
    return WaitingEvent(
        id=identity,
        uuid=uuid,
        headers=headers,
        body=unpack(body, size),
        received_at=received_at,
        attempts=attempts,
        leased_at=leased_at,
    )
