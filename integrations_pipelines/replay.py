"""Replay: what landed is taken and read again, under today's mapping and rules. Twice is the same as once.

Nothing is fetched. Landed rows go through the version guard once more, so that what could not be taken then is taken
now; then the live payload of every record is projected anew, and only what comes out differently is written.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from integrations_pipelines.corridor import (
    Corridor,
    landed_unit,
    open_corridor,
    projection_of,
    take_waiting,
)
from integrations_pipelines.errors import IntegrationsError, NotFound
from integrations_pipelines.hub import Hub, resource_of
from integrations_pipelines.registry import landings, quarantine, replaying
from integrations_pipelines.registry.apply import LandedUnit, apply, judge
from integrations_pipelines.registry.jobs import Job, write_log
from integrations_pipelines.registry.landings import SetAside
from integrations_pipelines.registry.quarantine import Asked
from integrations_pipelines.registry.replaying import Differences, Selection
from integrations_pipelines.registry.sources import Source, source_of
from integrations_pipelines.retaking import retake
from integrations_pipelines.sync import Pulled, note_pulled


@dataclass(frozen=True, kw_only=True)
class WouldChange:
    """What a replay of one resource would change. ``waiting``: quarantined records that it would try again."""

    system_key: str
    resource: str
    entity_type: str
    outcomes: dict[str, int]
    differences: Differences
    waiting: int


def replay(hub: Hub, job: Job, name: str, selection: Selection, numbers: Sequence[int]) -> Pulled:
    """Take the landings ``numbers`` of a resource again, and the waiting records in ``selection``; return what came.

    An error is in the result, with what was done before it. Raises ``NotFound`` for a resource that is no more, and
    ``LeaseHeld`` while another run has it.
    """
    resource = resource_of(job.source, name)
    outcomes, error = Counter[str](), None
    with open_corridor(hub, job, resource, origin="replay") as corridor:
        try:
            take_waiting(corridor)
            outcomes += retake(corridor, _asked(selection))
            outcomes += _take_again(corridor, selection, numbers)
        except IntegrationsError as caught:
            error = caught
        return note_pulled(hub, corridor, outcomes.total(), outcomes, error)


def replay_all(hub: Hub, job: Job, selection: Selection) -> Iterator[Pulled]:
    """Replay each resource of the job's source system that ``selection`` concerns; yield what each came to.

    What belongs to a resource that its connector no longer has is left alone, with a line in the log.
    """
    with hub.engine.begin() as connection:
        numbers = replaying.landings_by_resource(connection, job.source, selection)
    for name in sorted(numbers):
        try:
            yield replay(hub, job, name, selection, numbers[name])
        except NotFound as error:
            with hub.engine.begin() as connection:
                write_log(connection, job, "replay.skipped", "ok", str(error), {"resource": name})


def all_that_would_change(hub: Hub, system_key: str, selection: Selection) -> Iterator[WouldChange]:
    """Say what a replay of ``system_key`` would change; yield each resource that has anything in ``selection``."""
    with hub.engine.begin() as connection:
        source = source_of(connection, system_key)
        numbers = replaying.landings_by_resource(connection, source, selection)
    for name in sorted(numbers):
        with suppress(NotFound):
            yield would_change(hub, source, name, selection)


def would_change(hub: Hub, source: Source, name: str, selection: Selection) -> WouldChange:
    """Say what a replay of one resource would change; nothing is written. Raises ``NotFound``."""
    resource = resource_of(source, name)
    with hub.engine.connect() as connection:
        numbers = replaying.landings_by_resource(connection, source, selection).get(name, [])
        unit = replace(landed_unit(source, resource, 0, job=0), only=_only(selection))
        numbers = _holding(connection, source, unit, selection, numbers)
        outcomes = Counter[str]()
        for number in numbers:
            outcomes += Counter(judge(connection, replace(unit, landing=number)))
        projection = projection_of(hub, source, resource)
        found = replaying.compare(connection, unit, numbers, projection)
        waiting = quarantine.count_waiting(connection, source, name, _asked(selection))
        connection.rollback()
    return WouldChange(
        system_key=source.system_key,
        resource=name,
        entity_type=resource.projection.entity_type,
        outcomes=dict(_moved(outcomes, found)),
        differences=found,
        waiting=waiting,
    )


def _take_again(corridor: Corridor, selection: Selection, numbers: Sequence[int]) -> Counter[str]:
    source, outcomes = corridor.job.source, Counter[str]()
    unit = replace(
        landed_unit(source, corridor.resource, 0, job=corridor.job.id), only=_only(selection), origin="replay"
    )
    with corridor.hub.engine.begin() as connection:
        numbers = _holding(connection, source, unit, selection, numbers)
    for number in numbers:
        with corridor.hub.engine.begin() as connection:
            outcomes += Counter(apply(connection, replace(unit, landing=number), corridor.project))
    if not numbers:
        return outcomes
    with corridor.hub.engine.begin() as connection:
        found = replaying.compare(connection, unit, numbers, corridor.project)
        replaying.write(connection, unit)
        landings.set_aside(connection, corridor.job, unit.resource, "parse", _unreadable(found))
    return _moved(outcomes, found)


def _holding(
    connection: Connection, source: Source, unit: LandedUnit, selection: Selection, numbers: Sequence[int]
) -> list[int]:
    """Return those of ``numbers`` that have anything of what is asked for."""
    if not numbers or not replaying.has_table(connection, unit.table):
        return []
    if selection.record is None:
        return list(numbers)
    holding = replaying.landings_of_record(connection, source, unit.table, selection.record[1])
    return [number for number in numbers if number in holding]


def _moved(outcomes: Counter[str], found: Differences) -> Counter[str]:
    """Return ``outcomes`` with the differences as changes: each of these rows was counted as saying nothing new."""
    unread = len(found.unreadable)
    moved = outcomes + Counter(changed=found.current + found.behind, quarantined=unread)
    for count, names in ((found.behind, _BEHIND), (found.current + unread, _CURRENT)):
        for name in names:
            taken = min(count, moved[name])
            moved[name], count = moved[name] - taken, count - taken
    return +moved


_BEHIND = ("stale", "conflict", "unchanged", "duplicate")
_CURRENT = ("unchanged", "duplicate", "stale", "conflict")


def _only(selection: Selection) -> tuple[str, ...] | None:
    return (selection.record[1],) if selection.record else None


def _asked(selection: Selection) -> Asked:
    return Asked(
        uuids=selection.uuids,
        error_class=selection.error_class,
        job=selection.job,
        record_ids=_only(selection),
        since=selection.since,
        until=selection.until,
    )


def _unreadable(found: Differences) -> list[SetAside]:
    return [
        SetAside(source_record_id=record, payload=None, error_class="RecordRejected", message=reason)
        for record, reason in found.unreadable.items()
    ]
