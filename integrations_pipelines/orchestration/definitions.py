"""Everything that Dagster is told, in one value. Static: no database is asked, and dlt is not imported."""

import dagster as dg

from integrations_pipelines.orchestration.files import file_rows
from integrations_pipelines.orchestration.inbox import drain, inbox_sensors
from integrations_pipelines.orchestration.jobs import import_job, polled_connectors, resolve_all, sync_job
from integrations_pipelines.orchestration.learning import nightly_learning, refresh_matching
from integrations_pipelines.orchestration.maintenance import daily_maintenance, maintenance
from integrations_pipelines.orchestration.replays import replay_job
from integrations_pipelines.orchestration.resolved import resolved_assets
from integrations_pipelines.orchestration.schedules import poll_schedule
from integrations_pipelines.orchestration.sensors import source_systems
from integrations_pipelines.orchestration.staging import staging_assets
from integrations_pipelines.orchestration.sweeping import sweep_source, sweeps
from integrations_pipelines.orchestration.webhooks import daily_webhooks, webhooks
from integrations_pipelines.orchestration.windows import backfill_window, deferred_windows

definitions = dg.Definitions(
    assets=[*(staging_assets(one) for one in polled_connectors()), file_rows, resolved_assets()],
    jobs=[
        *(sync_job(one) for one in polled_connectors()),
        import_job(),
        resolve_all,
        maintenance,
        webhooks,
        refresh_matching,
        replay_job,
        drain,
        backfill_window,
        sweep_source,
    ],
    schedules=[
        *(poll_schedule(one) for one in polled_connectors()),
        daily_maintenance,
        daily_webhooks,
        nightly_learning,
        deferred_windows,
        sweeps,
    ],
    sensors=[source_systems, *inbox_sensors()],
    # A process a step would cost 2.3 s a run, for steps that follow one another anyway.
    executor=dg.in_process_executor,
)
