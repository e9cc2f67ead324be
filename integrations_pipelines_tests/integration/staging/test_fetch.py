"""A listing over HTTP to its end, whatever pages, cursors and limits the third party has."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from integrations_pipelines.contract import (
    BodyField,
    CursorPages,
    DeletedFlag,
    Incremental,
    KeysetPages,
    LinkBodyPages,
    LinkHeaderPages,
    NumberedPages,
    OffsetPages,
    Pages,
    PageSize,
    Param,
    Parent,
    Request,
    SecondListing,
    SinglePage,
)
from integrations_pipelines.errors import RateLimited, ThirdPartyUnavailable
from integrations_pipelines.staging import Limits, Unit
from integrations_pipelines.staging.fetch import fetch
from integrations_pipelines_tests.http_server import Request as Asked
from integrations_pipelines_tests.http_server import Response, ScriptedServer
from integrations_pipelines_tests.integration.staging.toy import HASTY, account, served, thing, things

SIZE = PageSize(into=Param(name="limit"), largest=3)


def ids(units: list[Unit]) -> list[str]:
    return [key for unit in units for key in unit.rows.column("source_record_id").to_pylist()]


def read(server: ScriptedServer, pages: Pages, **words: Any) -> list[str]:
    resource = things(pages, **words)
    return ids(list(fetch(account(server.url, resource), resource, limits=HASTY)))


def expected(count: int) -> list[str]:
    return [str(number) for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 7, 10])
def test_all_of_a_listing_by_cursor_comes(http_server: ScriptedServer, count: int) -> None:
    http_server.handler = served(count)
    resource = things()
    units = list(fetch(account(http_server.url, resource), resource, limits=HASTY))
    assert (ids(units), units[-1].complete) == (expected(count), True)


@pytest.mark.parametrize(("first", "count"), [(0, 7), (1, 7), (1, 6), (0, 0)])
def test_a_capped_offset_listing_is_whole_whatever_it_counts_from(
    http_server: ScriptedServer, first: int, count: int
) -> None:
    def handler(asked: Asked) -> Response:
        start = int(asked.query["start"]) - first
        # Asked for 3, the server never gives more than 2.
        return Response.of_json({"items": [thing(n) for n in range(start, min(start + 2, count))]})

    http_server.handler = handler
    assert read(http_server, OffsetPages(into=Param(name="start"), size=SIZE, first=first)) == expected(count)


def test_a_listing_by_page_number_is_whole(http_server: ScriptedServer) -> None:
    def handler(asked: Asked) -> Response:
        page = int(asked.query["page"])
        return Response.of_json({"items": [thing(n) for n in range((page - 1) * 3, min(page * 3, 6))]})

    http_server.handler = handler
    assert read(http_server, NumberedPages(into=Param(name="page"), size=SIZE)) == expected(6)


def test_links_in_the_header_are_followed_with_all_they_hold(http_server: ScriptedServer) -> None:
    def handler(asked: Asked) -> Response:
        page = int(asked.query.get("after", "0"))
        answer = Response.of_json({"items": [thing(page)]})
        link = f'<{http_server.url}/elsewhere?after={page + 1}&limit=3>; rel="next"'
        return replace(answer, headers={"link": link}) if page < 2 else answer

    http_server.handler = handler
    assert read(http_server, LinkHeaderPages(size=SIZE)) == expected(3)
    assert [asked.path for asked in http_server.requests] == ["/things", "/elsewhere", "/elsewhere"]


def test_a_relative_link_in_the_body_is_followed(http_server: ScriptedServer) -> None:
    def handler(asked: Asked) -> Response:
        page = int(asked.query.get("page", "0"))
        return Response.of_json(
            {"items": [thing(page)], "@next.link": f"/things?page={page + 1}" if page < 2 else None}
        )

    http_server.handler = handler
    assert read(http_server, LinkBodyPages(next=r"@next\.link")) == expected(3)


def test_a_keyset_goes_on_after_the_last_record(http_server: ScriptedServer) -> None:
    def handler(asked: Asked) -> Response:
        start = int(asked.query.get("starting_after", "-1")) + 1
        return Response.of_json(
            {"items": [thing(n) for n in range(start, min(start + 3, 8))], "more": start + 3 < 8}
        )

    http_server.handler = handler
    assert read(
        http_server, KeysetPages(key="id", into=Param(name="starting_after"), more="more")
    ) == expected(8)


def test_an_empty_page_is_not_the_end_and_a_cursor_may_stay_after_it(http_server: ScriptedServer) -> None:
    answers = [([thing(0)], "a", False), ([], "b", False), ([thing(1)], "c", True)]

    def handler(asked: Asked) -> Response:
        items, cursor, done = answers[["", "a", "b"].index(asked.query.get("cursor", ""))]
        assert ("cursor" in asked.query) != ("start" in asked.query)
        return Response.of_json({"items": items, "next": cursor, "end": done})

    http_server.handler = handler
    pages = CursorPages(next="next", into=Param(name="cursor"), done="end", without=("start",))
    assert read(http_server, pages, request=Request(path="/things", params={"start": "1"})) == expected(2)


def test_a_cursor_may_travel_in_the_body(http_server: ScriptedServer) -> None:
    def handler(asked: Asked) -> Response:
        page = int(asked.json()["variables"].get("after", 0))
        return Response.of_json({"items": [thing(page)], "next": str(page + 1) if page < 2 else None})

    http_server.handler = handler
    request = Request(path="/graphql", method="POST", json={"query": "{things}", "variables": {"first": 3}})
    pages = CursorPages(next="next", into=BodyField(path="variables.after"))
    assert read(http_server, pages, request=request) == expected(3)


def test_units_are_cut_by_rows_and_the_last_one_says_that_all_was_read(http_server: ScriptedServer) -> None:
    http_server.handler = served(10)
    resource = things()
    units = list(fetch(account(http_server.url, resource), resource, limits=Limits(unit_rows=4)))
    assert [(unit.extracted, unit.pages, unit.complete) for unit in units] == [
        (6, 2, False),
        (4, 2, False),
        (0, 0, True),
    ]


CHANGES = Incremental(into=Param(name="since"), lag=timedelta(minutes=1), ordered=True)


def test_the_second_run_asks_from_the_newest_version_less_the_lag(http_server: ScriptedServer) -> None:
    http_server.handler = served(100)
    resource = things(incremental=CHANGES)
    owner = account(http_server.url, resource)
    *_, last = fetch(owner, resource, limits=HASTY)
    *_, again = fetch(owner, resource, cursor=last.cursor, limits=HASTY)
    asked = [one.query.get("since") for one in http_server.requests if "cursor" not in one.query]
    assert asked == [None, "2026-01-01T00:00:39Z"]
    assert (last.complete, again.complete, again.cursor) == (True, False, last.cursor)


def test_a_full_run_asks_for_everything_in_spite_of_the_cursor(http_server: ScriptedServer) -> None:
    http_server.handler = served(3)
    resource = things(incremental=CHANGES)
    cursor = {"marks": {"": "2026-01-01T00:00:00+00:00"}}
    *_, last = fetch(account(http_server.url, resource), resource, cursor=cursor, full=True, limits=HASTY)
    assert (http_server.requests[0].query.get("since"), last.complete) == (None, True)


def test_the_water_mark_waits_where_the_order_is_not_kept(http_server: ScriptedServer) -> None:
    pages = [[thing(5), thing(1), thing(2)], [thing(3)]]

    def handler(asked: Asked) -> Response:
        number = int(asked.query.get("cursor", "0"))
        return Response.of_json({"items": pages[number], "next": "1" if number == 0 else None})

    http_server.handler = handler
    resource = things(incremental=CHANGES)
    units = list(fetch(account(http_server.url, resource), resource, limits=Limits(unit_rows=1)))
    assert [unit.cursor for unit in units[:2]] == [{"marks": {}}, {"marks": {}}]
    assert units[-1].cursor == {"marks": {"": "2026-01-01T00:00:05+00:00"}}


def test_a_record_from_the_future_does_not_move_the_water_mark_there(http_server: ScriptedServer) -> None:
    http_server.handler = lambda _: Response.of_json({"items": [{"id": 1, "at": "2999-01-01T00:00:00Z"}]})
    resource = things(incremental=CHANGES)
    *_, last = fetch(account(http_server.url, resource), resource, limits=HASTY)
    assert last.cursor is not None
    assert not last.cursor["marks"][""].startswith("2999")


def test_deleted_records_come_by_flag_and_by_a_second_listing(http_server: ScriptedServer) -> None:
    def handler(asked: Asked) -> Response:
        archived = asked.query.get("archived") == "true"
        return Response.of_json({"items": [{"id": 2}] if archived else [{"id": 1}, {"id": 3, "gone": True}]})

    http_server.handler = handler
    flagged = things(deleted=DeletedFlag(path="gone"))
    second = things(deleted=SecondListing(params={"archived": "true"}))
    found = []
    for resource in (flagged, second):
        (unit,) = fetch(account(http_server.url, resource), resource, limits=HASTY)
        rows = unit.rows.to_pydict()
        found.append(dict(zip(rows["source_record_id"], rows["is_deleted"], strict=True)))
    assert found == [{"1": False, "3": True}, {"1": False, "3": False, "2": True}]


def boxes(asked: Asked) -> Response:
    if asked.path == "/boxes":
        return Response.of_json([{"id": 10, "name": "a"}, {"id": 20, "name": "b"}, {"id": 30, "name": "c"}])
    if asked.path == "/boxes/b/things":
        return Response(status=410)
    return Response.of_json({"items": [thing(1 if "/a/" in asked.path else 2)]})


def test_children_know_their_parent_and_a_parent_that_went_away_stops_nobody(
    http_server: ScriptedServer,
) -> None:
    http_server.handler = boxes
    parents = things(SinglePage(), name="boxes", request=Request(path="/boxes"), records="", version=None)
    children = things(
        SinglePage(),
        request=Request(path="/boxes/{box}/things"),
        parent=Parent(resource="boxes", gives={"box": "name", "box_id": "id"}),
        incremental=CHANGES,
    )
    (unit,) = fetch(account(http_server.url, parents, children), children, limits=HASTY)
    assert '"_parent":{"box":"c","box_id":30}' in unit.rows.column("payload")[1].as_py()
    assert unit.cursor == {"marks": {"10": "2026-01-01T00:00:01+00:00", "30": "2026-01-01T00:00:02+00:00"}}
    assert not unit.complete


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_pause_that_is_asked_for_is_kept_and_then_it_goes_on(
    http_server: ScriptedServer, status: int
) -> None:
    refusals = iter([Response(status=status, headers={"retry-after": "1"})])
    serve = served(2)
    http_server.handler = lambda asked: next(refusals, None) or serve(asked)
    assert read(http_server, things().pages) == expected(2)


def test_a_long_pause_is_handed_to_the_caller(http_server: ScriptedServer) -> None:
    http_server.handler = lambda _: Response(status=429, headers={"retry-after": "3600"})
    with pytest.raises(RateLimited) as caught:
        read(http_server, things().pages)
    assert caught.value.retry_after == 3600


def test_a_third_party_that_stays_down_is_tried_again_but_not_for_ever(http_server: ScriptedServer) -> None:
    http_server.handler = lambda _: Response(status=502)
    with pytest.raises(ThirdPartyUnavailable):
        read(http_server, things().pages)
    assert 2 <= len(http_server.requests) <= HASTY.attempts


def test_nobody_there_is_for_later() -> None:
    resource = things()
    with pytest.raises(ThirdPartyUnavailable, match="does not answer"):
        list(fetch(account("http://127.0.0.1:9", resource), resource, limits=HASTY))
