"""The webhook inbox in Dagster: three sensors that wait inside their tick, and the job that empties the inbox.

A run is an attempt; the inbox owns delivery. Whoever sends a run for a source system has its right for as long as a run
may take to start; a tick or a run that gets lost gives it back by that, and the run key carries the attempt.
"""

import time
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dagster as dg
import psycopg

from integrations_pipelines import local
from integrations_pipelines.orchestration.answers import RETRIES, UNEXPECTED, answer_to, dagster_answers, told
from integrations_pipelines.orchestration.house import opened_hub
from integrations_pipelines.orchestration.partitions import SOURCE_SYSTEMS, ensure_partition, staging_key
from integrations_pipelines.orchestration.results import of_resolution
from integrations_pipelines.orchestration.schedules import PARTITION, TRIGGER
from integrations_pipelines.registry import inbox, urls
from integrations_pipelines.settings import get_settings
from integrations_pipelines.vault import no_secrets_in_errors

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from integrations_pipelines.draining import Drained
    from integrations_pipelines.hub import Hub

DRAIN = "drain"
# The daemon looks every 5 s, and its shutdown waits for a running tick: 5k - 0.5 s, and short (dagster.md, 2b). Which
# of them a tick holds for depends on when the other sensors' end: from one end to the next look nobody listens there.
_HOLDS = (9.5, 4.5)
# What nobody says: an event whose next try has come, a right that has run out.
_LOOK_SECONDS = 1.0


@dg.op(retry_policy=UNEXPECTED)
def take_webhooks(context: dg.OpExecutionContext) -> None:
    """Work on what waits in the inbox for the source system that the run is tagged with, and resolve what changed."""
    from integrations_pipelines import draining, sync

    system_key = context.run.tags[PARTITION]
    with dagster_answers(context), opened_hub() as hub:
        with sync.running_job(hub, system_key, job_type="webhook", run_key=context.run.run_id) as job:
            drained = draining.drain(hub, job)
            sync.close(hub, job, drained.pulled.values())
            system_type = job.source.system_type
        _tell(context, system_type, drained)
        _resolve(context, hub, {one.entity_type for one in drained.pulled.values()})
        errors = [one.error for one in drained.pulled.values() if one.error and one.is_red]
        if errors:
            # Its events wait for their next try: the step itself is not tried again.
            raise answer_to(errors[0], RETRIES, told(errors[0]))


def _tell(context: dg.OpExecutionContext, system_type: str, drained: "Drained") -> None:
    for name, pulled in drained.pulled.items():
        metadata: dict[str, Any] = {"extracted": pulled.extracted, **pulled.outcomes, "origin": "webhook"}
        key = staging_key(system_type, name)
        context.log_event(
            dg.AssetMaterialization(key, partition=context.run.tags[PARTITION], metadata=metadata)
        )
    context.log.info(f"events: {dict(Counter(drained.events))}")


def _resolve(context: dg.OpExecutionContext, hub: "Hub", entity_types: set[str]) -> None:
    from integrations_pipelines import sync

    for one in sync.resolve(hub, sorted(entity_types)):
        result = of_resolution(hub, one)
        context.log_event(
            dg.AssetMaterialization(
                result.asset_key or "",
                partition=context.run.tags[PARTITION],
                metadata=dict(result.metadata or {}),
            )
        )


@dg.job(
    name=DRAIN, executor_def=dg.in_process_executor, description="Take the webhooks of one source system."
)
def drain() -> None:
    """Take the webhooks of one source system."""
    take_webhooks()


def inbox_sensors() -> list[dg.SensorDefinition]:
    """Return three identical sensors: while one is re-armed, which takes up to 5 s, another one waits."""
    ends: dict[int, float] = {}
    return [_sensor(number, ends) for number in (1, 2, 3)]


def hold_of(now: float, ends: Iterable[float]) -> float:
    """Return for how many seconds to hold a tick that begins ``now``: the fewest others end (``ends``) when it does."""
    others = [end - now for end in ends]
    return min(_HOLDS, key=lambda hold: sum(abs(hold - one) < 1 for one in others))


def _sensor(number: int, ends: dict[int, float]) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"webhooks_{number}",
        job_name=DRAIN,
        minimum_interval_seconds=1,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Waits for webhooks; sends one run a source system, however many events wait.",
    )
    def wait(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        now = time.monotonic()
        hold = hold_of(now, [end for one, end in tuple(ends.items()) if one != number])
        ends[number] = now + hold
        with no_secrets_in_errors(), _engine() as (engine, url):
            # Asked before it waits, as all that takes time: opening Dagster's instance is a good part of a tick.
            known = frozenset(context.instance.get_dynamic_partitions(str(SOURCE_SYSTEMS.name)))
            found = wait_for_work(engine, url, hold - (time.monotonic() - now))
            requests = [_request(context, known, *one) for one in found]
        return dg.SensorResult(run_requests=requests) if requests else dg.SkipReason("the inbox is empty")

    return wait


def wait_for_work(engine: "Engine", url: str, seconds: float) -> list[tuple[str, int]]:
    """Return (system key, attempt) of what a run is to be sent for, as soon as there is something; else nothing.

    Listens first and looks then, so that nothing falls in between.
    """
    deadline = time.monotonic() + seconds
    with psycopg.connect(url, autocommit=True) as said:
        said.execute(b"listen integrations_webhook")
        while True:
            with engine.begin() as connection:
                found = inbox.order_runs(connection) if inbox.waits(connection) else []
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            for _ in said.notifies(timeout=min(left, _LOOK_SECONDS), stop_after=1):
                pass


def _request(
    context: dg.SensorEvaluationContext, known: Container[str], system_key: str, attempt: int
) -> dg.RunRequest:
    if system_key not in known:
        ensure_partition(context.instance, system_key)
    tags = {PARTITION: system_key, TRIGGER: "webhook"}
    return dg.RunRequest(run_key=f"webhook:{system_key}:{attempt}", tags=tags)


@contextmanager
def _engine() -> Iterator[tuple["Engine", str]]:
    from integrations_pipelines.hub import engine_of

    with local.running_database(get_settings()) as url:
        engine = engine_of(url)
        try:
            yield engine, urls.for_psycopg(url)
        finally:
            engine.dispose()
