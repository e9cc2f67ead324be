"""Erasing a person: the records leave, the words that mean this person alone leave, the fact stays.

From the first transaction on, the records are not taken again; then, under the leases of their resources and the lock
of their type's resolution, everything that they said goes at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from integrations_pipelines.corridor import open_corridor, take_waiting
from integrations_pipelines.errors import NotFound
from integrations_pipelines.hub import Hub, resolution_transaction, resource_of
from integrations_pipelines.registry import erasure, jobs, sources
from integrations_pipelines.registry.erasure import ErasedRecord, Removed
from integrations_pipelines.registry.types import entity_types
from integrations_pipelines.sync import resolve

ERASURE = "erasure"


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What an erasure took: records as ``SYSTEM:RESOURCE:ID``, rows by table, blotted words by column.

    ``shared`` counts, by kind, the values that others hold too: they stay. ``erasures`` is empty for a dry run.
    """

    records: Sequence[str]
    rows: Mapping[str, int]
    blotted: Mapping[str, int]
    shared: Mapping[str, int]
    erasures: Sequence[UUID] = field(default_factory=tuple)
    is_dry_run: bool = False


def erase_entity(hub: Hub, uuid: UUID, *, reason: str, dry_run: bool = False) -> Erased:
    """Erase every record that is mapped to the entity. Raises ``NotFound`` where there is none."""
    with hub.engine.begin() as connection:
        records = erasure.records_of_entity(connection, uuid)
    if not records:
        raise NotFound(f"{uuid}: no record is mapped to it")
    return _erase(hub, records, reason=reason, dry_run=dry_run)


def erase_record(
    hub: Hub, system_key: str, resource: str, record: str, *, reason: str, dry_run: bool = False
) -> Erased:
    """Erase one source record; one that never came is kept out from now on. Raises ``NotFound`` as ``_record`` does."""
    return _erase(hub, [_record(hub, system_key, resource, record)], reason=reason, dry_run=dry_run)


def lift(hub: Hub, system_key: str, resource: str, record: str) -> None:
    """Let an erased record be taken again. Raises ``NotFound`` where it was not erased."""
    found = _record(hub, system_key, resource, record)
    with hub.engine.begin() as connection:
        if not erasure.lift_erasure(connection, found):
            raise NotFound(f"{system_key}:{resource}:{record} was not erased")


def _record(hub: Hub, system_key: str, resource: str, record: str) -> ErasedRecord:
    """Raises ``NotFound`` for a source system, or a resource of it, that is not known."""
    with hub.engine.begin() as connection:
        resource_of(sources.source_of(connection, system_key), resource)
        found = erasure.record_of(connection, system_key, resource, record)
    if found is None:
        raise NotFound(f"no source system {system_key}")
    return found


def _erase(hub: Hub, records: Sequence[ErasedRecord], *, reason: str, dry_run: bool) -> Erased:
    uuids: list[UUID] = []
    if not dry_run:
        with hub.engine.begin() as connection:
            uuids = erasure.note_erasures(connection, records, reason)
    regions = _regions(hub, records)
    with _held(hub, records), resolution_transaction(hub, *_types_of(hub, records)) as connection:
        records = erasure.as_they_are(connection, records)
        removed = erasure.erase(connection, records, entity_types(connection), regions)
        if dry_run:
            connection.rollback()
        else:
            erasure.note_removed(connection, uuids, removed)
    if not dry_run:
        resolve(hub, sorted({str(one.entity_type) for one in records} - {"None", "none"}))
    return _told(records, removed, uuids, dry_run=dry_run)


@contextmanager
def _held(hub: Hub, records: Sequence[ErasedRecord]) -> Iterator[None]:
    """Keep syncs of the records' resources away; what waits there is applied first, so that nothing comes after."""
    with ExitStack() as stack:
        for system_key in sorted({record.system_key for record in records}):
            with hub.engine.begin() as connection:
                source = sources.source_of(connection, system_key)
            job = stack.enter_context(jobs.open_job(hub.engine, source, job_type=ERASURE, run_key=None))
            for name in sorted({one.resource for one in records if one.system_key == system_key}):
                corridor = stack.enter_context(
                    open_corridor(hub, job, resource_of(source, name), origin=ERASURE)
                )
                take_waiting(corridor)
            stack.callback(_close, hub, job)
        yield


def _close(hub: Hub, job: jobs.Job) -> None:
    with hub.engine.begin() as connection:
        jobs.close_job(connection, job, status="succeeded")


def _regions(hub: Hub, records: Sequence[ErasedRecord]) -> set[str | None]:
    with hub.engine.begin() as connection:
        keys = {record.system_key for record in records}
        return {sources.source_of(connection, key).settings.get("region") for key in keys}


def _types_of(hub: Hub, records: Sequence[ErasedRecord]) -> list[str]:
    """The types whose resolution has to wait; traces without a record have none, and any lock does.

    Asked once what waited is applied: that may have brought a record, or made it something else.
    """
    with hub.engine.begin() as connection:
        found = {one.entity_type for one in erasure.as_they_are(connection, records)}
    return sorted(str(one) for one in found - {None, "none"}) or ["person"]


def _told(
    records: Sequence[ErasedRecord], removed: Removed, uuids: Sequence[UUID], *, dry_run: bool
) -> Erased:
    def some(counts: Mapping[str, Any]) -> dict[str, int]:
        return {name: count for name, count in sorted(counts.items()) if count}

    return Erased(
        records=[f"{one.system_key}:{one.resource}:{one.record}" for one in records],
        rows=some(removed.rows),
        blotted=some(removed.blotted),
        shared=some(removed.shared),
        erasures=list(uuids),
        is_dry_run=dry_run,
    )
