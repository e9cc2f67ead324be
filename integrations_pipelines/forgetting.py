"""Taking a source back: what it told since a moment, or ever, has never been; what is left is computed anew.

Under the leases of its resources, in one transaction of every type that it concerns: records return to the newest
version of before, and mapping, values, relations and questions follow. A dry run is the same, taken back.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.corridor import open_corridor, projection_of
from integrations_pipelines.entities import EntityType
from integrations_pipelines.errors import NotFound, UsageError
from integrations_pipelines.hub import Hub, in_resolution, resource_of
from integrations_pipelines.registry import forgetting, jobs
from integrations_pipelines.registry.apply import apply
from integrations_pipelines.registry.bindings import all_bindings
from integrations_pipelines.registry.deciding import act_as
from integrations_pipelines.registry.forgetting import Forgetting
from integrations_pipelines.registry.projecting import Project
from integrations_pipelines.registry.simulate import Differences, differences, remember
from integrations_pipelines.registry.sources import Source, source_of
from integrations_pipelines.registry.types import entity_types
from integrations_pipelines.resolution import decisions
from integrations_pipelines.resolution.resolve import resolve
from integrations_pipelines.staging.tables import landing_schema

FORGET = "forget"


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What was forgotten, and what that changed.

    ``counts``: landings, landed_rows, records (those with a version that was forgotten), restored (to their newest
    version of before), gone (nothing is left of them), gone_though_known_before (their older versions were let go by
    retention), quarantined, deliveries, told_merges. ``gone`` names some, by resource. ``types``: what is different.
    """

    system_key: str
    resources: Sequence[str]
    since: datetime | None
    is_dry_run: bool
    counts: Mapping[str, int]
    gone: Mapping[str, Sequence[str]] = field(default_factory=dict)
    types: Sequence[Differences] = ()


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be forgotten; ``since`` None is everything, ``resource`` None every resource."""

    system_key: str
    since: datetime | None = None
    resource: str | None = None


def forget_source(
    hub: Hub, actor: str, wanted: Wanted, *, dry_run: bool = False, samples: int = 5
) -> Forgotten:
    """Take back what the source system told; return what that changed, or with ``dry_run`` would change.

    Raises ``NotFound`` for a source system or a resource that is not there, ``UsageError`` for a bound domain, and
    ``LeaseHeld`` while another run has one of its resources.
    """
    with hub.engine.begin() as connection:
        source = source_of(connection, wanted.system_key)
        parts, types = _parts(connection, source, wanted)
    if not parts:
        return Forgotten(
            system_key=source.system_key, resources=(), since=wanted.since, is_dry_run=dry_run, counts={}
        )
    order = _Order(
        parts=parts, types=types, projections=_projections(hub, parts), actor=actor, samples=samples
    )
    if dry_run:
        return in_resolution(hub, types, lambda connection: _tried(connection, order))
    with _held(hub, source, parts) as job:
        return in_resolution(hub, types, lambda connection: _carried_out(connection, order, job))


def take_back(
    connection: Connection,
    parts: Sequence[Forgetting],
    types: Sequence[EntityType],
    projections: Mapping[str, Project],
) -> dict[str, int]:
    """Forget ``parts`` of one source system and resolve ``types`` anew, in the caller's transaction; return counts.

    ``projections`` read the older versions, by resource. The transaction is as ``resolve`` wants it, for all types.
    """
    source, since = parts[0].source, parts[0].since
    counts = dict(forgetting.forget(connection, parts))
    untold = [one for part in parts for one in forgetting.untell_merges(connection, part)]
    counts["told_merges"] = len(untold)
    for decision in untold:
        decisions.undo(connection, decision, reason="what told of it was forgotten")
    for part in parts if since is not None else ():
        for one in list(forgetting.remaining(connection, part)):
            apply(connection, part.unit(one), projections[part.resource])
    forgetting.let_go(connection, source)
    if len(parts) == len(forgetting.resources_of(connection, source)):
        counts["deliveries"] = forgetting.forget_events(connection, source, since)
    for entity_type in types:
        resolve(connection, entity_type)
    forgetting.keep_uuids(connection)
    counts |= forgetting.counted(connection)
    counts["restored"] = counts["records"] - counts["gone"]
    return {name: counts.get(name, 0) for name in _COUNTS}


@dataclass(frozen=True, kw_only=True)
class _Order:
    """What is to be done, with all that it takes."""

    parts: Sequence[Forgetting]
    types: Sequence[str]
    projections: Mapping[str, Project]
    actor: str
    samples: int


def _projections(hub: Hub, parts: Sequence[Forgetting]) -> dict[str, Project]:
    return {
        part.resource: projection_of(hub, part.source, resource_of(part.source, part.resource))
        for part in parts
        if part.entity_type is not None
    }


def _parts(connection: Connection, source: Source, wanted: Wanted) -> tuple[list[Forgetting], list[str]]:
    """Return what is to be forgotten by resource, and the entity types that it concerns."""
    if any(one.system_key == source.system_key for one in all_bindings(connection)):
        raise UsageError(
            f"{source.system_key}: its records are the rows of a bound table, and are read from there again; "
            "`integrations domain unbind` lets it go"
        )
    taken = forgetting.resources_of(connection, source)
    if wanted.resource is not None and wanted.resource not in taken:
        resource_of(source, wanted.resource)
    names = [name for name in taken if wanted.resource in (None, name)]
    parts = [_part(source, name, wanted.since) for name in names]
    known, types = entity_types(connection), {one.entity_type for one in parts if one.entity_type}
    types |= {found for name in names for found in taken[name]}
    return parts, sorted(types & known.keys())


def _part(source: Source, name: str, since: datetime | None) -> Forgetting:
    """Raises ``NotFound`` where older versions have to be read and the connector has no such resource any more."""
    try:
        entity_type = resource_of(source, name).projection.entity_type
    except NotFound:
        if since is not None:
            raise
        entity_type = None
    return Forgetting(
        source=source,
        resource=name,
        table=(landing_schema(source.system_type), name),
        entity_type=entity_type,
        since=since,
    )


@contextmanager
def _held(hub: Hub, source: Source, parts: Sequence[Forgetting]) -> Iterator[jobs.Job]:
    """Keep everything that takes records of the resources away; give the job that says so."""
    with ExitStack() as stack:
        job = stack.enter_context(jobs.open_job(hub.engine, source, job_type=FORGET, run_key=None))
        try:
            for part in parts:
                if part.entity_type is not None:
                    resource = resource_of(source, part.resource)
                    stack.enter_context(open_corridor(hub, job, resource, origin=FORGET))
            guard = stack.enter_context(hub.engine.begin())
            for part in parts:
                forgetting.hold_applying(guard, source, part.resource)
            yield job
        except Exception as error:
            _close(hub, job, error)
            raise
        _close(hub, job, None)


def _close(hub: Hub, job: jobs.Job, error: Exception | None) -> None:
    told = {"class": type(error).__name__, "message": "nothing was forgotten"} if error else None
    with hub.engine.begin() as connection:
        jobs.close_job(connection, job, status="failed" if error else "succeeded", error=told)


def _tried(connection: Connection, order: _Order) -> Forgotten:
    try:
        return replace(_forget(connection, order), is_dry_run=True)
    finally:
        connection.rollback()


def _carried_out(connection: Connection, order: _Order, job: jobs.Job) -> Forgotten:
    done = _forget(connection, order)
    jobs.write_log(connection, job, "source.forgotten", "ok", _line(done), _account(done, order.actor))
    return done


def _forget(connection: Connection, order: _Order) -> Forgotten:
    """What is pending is resolved first, so that what follows is the forgetting's doing alone."""
    act_as(connection, order.actor)
    known = entity_types(connection)
    types = [known[name] for name in order.types]
    for one in types:
        resolve(connection, one)
    remember(connection, *order.types)
    counts = take_back(connection, order.parts, types, order.projections)
    some, names = order.samples, [part.resource for part in order.parts]
    return Forgotten(
        system_key=order.parts[0].source.system_key,
        resources=names,
        since=order.parts[0].since,
        is_dry_run=False,
        counts=counts,
        gone={name: forgetting.gone_samples(connection, name, some) for name in names},
        types=[differences(connection, one.name, label=one.label, some=some) for one in types],
    )


_COUNTS = (
    "landings", "landed_rows", "records", "restored", "gone", "gone_though_known_before", "quarantined", "deliveries",
    "told_merges",
)  # fmt: skip


def _line(done: Forgotten) -> str:
    since = f" since {done.since.isoformat()}" if done.since else ""
    return f"{done.system_key}: {done.counts['records']} records forgotten{since}"


def _account(done: Forgotten, actor: str) -> dict[str, Any]:
    return {
        "actor": actor,
        "resources": list(done.resources),
        "since": done.since.isoformat() if done.since else None,
        "counts": dict(done.counts),
        "differences": {one.entity_type: dict(one.counts) for one in done.types},
    }
