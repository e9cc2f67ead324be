"""Backfills for the command line: a Dagster run a window, several at once, and one resolution at the end."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from integrations_pipelines import backfill, sync
from integrations_pipelines.hub import Hub
from integrations_pipelines.orchestration import services
from integrations_pipelines.orchestration.code_server import WARM
from integrations_pipelines.orchestration.launch import Order, execute, submit
from integrations_pipelines.orchestration.outcome import RunOutcome
from integrations_pipelines.orchestration.windows import (
    BACKFILL,
    SOURCE_SYSTEM,
    WINDOW,
    backfill_window,
    window_config,
)
from integrations_pipelines.registry import windows
from integrations_pipelines.registry.jobs import Job
from integrations_pipelines.registry.windows import BackfillWindow, Span
from integrations_pipelines.settings import Settings, environment_for_children, publish

OnWindow = Callable[[BackfillWindow], None]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to read: windows of one resource, so many at once. ``again``: those that are done too."""

    system_key: str
    resource: str
    spans: Sequence[Span]
    parallel: int = 1
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class Backfilled:
    """What came of a backfill: its job, all its windows as they stand, and how many of them were done before."""

    import_job: UUID
    windows: Sequence[BackfillWindow]
    done_before: int

    @property
    def status(self) -> str:
        """In one word: failed if any window is not done, deferred if all that are not wait, else succeeded."""
        left = {one.status for one in self.windows if not one.is_done}
        return "succeeded" if not left else "deferred" if left == {"deferred"} else "failed"


def run_backfill(settings: Settings, hub: Hub, wanted: Wanted, on_window: OnWindow) -> Backfilled:
    """Read the windows that are not done, each in a Dagster run: on the services if they are up, else here.

    Raises ``NotFound`` for a source system or a resource that is not there, or that has no windows.
    """
    with sync.running_job(hub, wanted.system_key, job_type="backfill") as job:
        planned = backfill.plan(hub, job.source, wanted.resource, list(wanted.spans), again=wanted.again)
        to_do = [one for one in planned if not one.is_done]
        read = [replace(one, system_key=wanted.system_key, resource=wanted.resource) for one in to_do]
        _run_all(settings, hub, read, job.uuid, wanted.parallel, on_window)
        if to_do:
            order = Order(job="resolve_all", system_key=wanted.system_key, keys=(), config={}, is_beside=True)
            _here(settings)(settings, hub.url, order)
        found = _as_they_stand(hub, planned)
        _close(hub, job, wanted.resource, found)
    return Backfilled(import_job=job.uuid, windows=found, done_before=len(planned) - len(to_do))


def run_one(settings: Settings, url: str, window: BackfillWindow, parent: UUID) -> RunOutcome:
    """Run one window, in this process or on the services."""
    assert window.uuid is not None  # noqa: S101 - it was planned
    order = Order(
        job=backfill_window.name,
        system_key=window.system_key,
        keys=(),
        is_beside=True,
        config={"ops": window_config(window.uuid, parent, resolve=False)},
        more_tags={
            SOURCE_SYSTEM: window.system_key,
            BACKFILL: str(parent),
            WINDOW: f"{window.from_at:%Y-%m-%dT%H:%M}/{window.to_at:%Y-%m-%dT%H:%M}",
        },
    )
    return _here(settings)(settings, url, order)


def _here(settings: Settings) -> Callable[[Settings, str, Order], RunOutcome]:
    return submit if services.is_up(settings) else execute


def _run_all(
    settings: Settings,
    hub: Hub,
    to_do: Sequence[BackfillWindow],
    parent: UUID,
    parallel: int,
    on_window: OnWindow,
) -> None:
    with _workers(settings, min(parallel, len(to_do))) as workers:
        if workers is None:
            for one in to_do:
                run_one(settings, hub.url, one, parent)
                on_window(*_as_they_stand(hub, [one]))
            return
        runs = {workers.submit(run_one, settings, hub.url, one, parent): one for one in to_do}
        for run in as_completed(runs):
            run.result()
            on_window(*_as_they_stand(hub, [runs[run]]))


@contextmanager
def _workers(settings: Settings, parallel: int) -> Iterator[Executor | None]:
    """Give who runs windows: threads that wait for the services, processes of our own, or nobody but us."""
    if parallel <= 1:
        yield None
        return
    if services.is_up(settings):
        with ThreadPoolExecutor(parallel) as threads:
            yield threads
        return
    # Forks of one process that has imported what a run needs, as the services' runs are: each would import it anew.
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload([WARM])
    with ProcessPoolExecutor(
        parallel, mp_context=forked, initializer=publish, initargs=(environment_for_children({}),)
    ) as processes:
        yield processes


def _as_they_stand(hub: Hub, found: Sequence[BackfillWindow]) -> list[BackfillWindow]:
    with hub.engine.begin() as connection:
        return [windows.window_of(connection, one.uuid) for one in found if one.uuid is not None]


def _close(hub: Hub, job: Job, resource: str, found: Sequence[BackfillWindow]) -> None:
    """End the backfill's own job with what its windows add up to."""
    failed = [one for one in found if not one.is_done and one.status != "deferred"]
    next_try_at = min((one.next_try_at for one in found if one.next_try_at), default=None)
    status = "failed" if failed else "deferred" if next_try_at else "succeeded"
    said = f"{resource}: {len(failed)} of {len(found)} windows failed"
    backfill.close(
        hub, job, resource, found, status=status, error=said if failed else None, next_try_at=next_try_at
    )
