"""How the syncs stand: read-only questions for checks, schedules, the status command and a run's progress."""

import datetime
import uuid as uuidlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("health.sql"))


@dataclass(frozen=True, kw_only=True)
class ResourceHealth:
    """One resource of one source system.

    ``records`` are live ones; ``parked`` are those of ``relations`` whose target is not there yet. ``job`` and
    ``summary`` (extracted, outcomes, balanced, status, error) are those of the last job that came to the resource.
    """

    system_key: str
    resource: str
    entity_type: str
    records: int
    mapped: int
    relations: int
    parked: int
    quarantined: int
    job: uuidlib.UUID | None = None
    started_at: datetime.datetime | None = None
    summary: Mapping[str, Any] | None = None
    last_success: datetime.datetime | None = None

    @property
    def quarantine_rate(self) -> float:
        """The share of records that wait in quarantine."""
        return _share(self.quarantined, self.records + self.quarantined)


@dataclass(frozen=True, kw_only=True)
class TypeHealth:
    """One entity type: its live records, how many are mapped, to how many entities, and its records' relations."""

    entity_type: str
    records: int = 0
    mapped: int = 0
    entities: int = 0
    relations: int = 0
    parked: int = 0

    @property
    def mapping_rate(self) -> float:
        """The share of records that are mapped; 1.0 where there are none."""
        return _share(self.mapped, self.records) if self.records else 1.0

    @property
    def parked_rate(self) -> float:
        """The share of relations whose target is not there yet."""
        return _share(self.parked, self.relations)


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """How the polling of an active source system went. ``secrets`` names what the vault holds for it.

    ``failures`` counts failed attempts since the last success, up to ten. ``is_running``: its process is alive.
    ``next_try_at``: when the last attempt, which was deferred, goes on. ``pace``: seconds between polls of resources
    that have webhooks too, as what these missed has set it.
    """

    system_key: str
    config: Mapping[str, Any] = field(default_factory=dict)
    poll_seconds: int | None = None
    added_at: datetime.datetime
    last_attempt: datetime.datetime | None = None
    failures: int = 0
    is_running: bool = False
    secrets: Sequence[str] = ()
    next_try_at: datetime.datetime | None = None
    pace: Mapping[str, int] = field(default_factory=dict)

    def due_at(self, poll: datetime.timedelta) -> datetime.datetime:
        """Return when the next attempt is due: a poll after the last one, twice as long for each further failure."""
        if self.next_try_at is not None:
            return self.next_try_at
        if self.last_attempt is None:
            return self.added_at
        longest = max(poll, datetime.timedelta(hours=6))
        return self.last_attempt + min(poll * (1 << max(self.failures - 1, 0)), longest)


@dataclass(frozen=True, kw_only=True)
class RunningJob:
    """The job that a run has opened: its summary so far, and ``extracted`` by resource while they are under way."""

    system_key: str
    uuid: uuidlib.UUID
    status: str
    summary: Mapping[str, Any]
    error: Mapping[str, Any] | None
    extracted: Mapping[str, int]
    next_try_at: datetime.datetime | None = None

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """The summaries of the resources that are through."""
        resources: Mapping[str, Mapping[str, Any]] = self.summary.get("resources", {})
        return resources


def resource_health(
    connection: Connection, system_key: str | None = None, resource: str | None = None
) -> list[ResourceHealth]:
    """Return how each resource stands that was ever begun, or those asked for, by source system and resource."""
    values = {"system_key": system_key, "resource": resource}
    rows = _SQL.run(connection, "resources", values).fetchall()
    return [ResourceHealth(**dict(zip(_RESOURCE, row, strict=True))) for row in rows]


def type_health(connection: Connection, entity_types: Sequence[str]) -> list[TypeHealth]:
    """Return how each of ``entity_types`` stands, in their order."""
    rows = _SQL.run(connection, "types", {"types": list(entity_types)}).fetchall()
    return [TypeHealth(**dict(zip(_TYPE, row, strict=True))) for row in rows]


def attempts(connection: Connection, system_type: str) -> list[Attempts]:
    """Return how the polling of each active source system of ``system_type`` went."""
    rows = _SQL.run(connection, "attempts", {"system_type": system_type}).fetchall()
    return [Attempts(**dict(zip(_ATTEMPTS, row, strict=True))) for row in rows]


def job_of(connection: Connection, run_key: str) -> RunningJob | None:
    """Return the job that the run ``run_key`` has opened, None before it has."""
    row = _SQL.run(connection, "job", {"run_key": run_key}).fetchone()
    return RunningJob(**dict(zip(_JOB, row, strict=True))) if row else None


_RESOURCE = (
    "system_key resource entity_type records mapped relations parked quarantined job started_at summary last_success"
).split()
_TYPE = "entity_type records mapped entities relations parked".split()
_ATTEMPTS = "system_key config poll_seconds added_at last_attempt failures is_running secrets next_try_at pace".split()
_JOB = "system_key uuid status summary error extracted next_try_at".split()


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
