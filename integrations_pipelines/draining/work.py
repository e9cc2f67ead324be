"""The work of one run on the inbox: claim, read, take by resource, and say how the work on each event ended."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from integrations_pipelines.contract import Resource, Webhooks
from integrations_pipelines.draining.units import told_unit
from integrations_pipelines.erasing import erase_record
from integrations_pipelines.errors import IntegrationsError, LeaseHeld, RecordRejected
from integrations_pipelines.hub import Hub, account_of, resource_of
from integrations_pipelines.inbox.doors import webhooks_of
from integrations_pipelines.inbox.saying import Said, Unknown, said
from integrations_pipelines.registry import inbox, jobs, landings, sources
from integrations_pipelines.registry.inbox import Finished, WaitingEvent
from integrations_pipelines.registry.jobs import Job
from integrations_pipelines.registry.landings import SetAside
from integrations_pipelines.staging.records import parse_json
from integrations_pipelines.staging.units import Cursor, Unit
from integrations_pipelines.sync import Pulled, pull, take_told
from integrations_pipelines.vault import scrub

MOST = 500
"""Events that are worked on together."""
EVERYTHING = "webhooks"
"""Stands for a resource where an event that cannot be read is set aside."""
_TRIES, _UNFINISHED, _FOR_EVER = 15, 25, 1_000_000
_LONGEST_WAIT = 3600.0
# The version of a record that was asked for and is not there, where nothing is known of it: any other is newer.
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Drained:
    """What a run made of the inbox: by resource; and events by how their work ended, ``later`` for those given back."""

    pulled: Mapping[str, Pulled] = field(default_factory=dict)
    events: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some deliveries, read. ``notes``: what has to be said of one, by its id; ``unread``: why one cannot be read."""

    told: Mapping[str, Sequence[Said]]
    notes: Mapping[int, str]
    unread: Mapping[int, str]
    is_disconnect: bool


def drain(hub: Hub, job: Job, *, most: int = MOST) -> Drained:
    """Work on what waits for the job's source system until nothing does; on nothing while another run is at it.

    An error of the third party's is in the result; its events wait for their next try.
    """
    webhooks, run = webhooks_of(job.source), _Run(hub, job)
    with inbox.emptying(job) as is_ours:
        while is_ours and webhooks is not None and (waiting := run.claim(most)):
            run.work(waiting, read(webhooks, waiting))
    return Drained(pulled=run.pulled, events=+run.events)


def read(webhooks: Webhooks, waiting: Sequence[WaitingEvent]) -> Batch:
    """Return what the deliveries say, by resource, each in the order in which they came."""
    told: dict[str, list[Said]] = {}
    notes: dict[int, str] = {}
    unread: dict[int, str] = {}
    is_disconnect = False
    for one in waiting:
        try:
            found = _said(webhooks, one)
        except RecordRejected as error:
            unread[one.id] = str(error)
            continue
        for each in found:
            if isinstance(each, Unknown):
                notes[one.id] = f"no event of type {each.event_type!r} is described"[:200]
            elif each.event.verb == "disconnect":
                is_disconnect = True
            elif each.event.verb != "ignore":
                told.setdefault(each.event.resource, []).append(each)
    return Batch(told=told, notes=notes, unread=unread, is_disconnect=is_disconnect)


def _said(webhooks: Webhooks, one: WaitingEvent) -> Sequence[Said | Unknown]:
    if one.attempts > _UNFINISHED:
        raise RecordRejected(f"its work was begun {one.attempts} times and never ended")
    try:
        return said(webhooks, one, parse_json(one.body))
    except ValueError as error:
        raise RecordRejected("its body is no JSON, or is nested too deeply") from error


class _Run:
    """What one run has taken so far."""

    def __init__(self, hub: Hub, job: Job) -> None:
        self._hub, self._job = hub, job
        self.pulled: dict[str, Pulled] = {}
        self.events: Counter[str] = Counter()

    def claim(self, most: int) -> list[WaitingEvent]:
        """Lease what is to be worked on next."""
        inbox.hold(self._job)
        with self._hub.engine.begin() as connection:
            return inbox.claim(connection, self._job, most=most)

    def work(self, waiting: Sequence[WaitingEvent], batch: Batch) -> None:
        """Take what the batch says, and say of each delivery how its work ended."""
        failed: dict[int, IntegrationsError] = {}
        for name, told in batch.told.items():
            error = self._take(name, told)
            if error is not None:
                failed |= {one.waiting.id: error for one in told}
        if batch.is_disconnect:
            self._disconnect()
        self._end([one for one in waiting if one.id not in failed], batch)
        self._give_back([one for one in waiting if one.id in failed], failed)

    def _take(self, name: str, told: Sequence[Said]) -> IntegrationsError | None:
        try:
            resource = resource_of(self._job.source, name)
            records = [one for one in told if one.event.verb != "pull"]
            polled = self._add(pull(self._hub, self._job, name)) if len(records) < len(told) else None
            if not records:
                return polled
            taken = self._add(take_told(self._hub, self._job, resource, self._tell(resource, records)))
            self._follow(name, records)
        except IntegrationsError as error:
            return error
        return polled or taken

    def _tell(self, resource: Resource, told: Sequence[Said]) -> Callable[[Cursor | None], Unit]:
        def tell(cursor: Cursor | None) -> Unit:
            account = account_of(self._hub, self._job.source, lane="webhook")
            return told_unit(
                account,
                resource,
                told,
                cursor,
                on_wait=lambda: inbox.hold(self._job),
                versions=partial(self._versions, resource),
            )

        return tell

    def _versions(self, resource: Resource, ids: Sequence[str]) -> Mapping[str, datetime | None]:
        if resource.version is None:
            return {}
        with self._hub.engine.begin() as connection:
            known = landings.versions_of(connection, self._job.source, resource.name, ids)
        return {one: known.get(one, _BEFORE_ALL) for one in ids}

    def _follow(self, name: str, told: Sequence[Said]) -> None:
        """Do what goes beyond records: who asked for it is erased."""
        source = self._job.source
        for one in told:
            for record in one.ids if one.event.verb == "privacy" else ():
                erase_record(self._hub, source.system_key, name, record, reason=f"webhook {one.event_type}")

    def _add(self, more: Pulled) -> IntegrationsError | None:
        """Note what a resource brought, on top of what it brought before in this run; return what ended ``more``."""
        error = more.error
        before = self.pulled.get(more.resource)
        if before is not None:
            outcomes = Counter(before.outcomes) + Counter(more.outcomes)
            more = replace(more, extracted=before.extracted + more.extracted, outcomes=outcomes)
            if error is None:
                # The events of that time still wait: what came since does not make the run green.
                more = replace(more, error=before.error, deferred_until=before.deferred_until)
            with self._hub.engine.begin() as connection:
                jobs.note_resource(connection, self._job, more.resource, more.summary())
        self.pulled[more.resource] = more
        return error

    def _disconnect(self) -> None:
        source, why = self._job.source, "the third party's webhook says that it let go of us"
        with self._hub.engine.begin() as connection:
            sources.set_active(connection, source, is_active=False)
            system = {"system_key": source.system_key}
            jobs.write_log(connection, self._job, "source.disconnected", "warning", why, system)

    def _end(self, over: Sequence[WaitingEvent], batch: Batch) -> None:
        finished = [_finished(one, batch) for one in over]
        aside = [
            SetAside(
                source_record_id=None,
                payload=one.event.body,
                error_class="UnreadableEvent",
                message=one.note or "",
            )
            for one in finished
            if one.state == "dead"
        ]
        with self._hub.engine.begin() as connection:
            landings.set_aside(connection, self._job, EVERYTHING, "parse", aside)
            inbox.finish(connection, finished)
        self.events.update(one.state for one in finished)

    def _give_back(self, events: Sequence[WaitingEvent], failed: Mapping[int, IntegrationsError]) -> None:
        alike: dict[tuple[str, float, int], list[WaitingEvent]] = {}
        for event in events:
            alike.setdefault(_patience(event, failed[event.id]), []).append(event)
        with self._hub.engine.begin() as connection:
            for (note, seconds, most), some in alike.items():
                dead = inbox.give_back(connection, some, note=note, seconds=seconds, most=most)
                self.events.update({"dead": dead, "later": len(some) - dead})


def _patience(event: WaitingEvent, error: IntegrationsError) -> tuple[str, float, int]:
    """Return what is noted, how many seconds the event waits, and after how many tries it is given up."""
    note = scrub(str(error))[:500]
    if isinstance(error, LeaseHeld):
        return note, 10.0, _FOR_EVER
    return note, _wait(event, error), _TRIES


def _wait(event: WaitingEvent, error: IntegrationsError) -> float:
    asked: float = getattr(error, "retry_after", None) or 0.0
    return max(asked, min(_LONGEST_WAIT, 10.0 * 2.0 ** min(event.attempts, 10)))


def _finished(event: WaitingEvent, batch: Batch) -> Finished:
    if event.id in batch.unread:
        return Finished(event=event, state="dead", note=scrub(batch.unread[event.id]))
    return Finished(event=event, note=batch.notes.get(event.id))
