"""How a listing is cut into pages, and when it ends. Each scheme says its stop rule; none trusts a page to be
full.

Vendors differ in one word and lose rows by it (reference/vendors.md, findings 3 to 6): a server that caps the
page size, an index that starts at one, a cursor that is always there. So the end is named, never guessed.
"""

from dataclasses import dataclass

from integrations_pipelines.errors import ContractError


@dataclass(frozen=True, kw_only=True)
class Param:
    """A query parameter."""

    name: str


@dataclass(frozen=True, kw_only=True)
class BodyField:
    """A place in the JSON body of the request."""

    path: str


@dataclass(frozen=True, kw_only=True)
class Header:
    """A request header."""

    name: str


Place = Param | BodyField | Header


@dataclass(frozen=True, kw_only=True)
class PageSize:
    """Asks for ``largest`` records a page at ``into``; the third party may send fewer."""

    into: Place
    largest: int


@dataclass(frozen=True, kw_only=True)
class SinglePage:
    """The first answer is the whole listing."""


@dataclass(frozen=True, kw_only=True)
class ResultCap:
    """One query gives no more than ``records``. Before that the listing starts anew, with the last record's ``key``
    written to ``into``; the query must ask for larger keys only, in their order (HubSpot's search: 10,000).
    """

    records: int
    key: str
    into: Place


@dataclass(frozen=True, kw_only=True)
class CursorPages:
    """The answer holds the next cursor at ``next``, or in its header ``next_header``; it is sent back at ``into``.

    It ends when there is no cursor (missing, null or ""), and, where named, when ``more`` is not true or
    ``done`` is true. An empty page is not the end. ``without`` are the parameters that must not travel beside
    a cursor.
    """

    into: Place
    next: str = ""
    next_header: str = ""
    size: PageSize | None = None
    more: str = ""
    done: str = ""
    without: tuple[str, ...] = ()
    cap: ResultCap | None = None

    def __post_init__(self) -> None:
        if bool(self.next) == bool(self.next_header):
            raise ContractError("a cursor stands at 'next' in the body, or in the header 'next_header'")


@dataclass(frozen=True, kw_only=True)
class LinkHeaderPages:
    """The ``Link`` header names the next page by ``rel="next"``; it ends when there is none.

    ``header``: another header, which holds the address alone (``Next-Page``).
    """

    header: str = ""
    size: PageSize | None = None


@dataclass(frozen=True, kw_only=True)
class LinkBodyPages:
    """The answer holds the next page's address at ``next``; it ends when there is none."""

    next: str
    size: PageSize | None = None


@dataclass(frozen=True, kw_only=True)
class OffsetPages:
    """``into`` counts records from ``first``. It steps by the records received, never by those asked for.

    It ends on an empty page, and, where named, when ``more`` is not true, or as many were received as the answer
    says at ``total``.
    """

    into: Place
    size: PageSize | None = None
    first: int = 0
    more: str = ""
    total: str = ""


@dataclass(frozen=True, kw_only=True)
class NumberedPages:
    """``into`` counts pages from ``first``. It ends on an empty page, and, where named, when ``more`` is not true,
    or ``last`` holds the number of the page just read.
    """

    into: Place
    size: PageSize | None = None
    first: int = 1
    more: str = ""
    last: str = ""


@dataclass(frozen=True, kw_only=True)
class KeysetPages:
    """``into`` takes the last record's ``key``. It ends on an empty page, or, where named, when ``more`` is
    not true.
    """

    key: str
    into: Place
    size: PageSize | None = None
    more: str = ""


Pages = SinglePage | CursorPages | LinkHeaderPages | LinkBodyPages | OffsetPages | NumberedPages | KeysetPages


def graphql_pages(
    connection: str, *, largest: int, after: str = "after", first: str = "first"
) -> CursorPages:
    """Return the pages of a GraphQL connection by Relay's rules; ``after`` and ``first`` are variables of the query.

    Source: https://relay.dev/graphql/connections.htm, section 5 (pageInfo).
    """
    return CursorPages(
        next=f"{connection}.pageInfo.endCursor",
        more=f"{connection}.pageInfo.hasNextPage",
        into=BodyField(path=f"variables.{after}"),
        size=PageSize(into=BodyField(path=f"variables.{first}"), largest=largest),
    )


def page_size(pages: Pages) -> PageSize | None:
    """Return what ``pages`` asks for, or None where the third party decides."""
    return None if isinstance(pages, SinglePage) else pages.size
