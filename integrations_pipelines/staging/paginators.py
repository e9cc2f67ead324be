"""From page to page, by the schemes of the contract, as dlt's paginators. Each knows its end; none can go on for ever.

dlt's own step by the page size that was asked for, stop short where an index starts at one, follow a link anywhere,
and never notice a cursor that comes back (reference/vendors.md, findings 3 to 6).
"""

from hashlib import blake2b
from typing import Any, cast
from urllib.parse import urljoin

from dlt.sources.helpers.rest_client.paginators import BasePaginator
from requests import Request, Response

from integrations_pipelines.contract import (
    BodyField,
    CursorPages,
    Header,
    KeysetPages,
    LinkBodyPages,
    LinkHeaderPages,
    NumberedPages,
    OffsetPages,
    Pages,
    Param,
    Place,
    SinglePage,
    page_size,
    placed_at,
    value_at,
)
from integrations_pipelines.contract.paths import without
from integrations_pipelines.errors import BodyRejected, CursorRepeats, ForeignLink
from integrations_pipelines.staging.answers import says_more, where
from integrations_pipelines.staging.secrecy import origin_of


def put(request: Request, place: Place, value: Any) -> None:
    """Write ``value`` into ``request`` at ``place``."""
    match place:
        case Param(name=name):
            _params(request)[name] = value
        case BodyField(path=path):
            request.json = placed_at(request.json or {}, path, value)
        case Header(name=name):
            request.headers = {**request.headers, name: str(value)}


def remove(request: Request, place: Place) -> None:
    """Take away what stands in ``request`` at ``place``."""
    match place:
        case Param(name=name):
            _params(request).pop(name, None)
        case BodyField(path=path):
            request.json = without(request.json, (path,))
        case Header(name=name):
            request.headers = {key: value for key, value in request.headers.items() if key != name}


def _params(request: Request) -> dict[str, Any]:
    return cast(dict[str, Any], request.params)


def body_of(response: Response) -> Any:
    """Return the parsed body that the client left with the response."""
    return response.__dict__["parsed_body"]


class Paginator(BasePaginator):
    """What all schemes share: the page size, the memory of where they were, and the patience with empty pages."""

    def __init__(self, pages: Pages, base_url: str, empty_pages: int) -> None:
        super().__init__()
        self._size = page_size(pages)
        self._origin = origin_of(base_url)
        self._seen: set[bytes] = set()
        self._empty_left = self._empty_allowed = empty_pages
        self._previous_page = b""
        self._token_path, self.token = "", ""
        self._place, self._resumed = "", False  # where another run can go on stands in this attribute

    def watch(self, token: str) -> None:
        """Keep what stands at the path ``token`` of the newest answer."""
        self._token_path = token

    def init_request(self, request: Request) -> None:
        """Ask for the largest page."""
        if self._size is not None:
            put(request, self._size.into, self._size.largest)
        if self._resumed:
            self.update_request(request)

    def position(self) -> str | int | None:
        """Return where another run can go on, None where that cannot be said."""
        return getattr(self, self._place) or None if self._place and self._has_next_page else None

    def start_at(self, position: str | int) -> None:
        """Start where another paginator of this listing ended."""
        setattr(self, self._place, position)
        self._resumed = True

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Find out from this page whether there is another one, and where."""
        self._empty_left = self._empty_allowed if data else self._empty_left - 1
        if self._empty_left <= 0:
            raise CursorRepeats(f"{where(response)}: {self._empty_allowed} empty pages in a row")
        self._has_next_page = self._advance(response, data or [])
        if self._token_path and isinstance(token := value_at(body_of(response), self._token_path), str | int):
            self.token = str(token)

    def update_request(self, request: Request) -> None:
        """Write where the next page starts into the request."""

    def _advance(self, response: Response, data: list[Any]) -> bool:
        """Return whether there is a next page; remember where it starts."""
        return False

    def _new(self, response: Response, cursor: str) -> str:
        """Return ``cursor``. Raise ``CursorRepeats`` if it was handed out before."""
        mark = blake2b(cursor.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        if mark in self._seen:
            raise CursorRepeats(f"{where(response)}: page {len(self._seen) + 1} leads back to an earlier one")
        self._seen.add(mark)
        return cursor

    def _other_page(self, response: Response) -> None:
        """Raise ``CursorRepeats`` if this page is the one before, byte for byte: the server does not count."""
        page = blake2b(response.content, digest_size=16).digest()
        if page == self._previous_page:
            raise CursorRepeats(
                f"{where(response)}: the same page again; the server takes no notice of where to start"
            )
        self._previous_page = page


class _ByCursor(Paginator):
    def __init__(self, pages: CursorPages, base_url: str, empty_pages: int) -> None:
        super().__init__(pages, base_url, empty_pages)
        self._pages = pages
        self._cursor, self._cursor_at = "", pages.next or pages.next_header  # type: str | int, str
        self._place = "" if pages.cap else "_cursor"
        self._received, self._start_after = 0, None  # type: int, str | int | None

    def _advance(self, response: Response, data: list[Any]) -> bool:
        body, pages = body_of(response), self._pages
        self._received += len(data)
        cursor = response.headers.get(pages.next_header) if pages.next_header else value_at(body, pages.next)
        if pages.more and not says_more(body, pages.more, where(response)):
            return False
        if pages.done and value_at(body, pages.done) is True:
            return False
        if not isinstance(cursor, str | int) or cursor == "":
            return self._ends_without_cursor(response, cursor)
        self._new(response, str(cursor))
        self._cursor, self._start_after = cursor, self._beyond_cap(response, data)
        return True

    def _beyond_cap(self, response: Response, data: list[Any]) -> str | int | None:
        """Return the key to start the query anew from, where the next page would be beyond the cap."""
        cap = self._pages.cap
        if cap is None or not data or self._received + len(data) <= cap.records:
            return None
        last = value_at(data[-1], cap.key)
        if not isinstance(last, str | int) or last == "":
            raise BodyRejected(f"{where(response)}: the last record has no {cap.key!r} to go on from")
        self._received = 0
        return last

    def _ends_without_cursor(self, response: Response, cursor: Any) -> bool:
        if self._pages.more or self._pages.done or (cursor and not isinstance(cursor, str)):
            raise BodyRejected(
                f"{where(response)}: more is promised, and there is no cursor at {self._cursor_at!r}"
            )
        return False

    def update_request(self, request: Request) -> None:
        for name in self._pages.without:
            _params(request).pop(name, None)
        if self._start_after is None or self._pages.cap is None:
            put(request, self._pages.into, self._cursor)
            return
        put(request, self._pages.cap.into, self._start_after)
        remove(request, self._pages.into)
        # Its cursors count from the start of the query: the same ones come again, and mean something else.
        self._seen.clear()


class _ByLink(Paginator):
    def __init__(self, pages: LinkHeaderPages | LinkBodyPages, base_url: str, empty_pages: int) -> None:
        super().__init__(pages, base_url, empty_pages)
        self._path = pages.next if isinstance(pages, LinkBodyPages) else None
        self._header = pages.header if isinstance(pages, LinkHeaderPages) else ""
        self._link, self._place = "", "_link"

    def _advance(self, response: Response, data: list[Any]) -> bool:
        if self._header:
            link = response.headers.get(self._header)
        elif self._path is None:
            link = response.links.get("next", {}).get("url")
        else:
            link = value_at(body_of(response), self._path)
        if not link:
            return False
        if not isinstance(link, str):
            raise BodyRejected(f"{where(response)}: the next page at {self._path!r} is no link")
        self._link = self._new(response, self._own(response, link))
        return True

    def _own(self, response: Response, link: str) -> str:
        url = urljoin(str(response.url), link)
        try:
            own = origin_of(url) == self._origin
        except ValueError:
            own = False
        if not own:
            raise ForeignLink(f"{where(response)}: the next page is said to be at another host")
        return url

    def update_request(self, request: Request) -> None:
        request.url, request.params, request.json = self._link, {}, None


class _ByCount(Paginator):
    def __init__(self, pages: OffsetPages | NumberedPages, base_url: str, empty_pages: int) -> None:
        super().__init__(pages, base_url, empty_pages)
        self._into = pages.into
        self._by_record = isinstance(pages, OffsetPages)
        self._next = pages.first
        self._more = pages.more
        self._end = pages.total if isinstance(pages, OffsetPages) else pages.last
        self._first = self._read = pages.first
        self._place = "_read"  # the page just read: what went away meanwhile has moved the others up

    def init_request(self, request: Request) -> None:
        self._next = self._read
        super().init_request(request)
        put(request, self._into, self._next)

    def _advance(self, response: Response, data: list[Any]) -> bool:
        if not data:
            return False
        self._other_page(response)
        done = self._read = self._next
        self._next += len(data) if self._by_record else 1
        return not self._is_last(response, self._next - self._first if self._by_record else done)

    def _is_last(self, response: Response, reached: int) -> bool:
        """Return whether the answer says that nothing follows the ``reached`` records, or page ``reached``."""
        body = body_of(response)
        if self._more:
            return not says_more(body, self._more, where(response))
        return bool(self._end) and reached >= self._number(response, value_at(body, self._end))

    def _number(self, response: Response, value: Any) -> int:
        try:
            return int(value)
        except (TypeError, ValueError):
            raise BodyRejected(f"{where(response)}: there is no number at {self._end!r}") from None

    def update_request(self, request: Request) -> None:
        put(request, self._into, self._next)


class _ByKey(Paginator):
    def __init__(self, pages: KeysetPages, base_url: str, empty_pages: int) -> None:
        super().__init__(pages, base_url, empty_pages)
        self._pages = pages
        self._last, self._place = "", "_last"

    def _advance(self, response: Response, data: list[Any]) -> bool:
        if not data or (
            self._pages.more and not says_more(body_of(response), self._pages.more, where(response))
        ):
            return False
        last = value_at(data[-1], self._pages.key)
        if not isinstance(last, str | int) or last == "":
            raise BodyRejected(f"{where(response)}: the last record has no {self._pages.key!r} to go on from")
        self._last = self._new(response, str(last))
        return True

    def update_request(self, request: Request) -> None:
        put(request, self._pages.into, self._last)


def paginator_for(pages: Pages, base_url: str, empty_pages: int) -> Paginator:
    """Return a fresh paginator for one listing."""
    match pages:
        case SinglePage():
            return Paginator(pages, base_url, empty_pages)
        case CursorPages():
            return _ByCursor(pages, base_url, empty_pages)
        case LinkHeaderPages() | LinkBodyPages():
            return _ByLink(pages, base_url, empty_pages)
        case OffsetPages() | NumberedPages():
            return _ByCount(pages, base_url, empty_pages)
        case KeysetPages():
            return _ByKey(pages, base_url, empty_pages)
