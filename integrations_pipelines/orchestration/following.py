"""How far a run is: its Dagster status and the job it has opened, read while it goes on and at its end."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import dagster as dg
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from integrations_pipelines.orchestration.outcome import (
    OnProgress,
    ResourceOutcome,
    RunOutcome,
    RunStatus,
)
from integrations_pipelines.registry import health
from integrations_pipelines.registry.health import RunningJob
from integrations_pipelines.vault import scrub

LOOK_SECONDS = 0.25
_STATUS: Mapping[dg.DagsterRunStatus, RunStatus] = {
    dg.DagsterRunStatus.QUEUED: "queued",
    dg.DagsterRunStatus.NOT_STARTED: "queued",
    dg.DagsterRunStatus.SUCCESS: "succeeded",
    dg.DagsterRunStatus.FAILURE: "failed",
    dg.DagsterRunStatus.CANCELED: "canceled",
}


class Follower:
    """Reads one run from our tables and Dagster's, and tells ``on_progress`` what is new."""

    def __init__(self, instance: dg.DagsterInstance, engine: Engine, run_id: str, system_key: str) -> None:
        self._instance, self._engine = instance, engine
        self._run_id, self._system_key = run_id, system_key
        self._told: RunOutcome | None = None

    def outcome(self, error: str | None = None) -> RunOutcome:
        """Return the run as it is now; ``error`` is what it ended with, where its job does not say."""
        run = self._instance.get_run_by_id(self._run_id)
        status: RunStatus = _STATUS.get(run.status, "running") if run else "queued"
        with self._engine.begin() as connection:
            job = health.job_of(connection, self._run_id)
        if status == "succeeded" and job is not None and job.status == "deferred":
            status = "deferred"
        if status == "failed" and error is None and (job is None or job.error is None):
            error = self._reason()
        return RunOutcome(
            run_id=self._run_id,
            system_key=self._system_key,
            status=status,
            import_job=str(job.uuid) if job else None,
            resources=tuple(_resources(job)) if job else (),
            is_resolving=status == "running" and job is not None and job.status != "running",
            error=str(job.error["message"]) if job and job.error else error,
            next_try_at=job.next_try_at if job else None,
        )

    def tell(self, on_progress: OnProgress) -> RunOutcome:
        """Call ``on_progress`` if the run has changed since the last call; return it."""
        now = self.outcome()
        if now != self._told:
            self._told = now
            on_progress(now)
        return now

    def _reason(self) -> str | None:
        """Return what Dagster says of a failed run: of its step, else of the run itself."""
        kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
        found = self._instance.get_records_for_run(self._run_id, of_type=kinds).records
        events = [entry.event_log_entry.dagster_event for entry in found]
        steps = [event.step_failure_data for event in events if event and event.is_step_failure]
        told = [data.user_failure_data.description for data in steps if data.user_failure_data]
        plain = [data.error.message for data in steps if data.error]
        messages = [event.message for event in events if event and event.message]
        first = next((text for text in [*told, *plain, *messages] if text), None)
        return scrub(first).strip().splitlines()[0] if first else None


@contextmanager
def followed(follower: Follower, on_progress: OnProgress | None) -> Iterator[None]:
    """Tell ``on_progress`` of a run, in a thread of its own, while the block executes it."""
    if on_progress is None:
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(
        target=_tell_until, args=(follower, on_progress, ended.wait), name="progress", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _tell_until(follower: Follower, on_progress: OnProgress, ended: Callable[[float], bool]) -> None:
    while not ended(LOOK_SECONDS):
        # A database that restarts under the run is the run's to survive; the next look sees how it went.
        with suppress(OperationalError):
            follower.tell(on_progress)
    follower.tell(on_progress)


def _resources(job: RunningJob) -> Iterator[ResourceOutcome]:
    for name, summary in job.resources.items():
        yield _through(name, summary)
    for name in sorted(job.extracted.keys() - job.resources.keys()):
        yield ResourceOutcome(resource=name, status="running", extracted=job.extracted[name])


def _through(name: str, summary: Mapping[str, Any]) -> ResourceOutcome:
    return ResourceOutcome(
        resource=name,
        status=summary["status"],
        entity_type=summary["entity_type"],
        extracted=summary["extracted"],
        outcomes=summary["outcomes"],
        is_balanced=summary["balanced"],
        error=summary["error"],
        unmapped=tuple(summary.get("unmapped", ())),
    )
