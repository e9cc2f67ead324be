"""The files asset: rows of an imported file. Which file, and how its columns read, is said when it is imported."""

import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from integrations_pipelines.entities import ENTITY_TYPES
from integrations_pipelines.orchestration import checks
from integrations_pipelines.orchestration.answers import UNEXPECTED, dagster_answers
from integrations_pipelines.orchestration.house import opened_hub
from integrations_pipelines.orchestration.partitions import SOURCE_SYSTEMS, staging_key
from integrations_pipelines.orchestration.resolved import resolve_here
from integrations_pipelines.orchestration.results import FILE_ROWS, Telling, Told, Tried, of_pull
from integrations_pipelines.orchestration.staging import end_red_if_any_failed

if TYPE_CHECKING:
    from integrations_pipelines.hub import Hub
    from integrations_pipelines.registry.jobs import Job
    from integrations_pipelines.sync import Pulled

KEY = staging_key("files", FILE_ROWS)


class FileConfig(dg.Config):
    """Which file to import; how its columns read is kept with the source system."""

    path: str = Field(description="The file, as this machine sees it.")
    resource: str = Field(description="The resource that the file's rows belong to.")
    snapshot: bool = Field(
        default=False, description="The file holds all there is: what it lacks may be gone."
    )
    allow_mass_delete: bool = Field(default=False, description="However many it lacks.")


@dg.multi_asset(
    name="import_rows",
    specs=[
        dg.AssetSpec(
            KEY,
            description="Rows of imported files (CSV, JSON lines), of any entity type.\n\n"
            "Imported by `integrations import`; one partition is one file system.",
            group_name="files",
            kinds={"file", "postgres"},
            owners=["team:integrations"],
            partitions_def=SOURCE_SYSTEMS,
        )
    ],
    check_specs=checks.staging_checks(KEY),
    retry_policy=UNEXPECTED,
)
def file_rows(context: dg.AssetExecutionContext, config: FileConfig) -> Told:
    """Import one file of one file system."""
    with dagster_answers(context.op_execution_context):
        tried = yield from _imported(context, config)
    end_red_if_any_failed(context, [tried])


def _imported(context: dg.AssetExecutionContext, config: FileConfig) -> Generator[Telling, None, Tried]:
    from integrations_pipelines import sync
    from integrations_pipelines.hub import resource_of

    started = time.monotonic()
    with opened_hub() as hub:
        with sync.running_job(hub, context.partition_key, job_type="file", run_key=context.run.run_id) as job:
            resource = resource_of(job.source, config.resource)
            pulled = _taken(hub, job, config)
            tried = Tried(pulled=pulled, error=pulled.error, seconds=time.monotonic() - started)
            yield from of_pull(hub, job, resource, tried)
            sync.close(hub, job, [pulled])
        # A type of the organisation's own has no resolved asset: it is resolved here.
        if tried.error or resource.projection.entity_type not in ENTITY_TYPES:
            resolve_here(context, hub, [resource.projection.entity_type])
    return tried


def _taken(hub: "Hub", job: "Job", config: FileConfig) -> "Pulled":
    from integrations_pipelines import sweep, sync

    path = Path(config.path)
    if not config.snapshot:
        return sync.import_file(hub, job, path, config.resource)
    allow = config.allow_mass_delete
    pulled, swept = sweep.import_snapshot(hub, job, path, config.resource, allow_mass_delete=allow)
    return swept.pulled if swept else pulled
