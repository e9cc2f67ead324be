"""Daily upkeep: room ahead in the sync log, and the passing part of Dagster's own history let go.

Measured: a smallest run costs 35 kB in PostgreSQL, most of it lines that nobody reads after a fortnight. Ticks are
let go by Dagster itself (``retention`` in dagster.yaml).
"""

import time
from datetime import UTC, datetime, timedelta

import dagster as dg

from integrations_pipelines.orchestration.answers import dagster_answers
from integrations_pipelines.orchestration.house import opened_engine, reading
from integrations_pipelines.registry import keeping, retention
from integrations_pipelines.registry.feed import forget_changes
from integrations_pipelines.registry.missed import forget_missed
from integrations_pipelines.registry.secrets import revoke_expired

UNCHANGED = {"integrations/outcome": "unchanged"}
"""The tag of a run that found nothing new."""
_MAINTENANCE_SECONDS = 300.0
_RUNS_AT_ONCE = 100


class KeepConfig(dg.Config):
    """How long Dagster's history is kept."""

    events_days: int = 14
    unchanged_runs_days: int = 7
    changes_days: int = 30


@dg.op
def keep_house(context: dg.OpExecutionContext, config: KeepConfig) -> None:
    """Make the log's coming months, empty secrets that are over, delete passing events and what rules let go."""
    deadline = time.monotonic() + _MAINTENANCE_SECONDS
    with dagster_answers(context):
        with reading() as connection:
            retention.prepare_log_partitions(connection)
            revoke_expired(connection)
            forget_changes(connection, days=config.changes_days)
            forget_missed(connection, days=config.changes_days)
        runs = forget_unchanged_runs(context.instance, config.unchanged_runs_days, deadline)
        events = forget_events(config.events_days, deadline)
        kept_no_longer = keep_rules(deadline)
    context.log.info(
        f"{events} events and {runs} runs without news deleted; by retention rules: {kept_no_longer}"
    )


def keep_rules(deadline: float) -> dict[str, int]:
    """Delete what the retention rules let go, until ``deadline``; return rows by what they were."""
    with opened_engine() as engine:
        return keeping.apply_rules(engine, may_go_on=lambda: time.monotonic() < deadline)


def forget_events(days: int, deadline: float) -> int:
    """Delete the passing events older than ``days``, a chunk a transaction, until ``deadline``; return how many."""
    total, after, deleted = 0, 0, 1
    while deleted and time.monotonic() < deadline:
        with reading() as connection:
            deleted, after = retention.forget_events(connection, days=days, after=after)
        total += deleted
    return total


def forget_unchanged_runs(instance: dg.DagsterInstance, days: int, deadline: float) -> int:
    """Delete green runs older than ``days`` that found nothing new, until ``deadline``; return how many."""
    old = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.SUCCESS],
        tags=UNCHANGED,
        created_before=datetime.now(UTC) - timedelta(days=days),
    )
    total = 0
    while time.monotonic() < deadline and (runs := instance.get_runs(filters=old, limit=_RUNS_AT_ONCE)):
        for run in runs:
            instance.delete_run(run.run_id)
        total += len(runs)
    return total


@dg.job(executor_def=dg.in_process_executor)
def maintenance() -> None:
    """Keep the house: room ahead in the sync log, and Dagster's history in bounds."""
    keep_house()


daily_maintenance = dg.ScheduleDefinition(
    name="daily_maintenance",
    job=maintenance,
    cron_schedule="17 3 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
