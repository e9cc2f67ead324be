"""One poll schedule a connector. When a source system is due is data: its row, its jobs, its failures."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import dagster as dg

from integrations_pipelines.contract import Connector
from integrations_pipelines.orchestration.house import reading
from integrations_pipelines.orchestration.jobs import keys_of, sync_job_name
from integrations_pipelines.orchestration.partitions import ensure_partition
from integrations_pipelines.registry import health
from integrations_pipelines.registry.health import Attempts
from integrations_pipelines.vault import no_secrets_in_errors

UNDER_WAY = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
# A tick comes on the minute, a run starts seconds after one: what is due within this is due now.
TOLERANCE = timedelta(seconds=30)
PARTITION = "dagster/partition"
TRIGGER = "integrations/trigger"


def poll_schedule(connector: Connector) -> dg.ScheduleDefinition:
    """Return the schedule that asks every minute which accounts of ``connector`` are due."""

    @dg.schedule(
        cron_schedule="* * * * *",
        name=f"poll_{connector.system_type}",
        job_name=sync_job_name(connector.system_type),
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Syncs the {connector.title} accounts that are due; how often is set with each account.",
    )
    def poll(context: dg.ScheduleEvaluationContext) -> Sequence[dg.RunRequest] | dg.SkipReason:
        with no_secrets_in_errors():
            requests = list(poll_requests(context.instance, connector, context.scheduled_execution_time))
        return requests or dg.SkipReason("no account is due")

    return poll


def poll_requests(
    instance: dg.DagsterInstance, connector: Connector, now: datetime
) -> Iterator[dg.RunRequest]:
    """Yield a run for each account of ``connector`` that is due at ``now`` and has none under way."""
    with reading() as connection:
        accounts = health.attempts(connection, connector.system_type)
    busy = under_way(instance) if accounts else set()
    for account in accounts:
        if account.system_key in busy or account.is_running:
            continue
        if (slot := due_slot(connector, account, now)) is not None:
            ensure_partition(instance, account.system_key)
            yield _request(connector, account, slot)


def under_way(instance: dg.DagsterInstance) -> set[str]:
    """Return the source systems that a run waits for, or works on."""
    runs = instance.get_runs(filters=dg.RunsFilter(statuses=UNDER_WAY))
    # Not those that take webhooks: where these come all the time, there would never be a poll.
    polling = [run for run in runs if run.tags.get(TRIGGER) != "webhook"]
    return {run.tags[PARTITION] for run in polling if PARTITION in run.tags}


def due_slot(connector: Connector, account: Attempts, now: datetime) -> datetime | None:
    """Return since when the account is due, None while it is not, or while a credential of it is missing.

    The slot moves on by a poll at a time: a run that got lost without a trace is asked for anew, once a poll.
    """
    if {one.name for one in connector.credentials} - set(account.secrets):
        return None
    poll = poll_interval(connector, account)
    due = account.due_at(poll)
    return due + (now - due) // poll * poll if due <= now + TOLERANCE else None


def poll_interval(connector: Connector, account: Attempts) -> timedelta:
    """Return how often the account is polled: as its row says, else as its most hurried resource wants.

    A resource with webhooks has a pace of its own: sooner while they miss changes, later while they all come.
    """
    usual = timedelta(seconds=account.poll_seconds) if account.poll_seconds else None
    return min(
        timedelta(seconds=account.pace[one.name]) if one.name in account.pace else usual or one.poll
        for one in connector.resources_of(account.config.get("settings", {}))
    )


def _request(connector: Connector, account: Attempts, slot: datetime) -> dg.RunRequest:
    resources = connector.resources_of(account.config.get("settings", {}))
    return dg.RunRequest(
        run_key=f"{account.system_key}:{int(slot.timestamp())}",
        partition_key=account.system_key,
        asset_selection=keys_of(connector, resources),
        tags={TRIGGER: "poll"},
    )
