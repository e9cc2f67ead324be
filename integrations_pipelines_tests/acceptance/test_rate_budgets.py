"""A rate budget that is honoured whoever asks, and a long pause that defers a job instead of failing it."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from integrations_pipelines.contract.budgets import Budget
from integrations_pipelines.hub import Hub, engine_of
from integrations_pipelines.registry.budgets import BudgetedPace, Lane, bucket_of
from integrations_pipelines.registry.sources import Source, add_source, source_of
from integrations_pipelines_tests.acceptance.workspaces import connect, member, synced
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer

FAILURES = (
    Response(status=429, headers={"retry-after": "0"}),
    Response(status=429, headers={"retry-after": "1"}),
    Response(status=500),
    Response(status=503),
    Response(dropped=True),
    Response(dropped=True),
)


@dataclass(kw_only=True)
class FlakySlack:
    """Two lists, 200 records a page; one request in five fails. ``arrivals`` are the moments of all requests."""

    people: int
    channels: int
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    arrivals: list[float] = field(default_factory=list)
    failed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, asked: Request) -> Response:
        with self._lock:
            self.arrivals.append(time.monotonic())
            if self.dice.random() < 0.2:
                self.failed += 1
                return self.dice.choice(FAILURES)
        start = int(asked.query.get("cursor", "0"))
        if asked.path.endswith("users.list"):
            name, total = "members", self.people
        else:
            name, total = "channels", self.channels
        make: Callable[[int], dict[str, Any]] = member if name == "members" else channel
        end = min(start + 200, total)
        cursor = str(end) if end < total else ""
        body = {
            "ok": True,
            name: [make(n) for n in range(start, end)],
            "response_metadata": {"next_cursor": cursor},
        }
        return Response.of_json(body)

    def busiest(self, seconds: float) -> int:
        """Return the most requests that arrived within any such span."""
        moments = sorted(self.arrivals)
        return max(
            sum(start <= one < start + seconds for one in moments[n:]) for n, start in enumerate(moments)
        )


def channel(number: int) -> dict[str, Any]:
    return {"id": f"C{number:05}", "name": f"channel-{number}", "created": 1_700_000_000}


@pytest.mark.slow
def test_25_000_records_through_an_api_that_fails_a_fifth_of_the_calls_within_the_budget(
    hub: Hub, http_server: ScriptedServer
) -> None:
    http_server.handler = api = FlakySlack(people=20_000, channels=5_000)
    connect(hub, http_server.url, "chat", in_time=True, budget="60/3s")
    other = Hub(engine=engine_of(hub.url), keys=hub.keys, url=hub.url)
    with ThreadPoolExecutor(2) as workers:
        people = workers.submit(synced, hub, "chat", "users")
        channels = workers.submit(synced, other, "chat", "channels")
    other.engine.dispose()
    assert people.result().outcomes == {"new": 20_000}
    assert channels.result().outcomes == {"new": 5_000}
    assert api.failed > 20
    assert len(api.arrivals) >= 125 + api.failed
    assert api.busiest(3.0) <= 60


@pytest.fixture
def source(hub: Hub) -> Source:
    with hub.engine.begin() as connection:
        return add_source(connection, system_key="chat", system_type="slack", settings={})


def pace(hub: Hub, source: Source, lane: Lane, *budgets: Budget) -> BudgetedPace:
    return BudgetedPace(hub.engine, source, budgets, lane)


def granted(one: BudgetedPace, path: str = "/x", most: int = 1000) -> int:
    """Take what there is at this moment; return how much."""
    return next((n for n in range(most) if one.wait_for(path) > 0), most)


def test_a_bucket_and_what_flows_in_stay_within_the_limit() -> None:
    for requests, seconds in ((1, 1.0), (2, 1.0), (5, 1.0), (100, 10.0), (5000, 3600.0)):
        bucket = bucket_of(Budget(requests=requests, seconds=seconds))
        assert bucket.capacity <= requests
        if requests > 1:
            assert bucket.capacity + bucket.refill * (seconds + bucket.good_for) <= requests + 1e-9


def test_an_urgent_lane_finds_what_others_leave_it(hub: Hub, source: Source) -> None:
    slow = Budget(requests=1000, seconds=3600.0)
    lanes: list[Lane] = ["sweep", "backfill", "poll", "webhook"]
    found = [granted(pace(hub, source, lane, slow)) for lane in lanes]
    assert found[0] == pytest.approx(100, abs=2)
    assert found[1] == pytest.approx(40, abs=2)
    assert found[2] == pytest.approx(40, abs=2)
    assert found[3] == pytest.approx(20, abs=2)


def test_who_waits_goes_before_a_lane_behind_it(hub: Hub, source: Source) -> None:
    slow = Budget(requests=100, seconds=20.0)
    poll, backfill = pace(hub, source, "poll", slow), pace(hub, source, "backfill", slow)
    granted(poll)
    time.sleep(2.5)
    assert poll.wait_for("/x") == 0.0
    granted(poll)
    time.sleep(0.1)
    assert backfill.wait_for("/x") > 0


def test_a_class_of_endpoints_has_its_own_budget_beside_the_accounts(hub: Hub, source: Source) -> None:
    budgets = (
        Budget(requests=1000, seconds=3600.0),
        Budget(name="search", requests=10, seconds=600.0, path="/search$"),
    )
    one = pace(hub, source, "webhook", *budgets)
    assert granted(one, "/crm/search") == 2
    assert granted(one, "/crm/contacts", most=50) == 50


def test_a_pause_holds_for_every_process(hub: Hub, source: Source) -> None:
    first, second = pace(hub, source, "poll"), pace(hub, source, "webhook")
    assert first.wait_for("/x") == 0.0
    first.pause("/x", 600)
    assert 590 < second.wait_for("/x") <= 600
    assert 590 < first.wait_for("/x") <= 600


def test_the_third_partys_own_count_goes_before_ours(hub: Hub, source: Source) -> None:
    one = pace(hub, source, "webhook", Budget(requests=1000, seconds=3600.0))
    one.wait_for("/x")
    one.learn("/x", 0, 120.0)
    assert 110 < one.wait_for("/x") <= 120


def test_a_long_pause_defers_the_job_and_nobody_asks_meanwhile(hub: Hub, http_server: ScriptedServer) -> None:
    connect(hub, http_server.url, "chat", in_time=True)
    http_server.handler = lambda _: Response(status=429, headers={"retry-after": "3600"})
    pulled = synced(hub, "chat")
    assert (pulled.status, pulled.is_red) == ("deferred", False)
    assert pulled.deferred_until is not None
    assert pulled.deferred_until - datetime.now(UTC) > timedelta(minutes=59)
    with hub.engine.connect() as connection:
        query = "select status, next_try_at from integrations.import_job order by id desc limit 1"
        status, next_try_at = connection.execute(text(query)).one()
        assert source_of(connection, "chat").is_active
    assert (status, next_try_at) == ("deferred", pulled.deferred_until)
    asked = len(http_server.requests)
    assert synced(hub, "chat").status == "deferred"
    assert len(http_server.requests) == asked == 1
