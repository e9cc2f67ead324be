"""The staging assets: one step a connector, which pulls the resources of one source system, one after another."""

import time
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from integrations_pipelines.contract import Connector, Resource
from integrations_pipelines.errors import IntegrationsError, TellDeveloper
from integrations_pipelines.orchestration import checks
from integrations_pipelines.orchestration.answers import UNEXPECTED, answer_to, dagster_answers, told, worst
from integrations_pipelines.orchestration.house import opened_hub
from integrations_pipelines.orchestration.maintenance import UNCHANGED
from integrations_pipelines.orchestration.partitions import SOURCE_SYSTEMS, staging_key
from integrations_pipelines.orchestration.resolved import resolve_here
from integrations_pipelines.orchestration.results import Telling, Told, Tried, of_pull
from integrations_pipelines.registry import health

if TYPE_CHECKING:
    from integrations_pipelines.hub import Hub
    from integrations_pipelines.registry.jobs import Job


OUTCOME, DEFERRED_UNTIL = "integrations/outcome", "integrations/deferred_until"


class PullConfig(dg.Config):
    """How to pull."""

    full: bool = Field(default=False, description="Read everything anew, whatever was read before.")


def staging_assets(connector: Connector) -> dg.AssetsDefinition:
    """Return the staging assets of ``connector``: one step, of which any part can be run alone."""

    @dg.multi_asset(
        name=pull_step(connector.system_type),
        specs=[_spec(connector, resource) for resource in connector.resources],
        check_specs=[check for one in connector.resources for check in _checks(connector, one)],
        can_subset=True,
        retry_policy=UNEXPECTED,
    )
    def pull(context: dg.AssetExecutionContext, config: PullConfig) -> Told:
        with dagster_answers(context.op_execution_context):
            tried = yield from _pulled(context, connector, full=config.full)
        end_red_if_any_failed(context, tried)

    return pull


def pull_step(system_type: str) -> str:
    """Return the name of the step that pulls accounts of ``system_type``."""
    return f"pull_{system_type}"


def _spec(connector: Connector, resource: Resource) -> dg.AssetSpec:
    return dg.AssetSpec(
        staging_key(connector.system_type, resource.name),
        description=_described(connector, resource),
        group_name=connector.system_type,
        kinds={"dlt", "postgres"},
        owners=["team:integrations"],
        partitions_def=SOURCE_SYSTEMS,
        metadata={
            "entity_type": resource.projection.entity_type,
            "poll_minutes": resource.poll.total_seconds() / 60,
            "landing_table": f"staging_{connector.system_type}.{resource.name}",
        },
    )


def _described(connector: Connector, resource: Resource) -> str:
    lines = [
        f"{connector.title}: {resource.name}. {resource.description}".strip(),
        f"Each record reads as {resource.projection.entity_type}; one partition is one account.",
    ]
    if not resource.by_default:
        lines.append("Pulled where an account's setting `resources` names it, or when it is asked for alone.")
    return "\n\n".join(lines)


def _checks(connector: Connector, resource: Resource) -> list[dg.AssetCheckSpec]:
    return checks.staging_checks(staging_key(connector.system_type, resource.name))


def _pulled(
    context: dg.AssetExecutionContext, connector: Connector, *, full: bool
) -> Generator[Telling, None, list[Tried]]:
    from integrations_pipelines import sync

    tried: list[Tried] = []
    with opened_hub() as hub:
        with sync.running_job(hub, context.partition_key, job_type="poll", run_key=context.run.run_id) as job:
            wanted = _wanted(context, job, connector)
            for resource in _still_to_do(hub, context.run.run_id, wanted):
                tried.append(_try(hub, job, resource, full=full))
                yield from of_pull(hub, job, resource, tried[-1])
            sync.close(hub, job, [one.pulled for one in tried])
        _tag_if_unchanged(context, tried)
        tag_if_deferred(context.instance, context.run.run_id, tried)
        if any(one.error for one in tried) or len(wanted) < len(context.selected_asset_keys):
            # Dagster runs no step after one that kept something back; what arrived is resolved all the same.
            resolve_here(context, hub, {resource.projection.entity_type for resource in wanted})
    return tried


def _wanted(context: dg.AssetExecutionContext, job: "Job", connector: Connector) -> list[Resource]:
    """Return what to pull: of the selected, what the account syncs; what it does not, only when asked for alone."""
    from integrations_pipelines.hub import resources_of

    selected = {key.path[-1] for key in context.selected_asset_keys}
    synced = [resource for resource in resources_of(job.source) if resource.name in selected]
    return synced or [resource for resource in connector.resources if resource.name in selected]


def _still_to_do(hub: "Hub", run_id: str, wanted: Sequence[Resource]) -> Iterator[Resource]:
    """Yield what an earlier try of this step has not brought home already."""
    with hub.engine.begin() as connection:
        job = health.job_of(connection, run_id)
    done = job.resources if job else {}
    yield from (one for one in wanted if done.get(one.name, {}).get("status") != "succeeded")


def _try(hub: "Hub", job: "Job", resource: Resource, *, full: bool) -> Tried:
    from integrations_pipelines import sync

    started = time.monotonic()
    try:
        pulled = sync.pull(hub, job, resource.name, full=full)
        error: Exception | None = pulled.error
    except Exception as caught:  # noqa: BLE001 - the other resources go on; the step ends with this error
        error = caught
        known = caught if isinstance(caught, IntegrationsError) else TellDeveloper(told(caught))
        pulled = sync.Pulled(resource=resource.name, entity_type=resource.projection.entity_type, error=known)
    return Tried(pulled=pulled, error=error, seconds=time.monotonic() - started)


def _tag_if_unchanged(context: dg.AssetExecutionContext, tried: Sequence[Tried]) -> None:
    """Mark a run that found nothing new: maintenance deletes it first."""
    news = {name for one in tried for name, count in one.pulled.outcomes.items() if count}
    if not news - {"unchanged", "duplicate", "stale"} and not any(one.error for one in tried):
        context.instance.add_run_tags(context.run.run_id, UNCHANGED)


def tag_if_deferred(instance: dg.DagsterInstance, run_id: str, tried: Sequence[Tried]) -> None:
    """Mark a run that goes on later, by a run of its own: nothing is red, and it is not all there yet."""
    until = [one.pulled.deferred_until for one in tried if one.pulled.deferred_until]
    if until:
        instance.add_run_tags(run_id, {OUTCOME: "deferred", DEFERRED_UNTIL: min(until).isoformat()})


def end_red_if_any_failed(
    context: dg.AssetExecutionContext | dg.OpExecutionContext,
    tried: Sequence[Tried],
    *,
    name: str | None = None,
) -> None:
    """Raise one of Dagster's answers, with the reason of each resource that failed."""
    failed = [
        (one.pulled.resource, one.error) for one in tried if one.error and not one.pulled.deferred_until
    ]
    if not failed:
        return
    reasons = "; ".join(f"{name}: {told(error)}" for name, error in failed)
    story = f"{name or context.partition_key}: {reasons}"
    context.log.error(story)
    step = context if isinstance(context, dg.OpExecutionContext) else context.op_execution_context
    raise answer_to(worst([error for _, error in failed]), step.retry_number, story) from None
