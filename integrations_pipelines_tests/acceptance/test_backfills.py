"""Windows read in parallel beside a live sync: nothing lost or doubled, and what failed alone is run again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from integrations_pipelines import backfill, sync
from integrations_pipelines.errors import LeaseHeld, NotFound, UsageError
from integrations_pipelines.hub import Hub
from integrations_pipelines.registry.sources import source_of
from integrations_pipelines.registry.windows import BackfillWindow
from integrations_pipelines.sync import Pulled
from integrations_pipelines_tests.acceptance.issues import START, Site, connect_site, issue, yearful
from integrations_pipelines_tests.acceptance.workspaces import connect, synced
from integrations_pipelines_tests.http_server import ScriptedServer

WEEK = timedelta(days=7)
YEAR = backfill.spans(START, START + 52 * WEEK, WEEK)
CURSOR = "select cursor, fencing_token from integrations.sync_cursor where resource = 'issues'"


@pytest.fixture
def site(hub: Hub, http_server: ScriptedServer) -> Site:
    """Give a site of 400 issues over a year, connected as ``desk``."""
    http_server.handler = site = Site(issues=yearful(400))
    connect_site(hub, http_server.url)
    return site


def planned(hub: Hub, wanted: Any = YEAR) -> list[BackfillWindow]:
    with hub.engine.begin() as connection:
        source = source_of(connection, "desk")
    found = backfill.plan(hub, source, "issues", wanted)
    return [one for one in found if not one.is_done]


def read(hub: Hub, window: BackfillWindow) -> Pulled:
    whole = BackfillWindow(**{**vars(window), "system_key": "desk", "resource": "issues"})
    with sync.running_job(hub, "desk", job_type="backfill") as job:
        pulled = backfill.run_window(hub, job, whole)
        sync.close(hub, job, [pulled])
    return pulled


def rows(hub: Hub, query: str) -> list[tuple[Any, ...]]:
    with hub.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def number(hub: Hub, query: str) -> int:
    ((found,),) = rows(hub, query)
    return int(found)


def test_52_windows_beside_a_live_sync_lose_and_double_nothing(hub: Hub, site: Site) -> None:
    broken = [f"{YEAR[n][0]:%Y-%m-%d}" for n in (7, 30)]
    site.broken.update(broken)
    with ThreadPoolExecutor(5) as workers:
        live = workers.submit(synced, hub, "desk", "issues")
        first = list(workers.map(lambda one: read(hub, one), planned(hub)))
    cursor = rows(hub, CURSOR)
    assert live.result().error is None
    assert sum(one.error is not None for one in first) == 2
    assert all(one.is_balanced for one in first)

    site.broken.clear()
    site.asked.clear()
    again = planned(hub)
    second = [read(hub, one) for one in again]
    assert [f"{one.from_at:%Y-%m-%d}" for one in again] == broken
    assert len(site.asked) == 2
    assert all(one.error is None for one in second)

    assert planned(hub) == []
    assert rows(hub, CURSOR) == cursor
    assert number(hub, "select count(*) from staging.source_record where not is_deleted") == 400
    assert number(hub, "select count(distinct source_record_id) from staging_jira.issues") == 400
    landed = "select sum((outcomes->>'new')::int) from integrations.landing where status = 'applied'"
    assert number(hub, landed) == 400
    assert number(hub, "select count(*) from integrations.landing where status in ('started', 'landed')") == 0


def test_windows_meet_at_one_moment_and_share_no_issue(hub: Hub, site: Site) -> None:
    middle = START + WEEK
    site.issues = [issue(1, middle - timedelta(minutes=1)), issue(2, middle)]
    pulled = [read(hub, one) for one in planned(hub, YEAR[:2])]
    assert [one.outcomes for one in pulled] == [{"new": 1}, {"new": 1}]


def test_an_old_issue_of_a_window_does_not_overwrite_a_newer_one(hub: Hub, site: Site) -> None:
    site.issues = [issue(1, START + 10 * WEEK)]
    synced(hub, "desk", "issues")
    site.issues = [issue(1, START + timedelta(days=1))]
    (window, *_) = planned(hub)
    assert read(hub, window).outcomes == {"stale": 1}


def test_one_window_is_read_by_one_run(hub: Hub, site: Site) -> None:
    from integrations_pipelines.registry.jobs import lease

    (window, *_) = planned(hub)
    with sync.running_job(hub, "desk", job_type="backfill") as job, lease(job, "issues", window=window.id):
        with pytest.raises(LeaseHeld):
            read(hub, window)
        sync.close(hub, job, [])


def test_an_api_without_windows_says_so(hub: Hub, http_server: ScriptedServer) -> None:
    connect(hub, http_server.url, "chat")
    with hub.engine.begin() as connection:
        source = source_of(connection, "chat")
    with pytest.raises(NotFound, match=r"users cannot be asked for a span of time.*--full"):
        backfill.plan(hub, source, "users", YEAR)


def test_spans_cover_everything_once() -> None:
    found = backfill.spans(START, START + timedelta(days=17), WEEK)
    assert [end for _, end in found[:-1]] == [start for start, _ in found[1:]]
    assert (found[0][0], found[-1][1]) == (START, START + timedelta(days=17))
    assert backfill.spans(START, START + timedelta(days=17), WEEK, newest_first=True) == found[::-1]


@pytest.mark.parametrize(("end", "width"), [(START, WEEK), (START + 100 * WEEK, timedelta(minutes=1))])
def test_spans_of_nothing_or_of_too_much_are_refused(end: Any, width: timedelta) -> None:
    with pytest.raises(UsageError):
        backfill.spans(START, end, width)
