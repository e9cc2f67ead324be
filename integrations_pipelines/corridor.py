"""The corridor: one unit of observed rows lands, its landing is recorded, its rows become current versions.

Three transactions, in this order: the landing gets its number; the rows are there and the cursor moves; the rows are
applied. A crash between any two loses nothing: what did not land is fetched again, and what landed is applied by the
next run.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import orjson
import pyarrow as pa
from sqlalchemy import Connection

from integrations_pipelines.contract import Resource
from integrations_pipelines.entities.projection import CompiledProjection, compile_projection, project_many
from integrations_pipelines.entities.projection import ProjectedColumns as Columns
from integrations_pipelines.errors import LeaseLost, TooManyRejected
from integrations_pipelines.hub import Hub, types_of
from integrations_pipelines.registry import landings, merging
from integrations_pipelines.registry.apply import LandedUnit, apply
from integrations_pipelines.registry.erasure import erased_rows
from integrations_pipelines.registry.isolating import Invalid
from integrations_pipelines.registry.jobs import Job, Lease, lease, move_cursor
from integrations_pipelines.registry.known import known_already
from integrations_pipelines.registry.landings import SetAside
from integrations_pipelines.registry.projecting import Project, ProjectedColumns
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.staging.land import Landing, land
from integrations_pipelines.staging.tables import landing_schema
from integrations_pipelines.staging.units import Unit


@dataclass(frozen=True, kw_only=True)
class Corridor:
    """One resource of one source system, leased to one job, with its projection compiled."""

    hub: Hub
    lease: Lease
    resource: Resource
    origin: str
    projection: CompiledProjection

    @property
    def job(self) -> Job:
        """The job that walks here."""
        return self.lease.job

    def project(self, payloads: Sequence[str]) -> ProjectedColumns:
        """Return what ``payloads`` say, in columns; who is no entity on purpose holds no identifier and no relation."""
        return _project(self.resource, self.projection, payloads)


def projection_of(hub: Hub, source: Source, resource: Resource) -> Project:
    """Return what projects payloads of ``resource``, for those who only look and hold no lease."""
    projection = _compiled(hub, source, resource)
    return lambda payloads: _project(resource, projection, payloads)


def _project(resource: Resource, projection: CompiledProjection, payloads: Sequence[str]) -> ProjectedColumns:
    columns = _valid(resource, project_many(payloads, projection))
    if not resource.passed_over:
        return columns
    readable = ((n, orjson.loads(one)) for n, one in enumerate(payloads) if n not in columns.errors)
    passed = frozenset(n for n, one in readable if not resource.is_entity(one))
    return replace(
        columns,
        identifiers=[row for row in columns.identifiers if row[0] not in passed],
        relations=[row for row in columns.relations if row[0] not in passed],
        passed_over=passed,
    )


def _valid(resource: Resource, columns: Columns) -> Columns:
    """Return ``columns`` with an error for each row that lacks a required attribute, and nothing else of it."""
    if not resource.required:
        return columns
    lacking = dict(_lacking(resource, columns))
    return replace(
        columns,
        attributes=[None if n in lacking else one for n, one in enumerate(columns.attributes)],
        identifiers=[row for row in columns.identifiers if row[0] not in lacking],
        relations=[row for row in columns.relations if row[0] not in lacking],
        errors={**columns.errors, **lacking},
    )


def _lacking(resource: Resource, columns: Columns) -> Iterator[tuple[int, Invalid]]:
    for n, attributes in enumerate(columns.attributes):
        said = orjson.loads(attributes) if attributes else {}
        if attributes and (missing := [name for name in resource.required if name not in said]):
            yield n, Invalid(f"it has no {', '.join(missing)}")


def _compiled(hub: Hub, source: Source, resource: Resource) -> CompiledProjection:
    types, region, account = types_of(hub), source.settings.get("region"), source.system_key
    return compile_projection(resource.projection, types=types, region=region, account=account)


@contextmanager
def open_corridor(
    hub: Hub, job: Job, resource: Resource, *, origin: str, window: int | None = None, part: str = ""
) -> Iterator[Corridor]:
    """Lease ``resource``, or a ``window`` or ``part`` of the work on it; give the corridor. Raises ``LeaseHeld``."""
    projection = _compiled(hub, job.source, resource)
    with lease(job, resource.name, window=window, part=part) as held:
        yield Corridor(hub=hub, lease=held, resource=resource, origin=origin, projection=projection)


def take(corridor: Corridor, unit: Unit) -> Counter[str]:
    """Land and apply ``unit``; return how many of its records had which outcome."""
    observed_at = datetime.now(UTC)
    with corridor.hub.engine.begin() as connection:
        unit, erased = _without_erased(connection, corridor, unit)
        number = landings.start_landing(
            connection,
            corridor.job,
            corridor.resource.name,
            origin=corridor.origin,
            cursor=unit.cursor,
            window=corridor.lease.scope,
        )
        rows, outcomes = _news(connection, _landed_unit(corridor, number), unit.rows, observed_at)
    land_rows(corridor, number, rows, observed_at)
    outcomes += {"quarantined": len(unit.rejected), "erased": erased}
    _note_landed(corridor, number, unit, rows.num_rows, outcomes)
    if rows.num_rows == 0:
        return +outcomes
    applied = apply_landing(corridor, _landed_unit(corridor, number), outcomes)
    if applied is None:
        raise LeaseLost(f"{corridor.job.source.system_key}: another run took over {corridor.resource.name}")
    return applied


def take_waiting(corridor: Corridor) -> Counter[str]:
    """Apply what an earlier run landed and could not apply; return the outcomes (they belong to that run's job)."""
    source, name, window = corridor.job.source, corridor.resource.name, corridor.lease.scope
    with corridor.hub.engine.begin() as connection:
        landings.abandon_landings(connection, source, name, window)
        waiting = landings.waiting_landings(connection, source, name, window)
    total: Counter[str] = Counter()
    for number, import_job_id, origin, outcomes in waiting:
        unit = replace(_landed_unit(corridor, number), import_job_id=import_job_id, origin=origin)
        total += apply_landing(corridor, unit, Counter(outcomes)) or Counter()
    return total


def _without_erased(connection: Connection, corridor: Corridor, unit: Unit) -> tuple[Unit, int]:
    """Return the unit without what was erased, and how many records that is: not even a quarantine keeps them."""
    source, name = corridor.job.source, corridor.resource.name
    ids = unit.rows["source_record_id"].to_pylist() if unit.rows.num_rows else []
    rejected = [one.source_record_id or "" for one in unit.rejected]
    gone = erased_rows(connection, source.id, name, [*ids, *rejected])
    if not gone:
        return unit, 0
    rows = unit.rows.filter(pa.array([n not in gone for n in range(len(ids))])) if ids else unit.rows
    kept = tuple(one for n, one in enumerate(unit.rejected, len(ids)) if n not in gone)
    return replace(unit, rows=rows, rejected=kept), len(gone)


def settle_merges(corridor: Corridor) -> None:
    """Decide what was told of records that are one at the third party, now that they may both be there."""
    with corridor.hub.engine.begin() as connection:
        merging.decide_merges(connection, corridor.job, corridor.resource.name)


def refuse_too_many(corridor: Corridor, outcomes: Mapping[str, int]) -> None:
    """Raise ``TooManyRejected`` where more of a run's records went to quarantine than the resource allows."""
    rejected, extracted = outcomes.get("quarantined", 0), sum(outcomes.values())
    resource = corridor.resource
    if rejected > resource.reject_few and rejected > resource.reject_above * extracted:
        raise TooManyRejected(
            f"{corridor.job.source.system_key} {resource.name}: {rejected} of {extracted} records were rejected; "
            "they are in quarantine, and the next run starts where this one did"
        )


def rewind(corridor: Corridor) -> None:
    """Put the cursor back to where the run began. Raises ``LeaseLost`` for a run that was overtaken."""
    with corridor.hub.engine.begin() as connection:
        move_cursor(connection, corridor.lease, corridor.lease.cursor, complete=False)


def _news(
    connection: Connection, unit: LandedUnit, rows: pa.Table, observed_at: datetime
) -> tuple[pa.Table, Counter[str]]:
    """Leave out what says nothing new: it need not land to be accounted for."""
    if rows.num_rows == 0:
        return rows, Counter()
    known, again = known_already(connection, unit, rows, observed_at)
    outcomes = Counter({"duplicate": int(again.sum()), "unchanged": len(known) - int(again.sum())})
    is_new = np.ones(rows.num_rows, dtype=bool)
    is_new[known] = False
    return rows.filter(pa.array(is_new)), +outcomes


def land_rows(corridor: Corridor, number: int, rows: pa.Table, observed_at: datetime) -> None:
    """Land ``rows`` under the number that their landing got."""
    if rows.num_rows == 0:
        return
    landing = Landing(
        landing=number,
        source_system=corridor.job.source.uuid,
        import_job=corridor.job.uuid,
        origin=corridor.origin,
        observed_at=observed_at,
    )
    land(corridor.hub.url, corridor.job.source.system_type, corridor.resource.name, rows, landing)


def _note_landed(corridor: Corridor, number: int, unit: Unit, landed: int, outcomes: Counter[str]) -> None:
    aside = [
        SetAside(
            source_record_id=one.source_record_id,
            payload=one.payload,
            error_class=one.error_class,
            message=one.message,
            is_gone=one.is_gone,
        )
        for one in unit.rejected
    ]
    with corridor.hub.engine.begin() as connection:
        landings.note_landed(connection, number, extracted=unit.extracted, landed=landed, outcomes=outcomes)
        if landed == 0:
            landings.note_applied(connection, number, +outcomes)
        landings.set_aside(connection, corridor.job, corridor.resource.name, "extract", aside)
        merging.tell_merges(connection, corridor.job, corridor.resource.name, unit.merged)
        move_cursor(connection, corridor.lease, unit.cursor, complete=unit.complete)


def apply_landing(corridor: Corridor, unit: LandedUnit, so_far: Counter[str]) -> Counter[str] | None:
    """Apply the landing and return its outcomes; None where another run, dead or not, has applied it."""
    with corridor.hub.engine.begin() as connection:
        if not landings.claim_landing(connection, unit.landing):
            return None
        outcomes = so_far + Counter(apply(connection, unit, corridor.project))
        landings.note_applied(connection, unit.landing, outcomes)
    return outcomes


def _landed_unit(corridor: Corridor, number: int) -> LandedUnit:
    unit = landed_unit(corridor.job.source, corridor.resource, number, job=corridor.job.id)
    return replace(unit, origin=corridor.origin)


def landed_unit(source: Source, resource: Resource, number: int, *, job: int) -> LandedUnit:
    """Return a landing of ``resource`` as apply knows it, as if it were a replay's; ``job`` is an internal id."""
    return LandedUnit(
        landing=number,
        source_system_id=source.id,
        import_job_id=job,
        resource=resource.name,
        entity_type=resource.projection.entity_type,
        origin="replay",
        table=(landing_schema(source.system_type), resource.name),
    )
