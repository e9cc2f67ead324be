"""Landings: one unit of work each, from its number to its outcomes. What a dead run left behind is found here."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.registry.jobs import Job
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("jobs.sql"))


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """A record for the quarantine. ``payload`` is what came, None where nothing can be kept of it.

    ``is_gone``: from a listing of deleted records. ``observed_at`` None means now.
    """

    source_record_id: str | None
    payload: bytes | None
    error_class: str
    message: str
    is_gone: bool = False
    observed_at: datetime | None = None


def start_landing(
    connection: Connection,
    job: Job,
    resource: str,
    *,
    origin: str,
    cursor: Mapping[str, Any] | None,
    window: int | None = None,
) -> int:
    """Return the number of a new landing of ``job``; ``window`` as in ``jobs.lease``."""
    values = {"source_system_id": job.source.id, "job": job.id, "resource": resource, "origin": origin}
    more = {"cursor": json.dumps(cursor), "window": window}
    row = _SQL.run(connection, "start_landing", {**values, **more}).fetchone()
    return int(row[0]) if row else 0


def note_landed(
    connection: Connection, landing: int, *, extracted: int, landed: int, outcomes: Mapping[str, int]
) -> None:
    """Mark the landing as landed; ``outcomes`` are those that needed no landing (unchanged, quarantined)."""
    values = {"landing": landing, "extracted": extracted, "landed": landed, "outcomes": json.dumps(outcomes)}
    _SQL.run(connection, "note_landed", values)


def claim_landing(connection: Connection, landing: int) -> bool:
    """Return whether the landing waits for being applied; nobody else can apply it until the transaction ends.

    Nor anything else of its resource: two that read "no such record" at once would both insert it.
    """
    _SQL.run(connection, "one_at_a_time", {"landing": landing})
    return _SQL.run(connection, "claim_landing", {"landing": landing}).fetchone() is not None


def note_applied(connection: Connection, landing: int, outcomes: Mapping[str, int]) -> None:
    """Mark the landing as applied, with the outcomes of everything that was extracted for it."""
    _SQL.run(connection, "note_applied", {"landing": landing, "outcomes": json.dumps(outcomes)})


def waiting_landings(
    connection: Connection, source: Source, resource: str, window: int | None = None
) -> list[tuple[int, int, str, dict[str, int]]]:
    """Return (landing, import job, origin, outcomes so far) of what landed and was never applied, oldest first.

    Those of the resource's own lease, or of the ``window``'s: whoever holds another lease may be alive.
    """
    values = {"source_system_id": source.id, "resource": resource, "window": window}
    return _SQL.run(connection, "waiting_landings", values).fetchall()


def abandon_landings(connection: Connection, source: Source, resource: str, window: int | None = None) -> int:
    """Give up landings that a dead run had started; return how many. Their rows are fetched again."""
    values = {"source_system_id": source.id, "resource": resource, "window": window}
    return _SQL.run(connection, "abandon_landings", values).rowcount


def known_records(connection: Connection, source: Source, resource: str) -> int:
    """Return how many live records of ``resource`` there are."""
    row = _SQL.run(
        connection, "known_records", {"source_system_id": source.id, "resource": resource}
    ).fetchone()
    return int(row[0]) if row else 0


def set_aside(
    connection: Connection, job: Job, resource: str, stage: str, records: Sequence[SetAside]
) -> None:
    """Put records into quarantine; one that waits there already gets one attempt more."""
    if not records:
        return
    values = {
        "source_system_id": job.source.id,
        "job": job.id,
        "resource": resource,
        "stage": stage,
        "ids": [record.source_record_id for record in records],
        "payloads": [record.payload for record in records],
        "classes": [record.error_class for record in records],
        "messages": [record.message for record in records],
        "gone": [record.is_gone for record in records],
        "moments": [record.observed_at for record in records],
    }
    _SQL.run(connection, "try_again", values)
    _SQL.run(connection, "set_aside", values)


def versions_of(
    connection: Connection, source: Source, resource: str, ids: Sequence[str]
) -> dict[str, datetime | None]:
    """Return the version of each of the records ``ids`` that is known, None for one without."""
    values = {"source_system_id": source.id, "resource": resource, "ids": list(ids)}
    rows = _SQL.run(connection, "versions", values)
    return {row[0]: row[1] for row in rows}
