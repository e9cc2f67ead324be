"""The poll as the net under webhooks: what it brings news of was missed, and how often it runs follows from that."""

from collections.abc import Callable, Iterator
from typing import Any

from integrations_pipelines.contract import Webhooks
from integrations_pipelines.corridor import Corridor
from integrations_pipelines.inbox.doors import webhooks_of
from integrations_pipelines.registry import missed
from integrations_pipelines.registry.jobs import write_log
from integrations_pipelines.staging.tables import landing_schema
from integrations_pipelines.staging.units import Cursor, Unit


def note_missed(corridor: Corridor) -> int | None:
    """Return how many changes this poll saw that no webhook told, and set the pace; None where none are expected."""
    source, resource, job = corridor.job.source, corridor.resource, corridor.job
    webhooks = webhooks_of(source)
    if corridor.origin != "poll" or webhooks is None or not _covers(webhooks, resource.name):
        return None
    usual = source.poll_seconds or int(resource.poll.total_seconds())
    table = (landing_schema(source.system_type), resource.name)
    with corridor.hub.engine.begin() as connection:
        if not missed.expects_webhooks(connection, job, resource.name, secret=webhooks.secret):
            return None
        count = missed.note_missed(connection, job, resource.name, table)
        seconds = missed.set_pace(connection, source, resource.name, missed=count, usual=usual)
        if count:
            told = f"{count} changes of {resource.name} came by poll and by no webhook"
            said = {"resource": resource.name, "missed_events": count, "pace_seconds": seconds}
            write_log(connection, job, "webhooks.missed", "warning", told, said)
    return count


def told_units(corridor: Corridor, tell: Callable[[Cursor | None], Unit]) -> Iterator[Unit]:
    """Yield the unit that webhooks tell; once it is taken, nothing of it counts as missed."""
    unit = tell(corridor.lease.cursor)
    yield unit
    note_delivered(corridor, unit)


def note_delivered(corridor: Corridor, unit: Unit) -> None:
    """Take off what was thought missed and comes now."""
    webhooks, resource = webhooks_of(corridor.job.source), corridor.resource.name
    if webhooks is None or unit.rows.num_rows == 0:
        return
    told: dict[str, Any] = {
        "ids": unit.rows["source_record_id"].to_pylist(),
        "versions": unit.rows["source_version"].to_pylist(),
        "hashes": unit.rows["content_hash"].to_pylist(),
    }
    hints = any(one.trust == "refetch" for one in webhooks.events if one.resource == resource)
    with corridor.hub.engine.begin() as connection:
        missed.note_delivered(connection, corridor.job.source, resource, told, are_hints=hints)


def _covers(webhooks: Webhooks, resource: str) -> bool:
    """Return whether webhooks tell of the resource's records, and are no mere hints to poll it."""
    return any(one.resource == resource and one.verb not in ("ignore", "pull") for one in webhooks.events)
