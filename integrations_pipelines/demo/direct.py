"""Stands in for Dagster until orchestration/launch.py runs: the same syncs, called one after the other."""

from pathlib import Path

from integrations_pipelines import sync
from integrations_pipelines.hub import open_hub, resources_of
from integrations_pipelines.orchestration.outcome import ResourceOutcome, RunOutcome
from integrations_pipelines.settings import Settings


def run_sync(settings: Settings, url: str, system_key: str) -> RunOutcome:
    """As ``launch.run_sync``."""
    with open_hub(settings, url) as hub:
        with sync.running_job(hub, system_key, job_type="poll") as job:
            pulled = [sync.pull(hub, job, one.name) for one in resources_of(job.source)]
            sync.close(hub, job, pulled)
        sync.resolve(hub)
    return _outcome(system_key, pulled)


def run_file_import(
    settings: Settings, url: str, system_key: str, *, path: Path, resource: str
) -> RunOutcome:
    """As ``launch.run_file_import``."""
    with open_hub(settings, url) as hub:
        with sync.running_job(hub, system_key, job_type="file") as job:
            pulled = [sync.import_file(hub, job, path, resource)]
            sync.close(hub, job, pulled)
        sync.resolve(hub)
    return _outcome(system_key, pulled)


def _outcome(system_key: str, pulled: list[sync.Pulled]) -> RunOutcome:
    resources = tuple(
        ResourceOutcome(
            resource=one.resource,
            status="failed" if one.error else "succeeded",
            entity_type=one.entity_type,
            extracted=one.extracted,
            outcomes=one.outcomes,
            is_balanced=one.is_balanced,
            error=str(one.error) if one.error else None,
        )
        for one in pulled
    )
    failed = [one for one in resources if one.error]
    return RunOutcome(
        run_id="direct",
        system_key=system_key,
        status="failed" if failed else "succeeded",
        resources=resources,
        error=failed[0].error if failed else None,
    )
