"""How a listing is cut into pages, and when it ends. Each scheme says its stop rule; none trusts a page to be
full.

Vendors differ in one word and lose rows by it (reference/vendors.md, findings 3 to 6): a server that caps the
page size, an index that starts at one, a cursor that is always there. So the end is named, never guessed.
"""

from dataclasses import dataclass


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
class CursorPages:
    """The answer holds the next cursor at ``next``; it is sent back at ``into``.

    It ends when there is no cursor (missing, null or ""), and, where named, when ``more`` is not true or
    ``done`` is true. An empty page is not the end. ``without`` are the parameters that must not travel beside
    a cursor.
    """

    next: str
    into: Place
    size: PageSize | None = None
    more: str = ""
    done: str = ""
    without: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LinkHeaderPages:
    """The ``Link`` header names the next page by ``rel="next"``; it ends when there is none."""

    size: PageSize | None = None


@dataclass(frozen=True, kw_only=True)
class LinkBodyPages:
    """The answer holds the next page's address at ``next``; it ends when there is none."""

    next: str
    size: PageSize | None = None


@dataclass(frozen=True, kw_only=True)
class OffsetPages:
    """``into`` counts records from ``first``. It steps by the records received, and ends on an empty page
    only.
    """

    into: Place
    size: PageSize | None = None
    first: int = 0


@dataclass(frozen=True, kw_only=True)
class NumberedPages:
    """``into`` counts pages from ``first``; it ends on an empty page only."""

    into: Place
    size: PageSize | None = None
    first: int = 1


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


def page_size(pages: Pages) -> PageSize | None:
    """Return what ``pages`` asks for, or None where the third party decides."""
    return None if isinstance(pages, SinglePage) else pages.size
