"""The replay job: what was landed is taken and read again, one source system a run; nothing is fetched."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import dagster as dg
from pydantic import Field

from integrations_pipelines.orchestration.answers import (
    UNEXPECTED,
    answer_to,
    dagster_answers,
    told,
    worst,
)
from integrations_pipelines.orchestration.house import opened_hub
from integrations_pipelines.orchestration.partitions import resolved_key, staging_key
from integrations_pipelines.orchestration.results import FILE_ROWS

if TYPE_CHECKING:
    from integrations_pipelines.hub import Hub
    from integrations_pipelines.registry.jobs import Job
    from integrations_pipelines.registry.replaying import Selection
    from integrations_pipelines.sync import Pulled


class ReplayConfig(dg.Config):
    """What to replay of which source system; "" is no condition."""

    system_key: str = Field(description="The source system.")
    job: str = Field(default="", description="What this import job landed (uuid).")
    resource: str = Field(default="", description="With `record`: its resource.")
    record: str = Field(default="", description="One source record id.")
    error_class: str = Field(default="", description="Quarantined records of this class alone.")
    quarantined: list[str] = Field(default=[], description="These quarantined records alone (uuids).")
    only_quarantined: bool = Field(default=False, description="Quarantined records alone.")
    since: str = Field(default="", description="Landed at this moment (ISO 8601) or later.")
    until: str = Field(default="", description="Landed before this moment (ISO 8601).")


def config_of(system_key: str, selection: "Selection") -> Mapping[str, Any]:
    """Return the run config that replays ``selection`` of ``system_key``."""
    resource, record = selection.record or ("", "")
    config = {
        "system_key": system_key,
        "job": str(selection.job or ""),
        "resource": resource,
        "record": record,
        "error_class": selection.error_class or "",
        "quarantined": [str(one) for one in selection.uuids or ()],
        "only_quarantined": selection.only_quarantined,
        "since": selection.since.isoformat() if selection.since else "",
        "until": selection.until.isoformat() if selection.until else "",
    }
    return {"ops": {replay_landed.name: {"config": config}}}


@dg.op(retry_policy=UNEXPECTED)
def replay_landed(context: dg.OpExecutionContext, config: ReplayConfig) -> None:
    """Take and read again what was landed, and resolve what came out differently."""
    from integrations_pipelines import replay, sync

    with dagster_answers(context), opened_hub() as hub:
        with sync.running_job(hub, config.system_key, job_type="replay", run_key=context.run.run_id) as job:
            pulled = list(replay.replay_all(hub, job, selection_of(config)))
            sync.close(hub, job, pulled)
        for one in pulled:
            context.log_event(_materialised(job, one))
        _resolve(context, hub, config.system_key)
    failed = [(one.resource, one.error) for one in pulled if one.error]
    if failed:
        story = "; ".join(f"{name}: {told(error)}" for name, error in failed)
        raise answer_to(worst([error for _, error in failed]), context.retry_number, story) from None


@dg.job(executor_def=dg.in_process_executor, name="replay")
def replay_job() -> None:
    """Take and read again what was landed: after a mapping was mended, or for what waits in quarantine."""
    replay_landed()


def selection_of(config: ReplayConfig) -> "Selection":
    """Return what the run config asks for."""
    from integrations_pipelines.registry.replaying import Selection

    return Selection(
        job=UUID(config.job) if config.job else None,
        record=(config.resource, config.record) if config.record else None,
        error_class=config.error_class or None,
        uuids=tuple(map(UUID, config.quarantined)) or None,
        since=datetime.fromisoformat(config.since) if config.since else None,
        until=datetime.fromisoformat(config.until) if config.until else None,
        only_quarantined=config.only_quarantined,
    )


def _materialised(job: "Job", pulled: "Pulled") -> dg.AssetMaterialization:
    name = FILE_ROWS if job.source.system_type == "files" else pulled.resource
    counts = {"extracted": pulled.extracted, **pulled.outcomes}
    return dg.AssetMaterialization(
        staging_key(job.source.system_type, name),
        partition=job.source.system_key,
        metadata={"import_job": str(job.uuid), "replay": True, **counts},
    )


def _resolve(context: dg.OpExecutionContext, hub: "Hub", system_key: str) -> None:
    """Resolve every type: a mended mapping may have made a record one of another type."""
    from integrations_pipelines import sync

    for one in sync.resolve(hub):
        counts = {"touched": one.touched, "created": one.created, "merged": one.merged, "mapped": one.mapped}
        if one.touched:
            context.log_event(
                dg.AssetMaterialization(
                    resolved_key(one.entity_type), partition=system_key, metadata=dict(counts)
                )
            )
