"""What a third party should not answer: each ends in a clear error or a rejected record, and no secret leaves."""

import gzip
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from integrations_pipelines.contract import (
    ApiKey,
    Basic,
    BodyMust,
    BodyMustLack,
    CursorPages,
    KeysetPages,
    LinkBodyPages,
    LinkHeaderPages,
    NumberedPages,
    OffsetPages,
    Pages,
    Param,
    SinglePage,
)
from integrations_pipelines.contract import Request as Described
from integrations_pipelines.errors import (
    BodyRejected,
    CredentialError,
    CursorRepeats,
    ForeignLink,
    NotFound,
    RateLimited,
    SuspiciousEmptiness,
    ThirdPartyRefused,
    TooManyRejected,
)
from integrations_pipelines.staging.fetch import fetch
from integrations_pipelines.staging.probe import probe
from integrations_pipelines_tests.http_server import Request as Asked
from integrations_pipelines_tests.http_server import Response, ScriptedServer, scripted_server
from integrations_pipelines_tests.integration.staging.toy import CANARY, HASTY, account, served, thing, things

OK = BodyMust(
    path="ok",
    equals=True,
    reason="error",
    refused=frozenset({"invalid_auth"}),
    later=frozenset({"ratelimited"}),
)
NO_ERRORS = BodyMustLack(path="errors", reason="errors.0.message")


def run(server: ScriptedServer, resource: Any = None, **words: Any) -> list[Any]:
    resource = resource or things()
    return list(fetch(account(server.url, resource, **words), resource, limits=HASTY))


def answering(body: Any, **words: Any) -> Callable[[Asked], Response]:
    return lambda _: Response.of_json(body, **words)


@pytest.mark.parametrize(
    "body", [b"", b"<html>busy</html>", b"[1, 2", b"\xff\xfe", b"{" * 5000 + b"}" * 5000, b"9" * 5000]
)
def test_a_page_that_is_no_json_is_an_error(http_server: ScriptedServer, body: bytes) -> None:
    http_server.handler = lambda _: Response(headers={"content-type": "text/html"}, body=body)
    with pytest.raises(BodyRejected, match=r"Toy \(toy-1\).*GET /things"):
        run(http_server)


@pytest.mark.parametrize("body", [{}, {"items": None}, {"items": {}}, {"data": []}, [], {"items": "none"}])
def test_a_selector_that_finds_no_list_is_an_error_and_no_empty_listing(
    http_server: ScriptedServer, body: Any
) -> None:
    http_server.handler = answering(body)
    with pytest.raises(BodyRejected, match="items"):
        run(http_server)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"ok": False, "error": "channel_gone", "items": []}, BodyRejected),
        ({"items": []}, BodyRejected),
        ({"ok": False, "error": "invalid_auth", "items": []}, CredentialError),
        ({"ok": False, "error": "ratelimited", "items": []}, RateLimited),
        ({"ok": True, "items": [], "errors": [{"message": "no such field"}]}, BodyRejected),
    ],
)
def test_a_200_with_an_error_in_its_body_is_an_error(
    http_server: ScriptedServer, body: Any, error: type[Exception]
) -> None:
    http_server.handler = answering(body)
    with pytest.raises(error):
        run(http_server, body_rules=(OK, NO_ERRORS))


def test_a_cursor_that_repeats_stops_the_listing(http_server: ScriptedServer) -> None:
    http_server.handler = answering({"items": [thing(1)], "next": "same"})
    with pytest.raises(CursorRepeats):
        run(http_server)
    assert len(http_server.requests) == 2


@pytest.mark.parametrize("scheme", [OffsetPages, NumberedPages])
def test_a_server_that_takes_no_notice_of_the_page_is_found_out(
    http_server: ScriptedServer, scheme: Any
) -> None:
    http_server.handler = answering({"items": [thing(1)]})
    with pytest.raises(CursorRepeats, match="same page again"):
        run(http_server, things(scheme(into=Param(name="page"))))


def test_new_cursors_with_nothing_behind_them_do_not_go_on_for_ever(http_server: ScriptedServer) -> None:
    http_server.handler = lambda _: Response.of_json({"items": [], "next": f"c{len(http_server.requests)}"})
    with pytest.raises(CursorRepeats, match="empty pages"):
        run(http_server)


def test_more_is_promised_without_a_cursor(http_server: ScriptedServer) -> None:
    http_server.handler = answering({"items": [thing(1)], "more": True})
    with pytest.raises(BodyRejected, match="no cursor"):
        run(http_server, things(CursorPages(next="next", into=Param(name="c"), more="more")))


@pytest.mark.parametrize("pages", [LinkHeaderPages(), LinkBodyPages(next="next")])
@pytest.mark.parametrize(
    "auth", [None, Basic(username="me", password="{token}"), ApiKey(header="X-Key", credential="token")]
)
def test_a_foreign_next_link_gets_no_request_and_no_token(
    http_server: ScriptedServer, pages: Any, auth: Any
) -> None:
    with scripted_server(served(1)) as foreign:
        link = f"{foreign.url}/things?page=2"
        http_server.handler = lambda _: Response.of_json(
            {"items": [thing(1)], "next": link}, link=f'<{link}>; rel="next"'
        )
        with pytest.raises(ForeignLink):
            run(http_server, things(pages), **({"auth": auth} if auth else {}))
        assert (len(http_server.requests), foreign.requests) == (1, [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(http_server: ScriptedServer, status: int) -> None:
    with scripted_server(served(1)) as foreign:
        http_server.handler = lambda _: Response(status=status, headers={"location": f"{foreign.url}/things"})
        with pytest.raises(ForeignLink):
            run(http_server)
        assert foreign.requests == []


def test_a_redirect_at_home_is_followed(http_server: ScriptedServer) -> None:
    there = served(2)
    moved = Response(status=301, headers={"location": "/moved"})
    http_server.handler = lambda asked: moved if asked.path == "/things" else there(asked)
    assert sum(unit.extracted for unit in run(http_server, things(SinglePage()))) == 2


def test_a_redirect_in_circles_ends(http_server: ScriptedServer) -> None:
    http_server.handler = lambda _: Response(status=302, headers={"location": "/things"})
    with pytest.raises(ThirdPartyRefused, match="again and again"):
        run(http_server)


def test_an_answer_that_unpacks_to_too_much_is_refused(http_server: ScriptedServer) -> None:
    bomb = gzip.compress(b"[" + b" " * 3_000_000 + b"]")
    http_server.handler = lambda _: Response(headers={"content-encoding": "gzip"}, body=bomb)
    with pytest.raises(BodyRejected, match="larger than"):
        run(http_server)


def test_records_that_cannot_be_taken_are_set_aside_and_the_rest_goes_on(http_server: ScriptedServer) -> None:
    records = [
        thing(1),
        {"subject": "no key"},
        "a text",
        {**thing(2), "at": "soon"},
        {**thing(3), "x": "\0"},
        thing(4),
    ]
    http_server.handler = answering({"items": records})
    (unit,) = run(http_server)
    assert unit.rows.column("source_record_id").to_pylist() == ["1", "4"]
    assert [one.error_class for one in unit.rejected] == [
        "NoKey",
        "NotAnObject",
        "UnreadableVersion",
        "Unstorable",
    ]
    assert unit.extracted == 6


def test_too_many_rejected_records_stop_the_run_after_they_were_handed_on(
    http_server: ScriptedServer,
) -> None:
    http_server.handler = answering({"items": [{"subject": n} for n in range(50)]})
    units = fetch(account(http_server.url), things(), limits=HASTY)
    assert len(next(units).rejected) == 50
    with pytest.raises(TooManyRejected):
        next(units)


def test_an_empty_listing_after_a_full_one_is_an_error(http_server: ScriptedServer) -> None:
    http_server.handler = served(0)
    with pytest.raises(SuspiciousEmptiness, match="300 before"):
        list(fetch(account(http_server.url), things(), known_records=300, limits=HASTY))


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, CredentialError), (403, ThirdPartyRefused), (404, ThirdPartyRefused), (400, ThirdPartyRefused)],
)
def test_a_refusal_says_who_and_what_to_check(
    http_server: ScriptedServer, status: int, error: type[Exception]
) -> None:
    http_server.handler = answering({"message": "Not today"}, status=status)
    with pytest.raises(error, match=rf"Toy \(toy-1\) answers HTTP {status} to GET /me \(Not today\)"):
        probe(account(http_server.url))


def test_a_stranger_s_answer_is_a_refusal_where_a_header_says_so(http_server: ScriptedServer) -> None:
    http_server.handler = answering({"items": []}, x_login="FAILED")
    with pytest.raises(CredentialError, match="Ask the toy maker"):
        run(http_server, refused_headers={"x-login": "FAILED"})


@pytest.mark.parametrize("status", [200, 401, 403, 404, 422, 429, 500, 302])
def test_no_error_says_a_secret_or_a_query(http_server: ScriptedServer, status: int) -> None:
    def handler(asked: Asked) -> Response:
        told = f"{asked.headers['authorization']} and {CANARY} " + "z" * 300
        headers = {"location": f"http://{CANARY}.invalid/?t={CANARY}"} if status == 302 else {}
        return Response.of_json({"message": told, "ok": False, "error": told}, status=status, **headers)

    http_server.handler = handler
    resource = things(request=Described(path="/things", params={"q": "query-secret"}))
    with pytest.raises(Exception) as caught:
        run(http_server, resource, body_rules=(OK,))
    text = "".join(traceback.format_exception(caught.value))
    assert CANARY not in text
    assert "query-secret" not in text


def test_a_connection_that_fails_does_not_say_the_query() -> None:
    resource = things(request=Described(path="/things", params={"q": "query-secret"}))
    with pytest.raises(Exception) as caught:
        list(fetch(account("http://127.0.0.1:9", resource), resource, limits=HASTY))
    assert caught.value.__context__ is None
    assert "query-secret" not in str(caught.value)


def test_an_account_does_not_print_its_secrets(http_server: ScriptedServer) -> None:
    assert CANARY not in repr(account(http_server.url))


def test_an_unknown_resource_is_named(http_server: ScriptedServer) -> None:
    with pytest.raises(NotFound, match="it has: things"):
        account(http_server.url).connector.resource("thing")


@pytest.mark.parametrize(
    "pages",
    [
        CursorPages(next="next", into=Param(name="cursor"), more="has_more"),
        KeysetPages(key="id", into=Param(name="after"), more="has_more"),
        NumberedPages(into=Param(name="page"), more="has_more"),
    ],
)
def test_a_list_that_does_not_say_whether_there_is_more_is_not_at_its_end(
    http_server: ScriptedServer, pages: Pages
) -> None:
    http_server.handler = answering({"items": [thing(0)], "next": "1"})
    with pytest.raises(BodyRejected, match="has_more"):
        run(http_server, things(pages))


def test_credentials_that_are_refused_however_often_renewed_are_no_matter_of_waiting(
    http_server: ScriptedServer,
) -> None:
    http_server.handler = lambda _: Response(status=401)
    resource = things()
    renewing = replace(account(http_server.url, resource), renew=lambda: True)
    with pytest.raises(CredentialError):
        list(fetch(renewing, resource, limits=HASTY))
