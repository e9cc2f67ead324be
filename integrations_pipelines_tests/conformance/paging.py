"""The pages of a third party that behaves as a connector's contract says."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from integrations_pipelines.contract import (
    MISSING,
    BodyField,
    BodyMust,
    Connector,
    CursorPages,
    Delta,
    Header,
    KeysetPages,
    LinkBodyPages,
    LinkHeaderPages,
    NumberedPages,
    OffsetPages,
    Pages,
    Param,
    Place,
    Resource,
    page_size,
    placed_at,
    value_at,
)
from integrations_pipelines_tests.http_server import Request as Asked
from integrations_pipelines_tests.http_server import Response

POSITION = "position"


@dataclass(kw_only=True)
class Paging:
    """Cuts answers into pages as ``resource`` says; ``page`` is the most records of one answer."""

    connector: Connector
    resource: Resource
    page: int = 3
    url: str = ""
    first_page_empty: bool = False

    def paged(self, asked: Asked, items: list[Any], records: str, pages: Pages, selector: Any) -> Response:
        start, page = self._cut(asked, items, pages)
        is_first = self._is_first(asked, pages)
        page = [] if self.first_page_empty and is_first else page
        end = start + len(page)
        body: Any = self._envelope(page, records)
        more = end < len(items)
        headers: dict[str, Any] = {}
        cursor = f"p{end}"
        match pages:
            case CursorPages():
                body = self._with_cursor(body, pages, cursor, more=more)
                headers |= {pages.next_header: cursor} if pages.next_header and more else {}
            case LinkHeaderPages() if more:
                headers |= self._link_header(asked, cursor, pages)
            case LinkBodyPages() if more:
                body = placed(body, pages.next, self._link(asked, cursor))
            case OffsetPages():
                body = placed(body, pages.total, len(items)) if pages.total else body
            case KeysetPages():
                body = placed(body, pages.more, more) if pages.more else body
            case NumberedPages():
                body = placed(body, pages.last, -(-len(items) // self.page)) if pages.last else body
        delta = self.resource.changes
        if isinstance(delta, Delta) and not more and isinstance(pages, LinkBodyPages):
            body = placed(body, delta.token, self._link(asked, f"p{len(items)}"))
        return Response.of_json(body, **headers)

    def _link_header(self, asked: Asked, cursor: str, pages: LinkHeaderPages) -> dict[str, str]:
        link = self._link(asked, cursor)
        return {pages.header: link} if pages.header else {"link": f'<{link}>; rel="next"'}

    def _with_cursor(self, body: Any, pages: CursorPages, cursor: str, *, more: bool) -> Any:
        if pages.next and (more or isinstance(self.resource.changes, Delta)):
            body = placed(body, pages.next, cursor)
        body = placed(body, pages.more, more) if pages.more else body
        return placed(body, pages.done, not more) if pages.done else body

    def _cut(self, asked: Asked, items: Sequence[Any], pages: Pages) -> tuple[int, list[Any]]:
        size = self.size(asked, pages)
        match pages:
            case CursorPages(into=into, without=without):
                position = said(asked, into)
                if position is not None and any(name in asked.query for name in without):
                    raise AssertionError(f"{without} beside a cursor")
                start = _number(position)
            case LinkHeaderPages() | LinkBodyPages():
                start = _number(asked.query.get(POSITION))
            case OffsetPages(into=into, first=first):
                start = int(said(asked, into)) - first
            case NumberedPages(into=into, first=first):
                start = (int(said(asked, into)) - first) * size
            case KeysetPages(into=into, key=key):
                last = said(asked, into)
                keys = [str(value_at(one, key)) for one in items]
                start = keys.index(str(last)) + 1 if last is not None else 0
            case _:
                return 0, list(items)
        return start, list(items[start : start + size])

    def _is_first(self, asked: Asked, pages: Pages) -> bool:
        """Say whether this asks for the first page by a cursor or a link, so that an empty one may come before it."""
        match pages:
            case CursorPages(into=into):
                return said(asked, into) is None
            case LinkHeaderPages() | LinkBodyPages():
                return POSITION not in asked.query
        return False

    def size(self, asked: Asked, pages: Pages) -> int:
        asks = page_size(pages)
        wanted = said(asked, asks.into) if asks else None
        return min(self.page, int(wanted)) if wanted is not None else self.page

    def _link(self, asked: Asked, cursor: str) -> str:
        query = {**{k: v for k, v in asked.query.items() if k != POSITION}, POSITION: cursor}
        return f"{self.url}{asked.path}?{urlencode(query)}"

    def _envelope(self, page: list[Any], records: str) -> Any:
        body: Any = placed({}, records, page) if records else page
        for rule in self.connector.body_rules:
            if isinstance(rule, BodyMust):
                body = placed(body, rule.path, rule.equals)
        return body


def _number(cursor: Any) -> int:
    return int(str(cursor)[1:]) if cursor not in (None, "") else 0


def placed(body: Any, path: str, value: Any) -> Any:
    """Like ``placed_at``; numbers in the path make lists (``@links.next.0.uri``)."""
    head, number, tail = re.match(r"((?:(?!\.\d+(?:\.|$)).)*)(?:\.(\d+))?\.?(.*)", path).groups()  # type: ignore[union-attr]
    if number is None:
        return placed_at(body, path, value)
    return placed_at(body, head, [placed({}, tail, value) if tail else value])


def said(asked: Asked, place: Place) -> Any:
    """Return what a request says at ``place``, None for nothing."""
    match place:
        case Param(name=name):
            return asked.query.get(name)
        case Header(name=name):
            return asked.headers.get(name.lower())
        case BodyField(path=path):
            found = value_at(json.loads(asked.body or b"{}"), path)
            return None if found is MISSING else found
