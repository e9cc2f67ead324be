"""What a poll saw and no webhook told, and how often a resource is polled for that."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.jobs import Job
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("missed.sql"))


@dataclass(frozen=True, kw_only=True)
class Missed:
    """How many changes of a resource no webhook told: ``lost`` until now, and ``late``, which came after the poll."""

    lost: int
    late: int


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What webhooks of a resource missed, and the poll interval that follows; None: as the connector says."""

    system_key: str
    resource: str
    lost: int
    late: int
    poll_seconds: int | None


def expects_webhooks(connection: Connection, job: Job, resource: str, *, secret: str) -> bool:
    """Return whether webhooks can come in, signed by ``secret``, and ``resource`` was synced before this job."""
    values = {"source_system_id": job.source.id, "job": job.id, "resource": resource, "secret": secret}
    return _SQL.run(connection, "expects", values).fetchone() == (True,)


def note_missed(connection: Connection, job: Job, resource: str, table: tuple[str, str]) -> int:
    """Note each record that this poll brought news of; return how many. Not more than once a version."""
    values = {"job": job.id, "resource": resource}
    return _SQL.run(connection, "note_missed", values, landed_table=sql.Identifier(*table)).rowcount


def note_delivered(
    connection: Connection, source: Source, resource: str, told: Mapping[str, Any], *, are_hints: bool
) -> int:
    """Note what webhooks told after a poll had seen it; return how many. ``told``: ``ids``, ``versions``, ``hashes``.

    ``are_hints``: the records were asked for anew, so they may be newer than what the webhook was about.
    """
    values = {"source_system_id": source.id, "resource": resource, "are_hints": are_hints, **told}
    return _SQL.run(connection, "note_delivered", values).rowcount


def set_pace(connection: Connection, source: Source, resource: str, *, missed: int, usual: int) -> int:
    """Poll sooner while ``missed`` is above 0, later again while it is 0; return the interval in seconds.

    Between an eighth of the ``usual`` interval (a minute at least) and eight times it (a day at most).
    """
    values = {
        "source_system_id": source.id,
        "resource": resource,
        "missed": missed,
        "usual": usual,
        "shortest": max(60, usual // 8),
        "longest": max(usual, min(86_400, usual * 8)),
    }
    row = _SQL.run(connection, "pace", values).fetchone()
    return int(row[0]) if row else usual


def missed_events(connection: Connection, source: Source) -> dict[str, Missed]:
    """Return what the webhooks of ``source`` missed, by resource."""
    rows = _SQL.run(connection, "counts", {"source_system_id": source.id}).fetchall()
    return {name: Missed(lost=lost, late=late) for name, lost, late in rows}


def standings(connection: Connection, system_key: str | None = None) -> list[Standing]:
    """Return how webhooks did, by source system and resource: those that missed any, or whose polls go by it."""
    rows = _SQL.run(connection, "standings", {"system_key": system_key}).fetchall()
    return [
        Standing(system_key=key, resource=resource, lost=lost, late=late, poll_seconds=pace)
        for key, resource, lost, late, pace in rows
    ]


def forget_missed(connection: Connection, *, days: int) -> int:
    """Forget what was missed more than ``days`` ago; return how many."""
    return _SQL.run(connection, "forget", {"days": days}).rowcount
