"""Lands rows by COPY and takes them through apply and resolve: the corridor without a third party and without dlt."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from psycopg import sql
from sqlalchemy import Connection, insert

from integrations_pipelines.entities import ENTITY_TYPES
from integrations_pipelines.entities.projection import (
    CompiledProjection,
    Link,
    LinkByIdentifier,
    Projection,
    compile_projection,
    project_many,
)
from integrations_pipelines.registry import bulk, first_load, landings
from integrations_pipelines.registry.apply import LandedUnit, apply
from integrations_pipelines.registry.jobs import Job
from integrations_pipelines.registry.models import ImportJob
from integrations_pipelines.registry.sources import Source, add_source
from integrations_pipelines.registry.statements import driver
from integrations_pipelines.resolution import resolve as resolving
from integrations_pipelines.resolution.scored import Thresholds
from integrations_pipelines.staging.tables import create_landing_table, landing_table

START = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = Projection(
    entity_type="person",
    place="github.com",
    attributes={
        "name": "name",
        "email": "email",
        "other_emails": "emails",
        "phone": "phone",
        "username": "login",
        "job_title": "job",
    },
)
TICKETS = Projection(
    entity_type="ticket",
    place="{account}",
    attributes={"subject": "subject"},
    relations={
        "requester": Link(to="people", key="requester"),
        "assignee": LinkByIdentifier(kind="email", value="assignee"),
    },
)
PROJECTIONS: Mapping[str, Projection] = MappingProxyType({"people": PEOPLE, "tickets": TICKETS})
COMPILED: Mapping[str, CompiledProjection] = {
    name: compile_projection(projection, region="DE", account="here")
    for name, projection in PROJECTIONS.items()
}


def at(minute: float) -> datetime:
    """Return a moment, ``minute`` minutes after all began."""
    return START + timedelta(minutes=minute)


@dataclass(frozen=True, kw_only=True, repr=False)
class Row:
    """One observation of a record; ``text`` is its payload, ``version`` is None where it has none."""

    key: str
    text: str
    version: datetime | None = None
    seen: datetime = START
    is_deleted: bool = False

    def __repr__(self) -> str:
        gone = " gone" if self.is_deleted else ""
        version = "-" if self.version is None else f"v{self.version.minute}"
        return f"<{version} seen {self.seen.minute}{gone} {self.text}>"

    @property
    def digest(self) -> bytes:
        """The content hash."""
        return blake2b(self.text.encode(), digest_size=16).digest()


def row(
    key: str, *, version: int | None = None, seen: float = 0, deleted: bool = False, **payload: Any
) -> Row:
    """Return an observation; ``version`` and ``seen`` are minutes."""
    return Row(
        key=key,
        text=json.dumps({"id": key, **payload}, sort_keys=True, ensure_ascii=False),
        version=None if version is None else at(version),
        seen=at(seen),
        is_deleted=deleted,
    )


@dataclass(kw_only=True)
class World:
    """One organisation in one transaction; every step is taken in it."""

    connection: Connection
    thresholds: Thresholds | None = None
    sources: dict[str, Source] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)

    def source(self, key: str) -> Source:
        """Return the source system ``key``, made if it is not there."""
        if key not in self.sources:
            self.sources[key] = add_source(self.connection, system_key=key, system_type="toy", settings={})
        return self.sources[key]

    def new_job(self, key: str) -> Job:
        """Open a job; what lands from now on belongs to it."""
        statement = insert(ImportJob).values(source_system_id=self.source(key).id, job_type="poll")
        found = self.connection.execute(statement.returning(ImportJob.id, ImportJob.uuid)).one()
        job = Job(id=found.id, uuid=found.uuid, source=self.source(key), session=self.connection)
        self.jobs[key] = job
        return job

    def land(self, key: str, resource: str, rows: Sequence[Row], *, origin: str = "poll") -> dict[str, int]:
        """Land ``rows`` together and apply them; return the outcomes."""
        job = self.jobs.get(key) or self.new_job(key)
        number = landings.start_landing(self.connection, job, resource, origin=origin, cursor=None)
        self._copy(number, job.source, resource, rows)
        landings.note_landed(self.connection, number, extracted=len(rows), landed=len(rows), outcomes={})
        unit = LandedUnit(
            landing=number,
            source_system_id=job.source.id,
            import_job_id=job.id,
            resource=resource,
            entity_type=PROJECTIONS[resource].entity_type,
            origin=origin,
            table=("staging_toy", resource),
        )
        outcomes = apply(self.connection, unit, lambda texts: project_many(texts, COMPILED[resource]))
        landings.note_applied(self.connection, number, outcomes)
        return outcomes

    def _copy(self, number: int, source: Source, resource: str, rows: Sequence[Row]) -> None:
        create_landing_table(driver(self.connection), "toy", resource)
        statement = sql.SQL("copy {} from stdin").format(landing_table("toy", resource))
        with driver(self.connection).cursor().copy(statement) as copy:
            for position, one in enumerate(rows):
                envelope = (
                    one.key,
                    one.version,
                    one.digest,
                    one.is_deleted,
                    "poll",
                    "job",
                    one.seen,
                    one.text,
                )
                copy.write_row((number, position, str(source.uuid), *envelope))

    def resolve(self, *entity_types: str, plan: str | None = None) -> dict[str, resolving.Resolution]:
        """Resolve the types, by ``plan`` ("bulk" or "delta") or whichever is due."""
        with forced(plan):
            return {
                name: resolving.resolve(self.connection, ENTITY_TYPES[name], self.thresholds)
                for name in entity_types or ("person", "ticket")
            }

    def decide(self, verdict: str, left: tuple[str, str], right: tuple[str, str]) -> None:
        """Write down what a person says of two people, each (source system, key)."""
        ids = sorted(self.record_id(key, "people", record) for key, record in (left, right))
        values = {"verdict": verdict, "left": ids[0], "right": ids[1], "ids": ids}
        run = driver(self.connection).execute
        run(
            "insert into resolution.record_decision (verdict, left_record_id, right_record_id)"
            " values (%(verdict)s, %(left)s, %(right)s)",
            values,
        )
        run("insert into staging.pending_record select unnest(%(ids)s::bigint[]), 'person'", values)

    def record_id(self, key: str, resource: str, record: str) -> int:
        """Return the internal id of a source record."""
        found = self.one(
            "select id from staging.source_record"
            " where source_system_id = %s and resource = %s and source_record_id = %s",
            self.source(key).id,
            resource,
            record,
        )
        return int(found[0])

    def all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of ``query``."""
        return driver(self.connection).execute(query, values or None).fetchall()

    def one(self, query: str, *values: Any) -> tuple[Any, ...]:
        """Return the only row of ``query``."""
        (found,) = self.all(query, *values)
        return found


@contextmanager
def forced(plan: str | None) -> Iterator[None]:
    """Let every resolution take ``plan``: the share of touched records above which bulk is due is a constant."""
    usual = resolving._BULK_SHARE
    resolving._BULK_SHARE = {"bulk": 10**6, "delta": 0, None: usual}[plan]
    try:
        yield
    finally:
        resolving._BULK_SHARE = usual


@contextmanager
def taken_for_many() -> Iterator[None]:
    """Let every first load be one of 100,000 rows or more: indexes of empty tables afterwards, statistics at once."""
    with patch.object(bulk, "WORTH_IT", 1), patch.object(first_load, "WORTH_IT", 1):
        yield
