"""Places of the next page that are no body: a header of the third party's own."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from integrations_pipelines.errors import ConfigurationError
from integrations_pipelines.manifest import read_manifest
from integrations_pipelines.staging import Account
from integrations_pipelines.staging.fetch import fetch
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer

MANIFEST = """
system_type: shelf
title: Shelf
base_url: "https://{host}"
settings: {host: "Where it is"}
resources:
  people:
    entity_type: person
    request: /people
    key: id
    pages: PAGES
    attributes: {name: name}
"""


def ids(tmp_path: Path, server: ScriptedServer, pages: str, request: str = "/people") -> list[str]:
    """Return what a manifest with ``pages`` brings."""
    path = tmp_path / "shelf.yaml"
    path.write_text(MANIFEST.replace("PAGES", pages).replace("request: /people", f"request: {request}"))
    connector = read_manifest(path)
    account = Account(
        source_system=UUID(int=1),
        system_key="shelf",
        connector=connector,
        config={"host": "x", "base_url": server.url},
        credentials=None,  # type: ignore[arg-type] # nobody asks for a secret
    )
    units = fetch(account, connector.resource("people"))
    return [one for unit in units for one in unit.rows.column("source_record_id").to_pylist()]


def served(server: ScriptedServer, header: str, written: str) -> Any:
    """Answer three pages of two; ``header`` holds where the next is."""

    def answer(asked: Request) -> Response:
        start = int(asked.query.get("at", 0))
        more: dict[str, Any] = {header: written.format(url=server.url, at=start + 2)} if start < 4 else {}
        return Response.of_json([{"id": str(n), "name": f"P {n}"} for n in (start, start + 1)], **more)

    return answer


@pytest.mark.parametrize(
    ("pages", "header", "written"),
    [
        ("{type: link_header, header: Next-Page}", "Next-Page", "{url}/people?at={at}"),
        ("{type: link_header, header: Next-Page}", "next-page", "/people?at={at}"),
        ("{type: cursor, next_header: X-Next-Cursor, into: at}", "X-Next-Cursor", "{at}"),
        ("link_header", "Link", '<{url}/people?at={at}>; rel="next"'),
    ],
)
def test_the_next_page_may_stand_in_any_header(
    tmp_path: Path, http_server: ScriptedServer, pages: str, header: str, written: str
) -> None:
    http_server.handler = served(http_server, header, written)
    assert ids(tmp_path, http_server, pages) == [str(n) for n in range(6)]


@pytest.mark.parametrize(
    "pages", ["{type: cursor, into: at}", "{type: cursor, next: a, next_header: b, into: at}"]
)
def test_a_cursor_stands_in_one_place(tmp_path: Path, http_server: ScriptedServer, pages: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"shelf.yaml:11: resources.people.pages: a cursor stands at"
    ):
        ids(tmp_path, http_server, pages)


def test_a_list_may_be_asked_for_by_a_form_or_a_search(tmp_path: Path, http_server: ScriptedServer) -> None:
    def answer(asked: Request) -> Response:
        if asked.headers["content-type"] == "application/x-www-form-urlencoded":
            assert asked.body == b"kind=person"
            return Response.of_json([{"id": "f", "name": "Form"}])
        body = asked.json()
        assert body["where"] == {"kind": "person"}
        page = [{"id": str(n), "name": f"P {n}"} for n in range(5)][body["page"]["from"] :][:2]
        return Response.of_json(page, X_Total="5")

    http_server.handler = answer
    form = "{path: /people, method: POST, form: {kind: person}}"
    assert ids(tmp_path, http_server, "single", form) == ["f"]
    search = "{path: /people/search, method: POST, json: {where: {kind: person}}}"
    pages = "{type: offset, into: {body: page.from}, size: {body: page.size, largest: 2}}"
    assert ids(tmp_path, http_server, pages, search) == [str(n) for n in range(5)]


@pytest.mark.parametrize(
    ("request_", "pages", "why"),
    [
        ("{path: /p, method: PUT}", "single", "request.method is PUT: lists are asked for by GET or POST"),
        (
            "{path: /p, method: POST, form: {a: 1}}",
            "{type: offset, into: {body: at}}",
            "request.form takes no pages in its body",
        ),
    ],
)
def test_what_would_not_be_asked_is_told(
    tmp_path: Path, http_server: ScriptedServer, request_: str, pages: str, why: str
) -> None:
    with pytest.raises(ConfigurationError, match=why):
        ids(tmp_path, http_server, pages, request_)
