"""The quarantine: what waits and why, what is tried again, what was settled. Payloads leave it only to be read anew."""

import datetime
import json
import uuid as uuidlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg.rows import class_row
from sqlalchemy import Connection

from integrations_pipelines.errors import NotFound, UsageError
from integrations_pipelines.registry.jobs import Job
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.registry.statements import driver, statements

_SQL = statements(Path(__file__).with_name("quarantine.sql"))

STATUSES = ("waiting", "resolved", "discarded")
AT_ONCE = 1000
"""How many records are read anew together; a run takes so many by itself."""


@dataclass(frozen=True, kw_only=True)
class QuarantinedRow:
    """A quarantined record by outward names, without its payload."""

    uuid: uuidlib.UUID
    system_key: str
    resource: str
    source_record_id: str | None
    stage: str
    error_class: str
    message: str
    attempts: int
    status: str
    next_try_at: datetime.datetime | None
    observed_at: datetime.datetime
    created_at: datetime.datetime
    job: uuidlib.UUID
    closed_reason: str | None


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A quarantined record that is to be tried again, with what came; ``attempts`` are those until now."""

    id: int
    source_record_id: str | None
    stage: str
    error_class: str
    message: str
    payload: bytes | None = field(repr=False)
    is_gone: bool
    observed_at: datetime.datetime
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which waiting records a person asks for; None is no condition."""

    uuids: Sequence[uuidlib.UUID] | None = None
    error_class: str | None = None
    job: uuidlib.UUID | None = None
    record_ids: Sequence[str] | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None


def list_quarantined(
    connection: Connection,
    *,
    system_key: str | None = None,
    resource: str | None = None,
    error_class: str | None = None,
    status: str | None = "waiting",
    limit: int = 50,
) -> list[QuarantinedRow]:
    """Return quarantined records, the newest first; None is no condition."""
    wanted = {"system_key": system_key, "resource": resource, "error_class": error_class, "status": status}
    return _rows(connection, {**wanted, "uuid": None, "limit": limit})


def quarantined(connection: Connection, uuid: uuidlib.UUID) -> tuple[QuarantinedRow, bytes | None]:
    """Return a quarantined record and what came of it. Raises ``NotFound``."""
    nothing = dict.fromkeys(("system_key", "resource", "error_class", "status"))
    found = _rows(connection, {**nothing, "uuid": uuid, "limit": 1})
    if not found:
        raise NotFound(f"no quarantined record is called {uuid}; `integrations quarantine list` shows them")
    row = _SQL.run(connection, "payload", {"uuid": uuid}).fetchone()
    return found[0], row[0] if row else None


def discard(connection: Connection, uuid: uuidlib.UUID, reason: str) -> QuarantinedRow:
    """Give a waiting record up, with the reason. Raises ``NotFound``, ``UsageError`` where it does not wait."""
    before, _ = quarantined(connection, uuid)
    row = _SQL.run(connection, "discard", {"uuid": uuid, "reason": reason}).fetchone()
    if row is None:
        raise UsageError(f"{uuid} is {before.status} already")
    source_system_id, import_job_id, resource, record = row
    values = {
        "source_system_id": source_system_id,
        "import_job_id": import_job_id,
        "event_type": "record.discarded",
        "message": f"{resource}:{record or '?'}: given up: {reason}",
        "payload": json.dumps({"resource": resource, "source_record_id": record, "quarantined": str(uuid)}),
    }
    _SQL.run(connection, "log", values)
    return quarantined(connection, uuid)[0]


def waiting(
    connection: Connection, job: Job, resource: str, asked: Asked | None, *, after: int = 0
) -> list[Waiting]:
    """Return what is to be tried again of ``resource``: what is ``asked`` for, or (None) what is due by itself.

    Up to ``AT_ONCE`` of them, those that came ``after`` an internal id.
    """
    cursor = driver(connection).cursor(row_factory=class_row(Waiting))
    values = {**_conditions(job.source, resource, asked), "limit": AT_ONCE, "after": after}
    return cursor.execute(_SQL.literal("due"), values).fetchall()


def count_waiting(connection: Connection, source: Source, resource: str, asked: Asked) -> int:
    """Return how many waiting records of ``resource`` are asked for."""
    ((count,),) = _SQL.run(connection, "count_due", _conditions(source, resource, asked)).fetchall()
    return int(count)


def wake_events(
    connection: Connection,
    *,
    uuid: uuidlib.UUID | None = None,
    system_key: str | None = None,
    error_class: str | None = None,
) -> int:
    """Put webhook events that were given up back into their inbox; return how many. None is no condition.

    One whose event is kept no more stays in quarantine.
    """
    values = {"uuid": uuid, "system_key": system_key, "error_class": error_class}
    ((count,),) = _SQL.run(connection, "wake_events", values).fetchall()
    return int(count)


def wake_unresolved(connection: Connection, job: Job, resource: str, asked: Asked | None) -> None:
    """Let resolution look again at records that it had set aside."""
    _SQL.run(connection, "wake_unresolved", _conditions(job.source, resource, asked))


def settle(
    connection: Connection, job: Job, taken: Sequence[Waiting], failed: Mapping[int, tuple[str, str]]
) -> None:
    """Close what could be read; count one attempt more for what ``failed`` again: internal id, (class, message)."""
    values = {"ids": [one.id for one in taken], "attempts": [one.attempts for one in taken]}
    _SQL.run(connection, "settle_taken", values)
    again = {
        "job": job.id,
        "ids": list(failed),
        "classes": [error_class for error_class, _ in failed.values()],
        "messages": [message for _, message in failed.values()],
    }
    _SQL.run(connection, "settle_failed", again)


def pending_records(connection: Connection, entity_type: str) -> list[int]:
    """Return the records that resolution of ``entity_type`` would look at."""
    rows = _SQL.run(connection, "pending", {"entity_type": entity_type}).fetchall()
    return [row[0] for row in rows]


def hold_back(connection: Connection, entity_type: str, records: Sequence[int]) -> None:
    """Leave ``records`` out of the coming resolution of ``entity_type``: they are pending no more."""
    _SQL.run(connection, "name_pending", {"entity_type": entity_type})
    _SQL.run(connection, "hold_back", {"entity_type": entity_type, "records": list(records)})


def set_aside_unresolved(connection: Connection, reasons: Mapping[int, str]) -> None:
    """Put records that resolution cannot take, by internal id with the reason, into quarantine."""
    values = {"records": list(reasons), "messages": list(reasons.values())}
    _SQL.run(connection, "set_aside_unresolved", values)


def settle_resolved(connection: Connection) -> None:
    """Close what resolution had set aside and has mapped since."""
    _SQL.run(connection, "settle_resolved")


def _conditions(source: Source, resource: str, asked: Asked | None) -> dict[str, Any]:
    wanted = asked or Asked()
    return {
        "source_system_id": source.id,
        "resource": resource,
        "is_asked_for": asked is not None,
        "uuids": None if wanted.uuids is None else list(wanted.uuids),
        "error_class": wanted.error_class,
        "job": wanted.job,
        "record_ids": None if wanted.record_ids is None else list(wanted.record_ids),
        "since": wanted.since,
        "until": wanted.until,
    }


def _rows(connection: Connection, values: Mapping[str, Any]) -> list[QuarantinedRow]:
    cursor = driver(connection).cursor(row_factory=class_row(QuarantinedRow))
    return cursor.execute(_SQL.literal("list"), values).fetchall()
