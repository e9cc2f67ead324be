"""Sweeps: what is missing from a whole list, a Dagster run an account; asked for by hand, or when its time has come."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.errors import IntegrationsError, NotFound
from integrations_pipelines.orchestration.answers import UNEXPECTED, dagster_answers
from integrations_pipelines.orchestration.house import opened_hub, reading
from integrations_pipelines.orchestration.partitions import staging_key
from integrations_pipelines.orchestration.results import Tried
from integrations_pipelines.orchestration.schedules import TRIGGER
from integrations_pipelines.orchestration.staging import end_red_if_any_failed, tag_if_deferred
from integrations_pipelines.orchestration.windows import SOURCE_SYSTEM
from integrations_pipelines.vault import no_secrets_in_errors

if TYPE_CHECKING:
    from integrations_pipelines.hub import Hub
    from integrations_pipelines.registry.jobs import Job

AGAIN_AFTER = timedelta(hours=1)
_USUALLY = timedelta(days=1)


class SweepConfig(dg.Config):
    """What to sweep."""

    system_key: str = Field(description="The source system.")
    resources: list[str] = Field(description="Its resources.")
    allow_mass_delete: bool = Field(default=False, description="However many are missing.")


@dg.op(retry_policy=UNEXPECTED)
def sweep_resources(context: dg.OpExecutionContext, config: SweepConfig) -> None:
    """List the ids of whole resources; suspect what is missing, delete what is confirmed."""
    from integrations_pipelines import sync

    with dagster_answers(context), opened_hub() as hub:
        with sync.running_job(hub, config.system_key, job_type="sweep", run_key=context.run_id) as job:
            tried = [_sweep(context, hub, job, name, config) for name in config.resources]
            sync.close(hub, job, [one.pulled for one in tried])
        tag_if_deferred(context.instance, context.run_id, tried)
        sync.resolve(hub, sorted({one.pulled.entity_type for one in tried}))
    end_red_if_any_failed(context, tried, name=config.system_key)


@dg.job(executor_def=dg.in_process_executor)
def sweep_source() -> None:
    """Look for records of one account that are gone; `integrations sweep` starts it, and so does its time."""
    sweep_resources()


@dg.schedule(
    cron_schedule="*/10 * * * *",
    job=sweep_source,
    name="sweeps",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Sweeps the resources whose third party tells nobody of deletes, each as often as its connector says.",
)
def sweeps(context: dg.ScheduleEvaluationContext) -> Sequence[dg.RunRequest] | dg.SkipReason:
    """Ask for a run for each account with resources whose sweep is due."""
    with no_secrets_in_errors():
        return list(sweep_requests(context.scheduled_execution_time)) or dg.SkipReason("no sweep is due")


def sweep_requests(now: datetime) -> Iterator[dg.RunRequest]:
    """Yield a run for each account with resources whose sweep is due at ``now``."""
    from integrations_pipelines.registry.sources import all_sources
    from integrations_pipelines.registry.sweeps import last_sweeps

    with reading() as connection:
        types = {one.system_key: one.system_type for one in all_sources(connection)}
        last = last_sweeps(connection)
    due: dict[str, list[str]] = {}
    for one in last:
        every = _every(types[one.system_key], one.resource)
        waits = one.attempted_at is not None and now - one.attempted_at < AGAIN_AFTER
        if every is not None and now - one.completed_at >= every and not waits:
            due.setdefault(one.system_key, []).append(one.resource)
    for key, resources in due.items():
        yield dg.RunRequest(
            run_key=f"{key}:{now:%Y%m%dT%H}",
            run_config={"ops": sweep_config(key, resources)},
            tags={TRIGGER: "sweep", SOURCE_SYSTEM: key},
        )


def sweep_config(
    system_key: str, resources: Sequence[str], *, allow_mass_delete: bool = False
) -> Mapping[str, Any]:
    """Return the ops' part of the run config."""
    config = {"system_key": system_key, "resources": list(resources), "allow_mass_delete": allow_mass_delete}
    return {sweep_resources.name: {"config": config}}


def _every(system_type: str, name: str) -> timedelta | None:
    """Return how often the resource is swept by itself; None: never."""
    from integrations_pipelines.staging.sweeping import is_swept

    try:
        resource = connector_of(system_type).resource(name)
    except NotFound:
        return None
    if not is_swept(resource):
        return None
    return resource.sweep.every if resource.sweep else _USUALLY


def _sweep(context: dg.OpExecutionContext, hub: "Hub", job: "Job", name: str, config: SweepConfig) -> Tried:
    from integrations_pipelines import sweep, sync
    from integrations_pipelines.hub import resource_of

    started = time.monotonic()
    try:
        swept = sweep.sweep(hub, job, name, allow_mass_delete=config.allow_mass_delete)
    except IntegrationsError as error:
        entity_type = resource_of(job.source, name).projection.entity_type
        pulled = sync.Pulled(resource=name, entity_type=entity_type, error=error)
    else:
        pulled = swept.pulled
        key = staging_key(job.source.system_type, name)
        metadata: dict[str, int] = dict(sweep.summary_of(swept))
        context.log_event(dg.AssetObservation(key, partition=config.system_key, metadata=metadata))
    return Tried(pulled=pulled, error=pulled.error, seconds=time.monotonic() - started)
