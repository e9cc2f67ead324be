"""Jobs that read beside the live sync: a window of a backfill each. Deferred ones start again by themselves.

Their runs carry no partition tag: the run queue keeps one run an account, and these may stand beside it. What they read
is said with the staging asset all the same.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import dagster as dg
from pydantic import Field

from integrations_pipelines.orchestration.answers import UNEXPECTED, dagster_answers
from integrations_pipelines.orchestration.house import opened_hub, reading
from integrations_pipelines.orchestration.partitions import staging_key
from integrations_pipelines.orchestration.results import Tried
from integrations_pipelines.orchestration.schedules import TRIGGER
from integrations_pipelines.orchestration.staging import end_red_if_any_failed, tag_if_deferred
from integrations_pipelines.registry import windows
from integrations_pipelines.vault import no_secrets_in_errors

if TYPE_CHECKING:
    from integrations_pipelines.hub import Hub
    from integrations_pipelines.registry.windows import BackfillWindow

SOURCE_SYSTEM, WINDOW, BACKFILL = "integrations/source_system", "integrations/window", "integrations/backfill"


class WindowConfig(dg.Config):
    """Which window, of which backfill."""

    window: str = Field(description="The window's uuid.")
    parent: str | None = Field(default=None, description="The uuid of the backfill's import job.")
    resolve: bool = Field(
        default=True, description="Resolve what came, or leave that to the end of the backfill."
    )


@dg.op(retry_policy=UNEXPECTED)
def read_window(context: dg.OpExecutionContext, config: WindowConfig) -> None:
    """Read one window of a backfill, land and apply it."""
    with dagster_answers(context), opened_hub() as hub:
        with hub.engine.begin() as connection:
            window = windows.window_of(connection, UUID(config.window))
        tried = _read(context, hub, window, UUID(config.parent) if config.parent else None)
        tag_if_deferred(context.instance, context.run_id, [tried])
        if config.resolve:
            _resolve(hub, tried.pulled.entity_type)
    end_red_if_any_failed(context, [tried], name=window.system_key)


@dg.job(executor_def=dg.in_process_executor)
def backfill_window() -> None:
    """Read one window of a backfill, beside the live sync; `integrations backfill` starts them."""
    read_window()


@dg.schedule(
    cron_schedule="* * * * *",
    job=backfill_window,
    name="deferred_windows",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Goes on with the windows of backfills that a third party's rate limit had stopped.",
)
def deferred_windows(context: dg.ScheduleEvaluationContext) -> Sequence[dg.RunRequest] | dg.SkipReason:
    """Ask for a run for each deferred window whose time has come."""
    with no_secrets_in_errors():
        return list(window_requests(context.scheduled_execution_time)) or dg.SkipReason("no window is due")


def window_requests(now: datetime) -> Iterator[dg.RunRequest]:
    """Yield a run for each deferred window whose time has come at ``now``; an attempt is asked for once."""
    with reading() as connection:
        due = windows.due_windows(connection, now)
    for one in due:
        yield dg.RunRequest(
            run_key=f"{one.uuid}:{one.attempts}",
            run_config={"ops": window_config(one.uuid)},
            tags={TRIGGER: "deferred", SOURCE_SYSTEM: one.system_key, WINDOW: str(one.uuid)},
        )


def window_config(window: UUID, parent: UUID | None = None, *, resolve: bool = True) -> Mapping[str, Any]:
    """Return the ops' part of the run config for one window."""
    config = {"window": str(window), "parent": str(parent) if parent else None, "resolve": resolve}
    return {read_window.name: {"config": config}}


def _read(context: dg.OpExecutionContext, hub: "Hub", window: "BackfillWindow", parent: UUID | None) -> Tried:
    from integrations_pipelines import backfill, sync

    started = time.monotonic()
    with sync.running_job(
        hub, window.system_key, job_type="backfill", run_key=context.run_id, parent=parent
    ) as job:
        pulled = backfill.run_window(hub, job, window)
        sync.close(hub, job, [pulled])
        key = staging_key(job.source.system_type, window.resource)
    seen: dict[str, str | float] = {
        "from": window.from_at.isoformat(),
        "to": window.to_at.isoformat(),
        "extracted": pulled.extracted,
        **{name: count for name, count in pulled.outcomes.items() if count},
    }
    context.log_event(dg.AssetObservation(key, partition=window.system_key, metadata=seen))
    return Tried(pulled=pulled, error=pulled.error, seconds=time.monotonic() - started)


def _resolve(hub: "Hub", entity_type: str) -> None:
    from integrations_pipelines import sync

    sync.resolve(hub, [entity_type])
