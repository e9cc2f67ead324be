"""Backfills: a span of time read again in windows, beside the live sync, whose cursor is left alone.

Each window is done once: asking again for the same span runs what failed or was never run. Records may arrive from
windows and polls in any order; the version guard makes the same of it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from integrations_pipelines.corridor import Corridor, open_corridor
from integrations_pipelines.errors import UsageError
from integrations_pipelines.hub import Hub, account_of, resource_of
from integrations_pipelines.registry import jobs, windows
from integrations_pipelines.registry.jobs import Job
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.registry.windows import BackfillWindow, Span
from integrations_pipelines.staging.account import Limits
from integrations_pipelines.staging.windows import fetch_window, require_window
from integrations_pipelines.sync import Pulled, walk

MOST_WINDOWS = 10_000
_LIMITS = Limits()


def spans(from_: datetime, to: datetime, width: timedelta, *, newest_first: bool = False) -> list[Span]:
    """Return ``[from_, to)`` cut into half-open spans of ``width``, the last one shorter.

    Raises ``UsageError`` for a span that is empty, or of too many windows.
    """
    if to <= from_:
        raise UsageError(f"--to {to:%Y-%m-%dT%H:%M:%S}: is not after --from {from_:%Y-%m-%dT%H:%M:%S}")
    if (to - from_) / width > MOST_WINDOWS:
        raise UsageError(f"--window: gives more than {MOST_WINDOWS} windows; a wider one reads the same")
    found = list(_cut(from_, to, width))
    return found[::-1] if newest_first else found


def plan(
    hub: Hub, source: Source, name: str, wanted: list[Span], *, again: bool = False
) -> list[BackfillWindow]:
    """Write down the windows of ``wanted`` and return them as they stand. ``again``: those that are done too.

    Raises ``NotFound`` for a resource that is not there, or cannot be asked for a span of time.
    """
    require(source, name)
    with hub.engine.begin() as connection:
        return windows.plan(connection, source, name, wanted, again=again)


def require(source: Source, name: str) -> None:
    """Raise ``NotFound`` for a resource that is not there, or cannot be asked for a span of time."""
    require_window(resource_of(source, name), source.system_key)


def run_window(hub: Hub, job: Job, window: BackfillWindow, *, limits: Limits = _LIMITS) -> Pulled:
    """Read one window, land and apply it, and write down what came of it. Raises ``LeaseHeld`` while another run does.

    An error of the third party's is in the result, and in the window: asking again runs it again.
    """
    resource = resource_of(job.source, window.resource)
    with open_corridor(hub, job, resource, origin="backfill", window=window.id) as corridor:
        units = fetch_window(
            account_of(hub, job.source, lane="backfill"),
            resource,
            from_=window.from_at,
            to=window.to_at,
            limits=limits,
        )
        try:
            pulled = walk(hub, corridor, units)
        except BaseException as error:
            _end(
                corridor,
                Pulled(resource=resource.name, entity_type=""),
                f"unforeseen: {type(error).__name__}",
            )
            raise
        _end(corridor, pulled)
        return pulled


def _cut(from_: datetime, to: datetime, width: timedelta) -> Iterator[Span]:
    start = from_
    while start < to:
        yield start, min(start + width, to)
        start += width


def _end(corridor: Corridor, pulled: Pulled, unforeseen: str | None = None) -> None:
    summary = pulled.summary()
    with corridor.hub.engine.begin() as connection:
        windows.end_window(
            connection,
            corridor.lease,
            summary if unforeseen is None else {**summary, "error": unforeseen},
            status="failed" if unforeseen else pulled.status,
            next_try_at=pulled.deferred_until,
        )


def close(  # noqa: PLR0913 - what a job ends with
    hub: Hub,
    job: Job,
    resource: str,
    found: Sequence[BackfillWindow],
    *,
    status: str,
    error: str | None,
    next_try_at: datetime | None,
) -> None:
    """End the backfill's own job with what its windows add up to; each window has a job of its own beside."""
    outcomes = sum((Counter(one.outcomes) for one in found), Counter[str]())
    summary = {
        "extracted": sum(one.extracted for one in found),
        "outcomes": dict(outcomes),
        "windows": dict(Counter(one.status for one in found)),
        "status": status,
        "error": error,
    }
    told = {"class": "WindowsFailed", "message": error} if error else None
    with hub.engine.begin() as connection:
        jobs.note_resource(connection, job, resource, summary)
        jobs.close_job(connection, job, status=status, error=told, next_try_at=next_try_at)
