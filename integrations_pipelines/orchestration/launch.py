"""Runs of one source system, for the command line: in this process, or on the services of `integrations up`."""

from collections.abc import Sequence
from pathlib import Path

from integrations_pipelines.orchestration.outcome import OnProgress, RunOutcome
from integrations_pipelines.settings import Settings


def sync_source(
    settings: Settings,
    url: str,
    system_key: str,
    *,
    resources: Sequence[str] | None = None,
    full: bool = False,
    on_progress: OnProgress | None = None,
) -> RunOutcome:
    """Sync one source system where it is best done: on the services if they are up, else in this process.

    ``resources`` None means those the source system is set to sync. ``url`` is what ``local.running_database`` gave.
    The outcome of a red run is returned, not raised. Raises ``NotFound`` (source system, resource), ``UsageError``.
    """
    if is_up(settings):
        return submit_sync(
            settings, url, system_key, resources=resources, full=full, on_progress=on_progress
        )
    return run_sync(settings, url, system_key, resources=resources, full=full, on_progress=on_progress)


def is_up(settings: Settings) -> bool:
    """Say whether `integrations up` runs here and its webserver answers."""
    raise NotImplementedError


def run_sync(
    settings: Settings,
    url: str,
    system_key: str,
    *,
    resources: Sequence[str] | None = None,
    full: bool = False,
    on_progress: OnProgress | None = None,
) -> RunOutcome:
    """Execute a Dagster run of one source system in this process and return what came of it. Raises as above."""
    raise NotImplementedError


def submit_sync(
    settings: Settings,
    url: str,
    system_key: str,
    *,
    resources: Sequence[str] | None = None,
    full: bool = False,
    on_progress: OnProgress | None = None,
) -> RunOutcome:
    """Put a run into the queue of the running services and follow it to its end. Raises as above."""
    raise NotImplementedError


def run_file_import(
    settings: Settings,
    url: str,
    system_key: str,
    *,
    path: Path,
    resource: str,
    on_progress: OnProgress | None = None,
) -> RunOutcome:
    """Import a file in a Dagster run of this process; ``remember_file`` has kept how ``resource`` reads.

    The file source system is made if it is not there (``sync.file_system`` does). Raises as above.
    """
    raise NotImplementedError
