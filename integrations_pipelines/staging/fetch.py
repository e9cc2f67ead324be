"""Reads one resource of one account to its end, as units: some pages each, with the place to start again from."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

from integrations_pipelines.contract import Resource
from integrations_pipelines.errors import SuspiciousEmptiness
from integrations_pipelines.staging.account import Account, Limits
from integrations_pipelines.staging.answers import NotThere
from integrations_pipelines.staging.client import ThirdParty, third_party
from integrations_pipelines.staging.collecting import Collector
from integrations_pipelines.staging.listings import Listing, Marks, listings, read_pages
from integrations_pipelines.staging.units import Cursor, Unit

_DEFAULT = Limits()


def fetch(
    account: Account,
    resource: Resource,
    *,
    cursor: Cursor | None = None,
    full: bool = False,
    known_records: int = 0,
    limits: Limits = _DEFAULT,
) -> Iterator[Unit]:
    """Yield units until the listing is through; the last one may be empty, and says whether all was read.

    ``cursor`` is the last landed unit's, or None; ``full`` reads everything in spite of it. ``known_records`` is how
    many live records of this resource there are by now: a full listing that holds none then raises
    ``SuspiciousEmptiness``. Records that cannot be taken are in the units; too many of them raise
    ``TooManyRejected`` after they were handed on. Raise what ``errors`` knows of a third party: ``Later`` and its
    like with ``retry_after``, ``BodyRejected``, ``ForeignLink``, ``CursorRepeats``, ``CredentialError``.
    """
    with third_party(account, limits) as client:
        yield from _Run(client, resource, {} if full else marks_of(cursor), limits).units(known_records)


def marks_of(cursor: Cursor | None) -> Marks:
    """Return the water marks in ``cursor``, by parent record id ("" without a parent)."""
    marks = (cursor or {}).get("marks", {})
    return {parent: datetime.fromisoformat(mark) for parent, mark in marks.items()}


class _Run:
    """One fetch: how far each listing was read, and whether all of them were."""

    def __init__(self, client: ThirdParty, resource: Resource, marks: Marks, limits: Limits) -> None:
        self._client, self._resource, self._limits = client, resource, limits
        self._name = f"{client.account.name} {resource.name}"
        self._collector = Collector(resource, limits, self._name)
        self._old, self._marks = marks, Marks()
        # A record from the future must not push the water mark there: everything until then would be missed.
        self._started = datetime.now(UTC)
        self._live, self._whole = 0, resource.full

    def units(self, known_records: int) -> Iterator[Unit]:
        for listing in listings(self._client, self._resource, self._client.settings, self._old):
            self._whole = self._whole and listing.since is None
            yield from self._one(listing)
        if self._whole and known_records > 0 and self._live == 0:
            raise SuspiciousEmptiness(
                f"{self._name}: the whole listing holds no record, and there were {known_records} before"
            )
        self._old = {}  # A parent that is not listed any more loses its water mark.
        yield from self._collector.unit(cursor=self._cursor(), complete=self._whole)

    def _one(self, listing: Listing) -> Iterator[Unit]:
        newest, in_order = listing.since, True
        try:
            for page in read_pages(self._client, self._resource, listing, self._limits):
                versions = self._collector.take_page(page, gone=listing.gone)
                self._live += 0 if listing.gone else len(page)
                # Some peers take no notice of the order that was asked for; the water mark then waits for the end.
                in_order = in_order and all(
                    a <= b for a, b in pairwise([*([newest] if newest else []), *versions])
                )
                newest = max([*([newest] if newest else []), *versions], default=None)
                self._mark(listing, newest, certain=in_order and self._ordered())
                if self._collector.is_full():
                    yield from self._collector.unit(cursor=self._cursor(), complete=False)
        except NotThere:
            if not listing.parent:
                raise
            # The parent went away since it was listed, or has no such list: the others are still to be read.
            self._whole = False
        else:
            self._mark(listing, newest, certain=True)

    def _ordered(self) -> bool:
        return self._resource.incremental is not None and self._resource.incremental.ordered

    def _mark(self, listing: Listing, newest: datetime | None, *, certain: bool) -> None:
        if certain and newest is not None and not listing.gone and self._resource.incremental is not None:
            self._marks[listing.parent] = min(newest, self._started)

    def _cursor(self) -> Cursor | None:
        """Return the water marks as JSON; what was not read yet keeps its old one."""
        if self._resource.incremental is None:
            return None
        marks = {**self._old, **self._marks}
        return {"marks": {parent: mark.isoformat() for parent, mark in sorted(marks.items())}}
