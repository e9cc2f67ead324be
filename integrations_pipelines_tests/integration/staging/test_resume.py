"""A whole listing that breaks off goes on from its next page; from the start where that place is not known any more."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from integrations_pipelines.contract import (
    CursorPages,
    KeysetPages,
    LinkBodyPages,
    NumberedPages,
    OffsetPages,
    Pages,
    PageSize,
    Param,
)
from integrations_pipelines.errors import RateLimited
from integrations_pipelines.staging import Limits, Unit
from integrations_pipelines.staging.fetch import fetch
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.staging.toy import THINGS, account

SIZE = PageSize(into=Param(name="limit"), largest=3)
SCHEMES: dict[str, Pages] = {
    "cursor": CursorPages(next="next", into=Param(name="cursor"), size=SIZE),
    "link": LinkBodyPages(next="link", size=SIZE),
    "offset": OffsetPages(into=Param(name="offset"), size=SIZE),
    "number": NumberedPages(into=Param(name="page"), size=SIZE),
    "key": KeysetPages(key="id", into=Param(name="after"), size=SIZE),
}
ALL = {f"{n:02}" for n in range(12)}
PAUSE = Response(status=429, headers={"retry-after": "900"})


def serving(server: ScriptedServer, stop_at: int) -> Callable[[Request], Response]:
    """Return a handler of twelve things that asks for a pause before the page that starts at ``stop_at``, once."""
    stopped: list[bool] = []

    def answer(asked: Request) -> Response:
        query = asked.query
        start = int(query.get("cursor") or query.get("offset") or 0)
        start = 3 * (int(query["page"]) - 1) if "page" in query else start
        start = int(query["after"]) + 1 if "after" in query else start
        if start == stop_at and not stopped:
            stopped.append(True)
            return PAUSE
        items = [{"id": f"{n:02}", "at": "2026-01-01T00:00:00Z"} for n in range(start, min(start + 3, 12))]
        more = start + 3 < 12
        return Response.of_json(
            {
                "items": items,
                "next": str(start + 3) if more else None,
                "link": f"{server.url}/things?cursor={start + 3}" if more else None,
            }
        )

    return answer


def read(server: ScriptedServer, scheme: str, cursor: Any = None) -> tuple[list[Unit], bool]:
    """Return the units of one fetch, and whether it was told to pause."""
    things = replace(THINGS, pages=SCHEMES[scheme])
    units: list[Unit] = []
    limits = Limits(wait_seconds=1, attempts=2)
    try:
        for unit in fetch(account(server.url, things), things, cursor=cursor, limits=limits):
            units.append(unit)
    except RateLimited:
        return units, True
    return units, False


def ids(units: list[Unit]) -> list[str]:
    return [one for unit in units for one in unit.rows["source_record_id"].to_pylist()]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_was_read_is_kept_and_the_next_run_goes_on(http_server: ScriptedServer, scheme: str) -> None:
    http_server.handler = serving(http_server, stop_at=6)
    first, paused = read(http_server, scheme)
    assert paused
    assert ids(first) == sorted(ALL)[:6]
    asked = len(http_server.requests)
    second, paused = read(http_server, scheme, first[-1].cursor)
    assert not paused
    assert set(ids(first)) | set(ids(second)) == ALL
    assert len(ids(second)) <= 9
    assert len(http_server.requests) - asked <= 4
    assert not second[-1].complete
    assert second[-1].cursor is None


def test_a_place_that_is_not_known_any_more_means_from_the_start(http_server: ScriptedServer) -> None:
    http_server.handler = whole = serving(http_server, stop_at=6)
    first, _ = read(http_server, "cursor")
    later: list[bool] = []

    def once(asked: Request) -> Response:
        if asked.query.get("cursor") == "6" and not later:
            later.append(True)
            return Response.of_json({"message": "cursor expired"}, status=400)
        return whole(asked)

    http_server.handler = once
    second, _ = read(http_server, "cursor", first[-1].cursor)
    assert set(ids(second)) == ALL
