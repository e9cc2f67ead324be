"""The whole product on one page: pull a source system's resources, or take what was told; resolve what changed.

Two doors in, one corridor: whatever comes from a third party lands, is applied under a version guard, and is resolved
onto canonical entities. Each step may be repeated: nothing that is taken twice counts twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from integrations_pipelines.connectors.files import CONNECTOR as FILES
from integrations_pipelines.contract import Resource
from integrations_pipelines.corridor import (
    Corridor,
    open_corridor,
    refuse_too_many,
    rewind,
    settle_merges,
    take,
    take_waiting,
)
from integrations_pipelines.domains import bound_units, due_bindings
from integrations_pipelines.entities import EntityType
from integrations_pipelines.errors import (
    IntegrationsError,
    NotFound,
    RateLimited,
    ThirdPartyUnavailable,
    TooManyRejected,
    Unbalanced,
)
from integrations_pipelines.hub import Hub, account_of, in_resolution, note_use, resource_of, types_of
from integrations_pipelines.reconciling import note_missed, told_units
from integrations_pipelines.registry import jobs, landings, quarantine, sources
from integrations_pipelines.registry.bindings import Binding
from integrations_pipelines.registry.isolating import ONE_RECORD
from integrations_pipelines.registry.jobs import Job
from integrations_pipelines.resolution import resolve as resolving
from integrations_pipelines.retaking import retake
from integrations_pipelines.staging.account import Limits
from integrations_pipelines.staging.files import read_file
from integrations_pipelines.staging.units import Cursor, Unit
from integrations_pipelines.unresolved import resolve_apart
from integrations_pipelines.vault import scrub

_SHORTEST_PAUSE = 30.0
_MOST_NAMES = 100
_LIMITS = Limits()


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """What one resource brought: ``extracted`` records, each with one outcome; ``error`` where it broke off.

    ``unmapped``: fields that nobody maps or ignores. ``missed_events``: changes no webhook told, None: none are due.
    ``deferred_until``: the third party asks for a long pause; it goes on then, from where it is, and nothing is red.
    """

    resource: str
    entity_type: str
    extracted: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    error: IntegrationsError | None = None
    deferred_until: datetime | None = None
    unmapped: tuple[str, ...] = ()
    missed_events: int | None = None

    @property
    def is_red(self) -> bool:
        """It broke off, and somebody should look."""
        return self.error is not None and self.deferred_until is None

    @property
    def status(self) -> str:
        """In one word: succeeded, failed or deferred."""
        return "succeeded" if self.error is None else "failed" if self.is_red else "deferred"

    @property
    def is_balanced(self) -> bool:
        """Every extracted record has exactly one outcome."""
        return self.extracted == sum(self.outcomes.values())

    def summary(self) -> dict[str, Any]:
        """Return it as the job's result summary keeps it."""
        return {
            "entity_type": self.entity_type,
            "extracted": self.extracted,
            "outcomes": dict(self.outcomes),
            "balanced": self.is_balanced,
            "status": self.status,
            "error": _told(self.error) if self.error else None,
            "unmapped": list(self.unmapped),
            **({} if self.missed_events is None else {"missed_events": self.missed_events}),
            "next_try_at": self.deferred_until.isoformat() if self.deferred_until else None,
        }


@contextmanager
def running_job(
    hub: Hub, system_key: str, *, job_type: str, run_key: str | None = None, parent: UUID | None = None
) -> Iterator[Job]:
    """Give an open job of the source system; it ends ``failed`` if the block raises, else as its resources did.

    ``parent`` is the job that it is a part of. Raises ``NotFound`` for an unknown or switched-off source system.
    """
    with hub.engine.begin() as connection:
        source = sources.source_of(connection, system_key)
    if not source.is_active:
        raise NotFound(
            f"{system_key} is switched off; `integrations source enable {system_key}` switches it on"
        )
    with jobs.open_job(hub.engine, source, job_type=job_type, run_key=run_key, parent=parent) as job:
        note_use(hub, job)
        try:
            yield job
        except Exception as error:
            _close(hub, job, "failed", {"class": type(error).__name__, "message": _told(error)})
            raise


def close(hub: Hub, job: Job, pulled: Iterable[Pulled]) -> dict[str, Any]:
    """End the job: red if a resource failed, deferred if one waits, with the reason. Returns its result summary."""
    broken = [one for one in pulled if one.error]
    if not broken:
        return _close(hub, job, "succeeded", None)
    failed = [one for one in broken if one.is_red] or broken
    message = "; ".join(f"{one.resource}: {_told(one.error)}" for one in failed if one.error)
    error = {"class": type(failed[0].error).__name__, "message": message}
    next_try_at = min((one.deferred_until for one in broken if one.deferred_until), default=None)
    return _close(hub, job, failed[0].status, error, next_try_at)


def pull(hub: Hub, job: Job, name: str, *, full: bool = False, limits: Limits = _LIMITS) -> Pulled:
    """Fetch one resource from where the last run ended, or from the start where ``full``; land and apply it all.

    An error of the third party's is in the result, with what was taken before it: other resources go on.
    """
    # dlt's REST client takes half a second to import: runs that only take webhooks do without.
    from integrations_pipelines.staging.fetch import fetch

    resource = resource_of(job.source, name)
    with open_corridor(hub, job, resource, origin="poll") as corridor:
        with hub.engine.begin() as connection:
            known = landings.known_records(connection, job.source, name)
        units = fetch(
            account_of(hub, job.source),
            resource,
            cursor=corridor.lease.cursor,
            full=full,
            known_records=known,
            limits=limits,
        )
        return walk(hub, corridor, units)


def import_file(hub: Hub, job: Job, path: Path, name: str) -> Pulled:
    """Take the rows of a file whose reading ``registry.sources.remember_file`` keeps under ``name``."""
    resource = resource_of(job.source, name)
    with open_corridor(hub, job, resource, origin="file") as corridor:
        return walk(hub, corridor, read_file(path, resource))


def take_told(hub: Hub, job: Job, resource: Resource, tell: Callable[[Cursor | None], Unit]) -> Pulled:
    """Take what webhooks told of ``resource``; ``tell`` is called under its lease, with the listing's cursor.

    ``draining.drain`` calls this for what waits in the inbox. Raises ``LeaseHeld`` while another run has the resource.
    """
    with open_corridor(hub, job, resource, origin="webhook") as corridor:
        return walk(hub, corridor, told_units(corridor, tell))


def poll_domain(hub: Hub, binding: Binding, *, release: bool = False) -> Pulled:
    """Take what changed in the table of a bound domain, and what is gone from it: all of it, where ``release``."""
    with running_job(hub, binding.system_key, job_type="poll") as job:
        resource = resource_of(job.source, binding.name)
        with open_corridor(hub, job, resource, origin="poll") as corridor:
            pulled = walk(hub, corridor, bound_units(hub, binding, release=release))
        close(hub, job, [pulled])
    return pulled


def resolve(hub: Hub, entity_types: Sequence[str] | None = None) -> list[resolving.Resolution]:
    """Bring mapping, canonical values and relations up to everything that changed since; return what was done.

    ``entity_types`` None: all of this installation, presets and its own.
    """
    refresh_domains(hub)
    types = types_of(hub)
    done = [_resolve_one(hub, types[name]) for name in (types if entity_types is None else entity_types)]
    with hub.engine.begin() as connection:
        quarantine.settle_resolved(connection)
    return done


def refresh_domains(hub: Hub) -> None:
    """Look at the tables of bound domains that are due; one that cannot be read is told in its job, and waits."""
    for binding in due_bindings(hub):
        with suppress(IntegrationsError):
            poll_domain(hub, binding)


def file_system(hub: Hub, system_key: str) -> sources.Source:
    """Return the source system that files called ``system_key`` belong to, made if it is not there."""
    with hub.engine.begin() as connection:
        try:
            return sources.source_of(connection, system_key)
        except NotFound:
            return sources.add_source(
                connection, system_key=system_key, system_type=FILES.system_type, settings={}
            )


def walk(hub: Hub, corridor: Corridor, units: Iterable[Unit]) -> Pulled:
    """Take ``units`` one after another; an error that ends them early is in the result, with what came before it."""
    extracted, outcomes, again, error = 0, Counter[str](), Counter[str](), None
    unmapped: set[str] = set()
    try:
        take_waiting(corridor)
        again = retake(corridor) if corridor.lease.scope is None else again
        for unit in units:
            outcomes += take(corridor, unit)
            extracted += unit.extracted
            unmapped |= unit.unmapped
            refuse_too_many(corridor, outcomes)
    except IntegrationsError as caught:
        error = caught
        if isinstance(error, TooManyRejected):
            rewind(corridor)
    settle_merges(corridor)
    return note_pulled(hub, corridor, extracted + again.total(), outcomes + again, error, unmapped)


def note_pulled(
    hub: Hub,
    corridor: Corridor,
    extracted: int,
    outcomes: Counter[str],
    error: IntegrationsError | None,
    unmapped: Iterable[str] = (),
) -> Pulled:
    """Return what the resource brought, noted with its job; what does not balance is an error."""
    pulled = _pulled(corridor.resource, extracted, outcomes, error)
    names, missed = tuple(sorted(unmapped)[:_MOST_NAMES]), note_missed(corridor)
    pulled = replace(pulled, unmapped=names, missed_events=missed)
    with hub.engine.begin() as connection:
        jobs.note_resource(connection, corridor.job, pulled.resource, pulled.summary())
    return pulled


def _pulled(
    resource: Resource, extracted: int, outcomes: Counter[str], error: IntegrationsError | None
) -> Pulled:
    if error is None and extracted != outcomes.total():
        error = Unbalanced(f"{resource.name}: {extracted} extracted, {outcomes.total()} accounted for")
    return Pulled(
        resource=resource.name,
        entity_type=resource.projection.entity_type,
        extracted=extracted,
        outcomes=outcomes,
        error=error,
        deferred_until=_deferral(error),
    )


def _resolve_one(hub: Hub, entity_type: EntityType) -> resolving.Resolution:
    with hub.engine.connect() as connection:
        if not resolving.is_due(connection, entity_type):
            return resolving.Resolution(entity_type=entity_type.name)
    try:
        return in_resolution(hub, entity_type.name, partial(resolving.resolve, entity_type=entity_type))
    except ONE_RECORD as error:
        return resolve_apart(hub, entity_type, error)


def _deferral(error: IntegrationsError | None) -> datetime | None:
    """Return when to go on after ``error``, None where it asks for no pause; a lease that is held asks for none."""
    if isinstance(error, RateLimited) or (isinstance(error, ThirdPartyUnavailable) and error.retry_after):
        return datetime.now(UTC) + timedelta(seconds=max(error.retry_after or 0.0, _SHORTEST_PAUSE))
    return None


def _close(
    hub: Hub, job: Job, status: str, error: Mapping[str, Any] | None, next_try_at: datetime | None = None
) -> dict[str, Any]:
    with hub.engine.begin() as connection:
        return jobs.close_job(connection, job, status=status, error=error, next_try_at=next_try_at)


def _told(error: Exception) -> str:
    """Return what may be kept of ``error``: our own words, scrubbed; of a foreign one (it may hold a row) its name."""
    if isinstance(error, IntegrationsError):
        return scrub(str(error))
    return f"unforeseen: {type(error).__name__}"
