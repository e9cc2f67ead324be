"""Reads one resource of one account to its end, as units: some pages each, with the place to start again from."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from integrations_pipelines.contract import Delta, EventStream, Resource
from integrations_pipelines.errors import SuspiciousEmptiness
from integrations_pipelines.staging.account import Account, Limits
from integrations_pipelines.staging.answers import NotThere
from integrations_pipelines.staging.client import ThirdParty, third_party
from integrations_pipelines.staging.collecting import Collector
from integrations_pipelines.staging.listings import Listing, Places, listings, read_pages
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
        yield from _Run(client, resource, Places() if full else places_of(cursor), limits).units(
            known_records
        )


def places_of(cursor: Cursor | None) -> Places:
    """Return the water marks and tokens in ``cursor``."""
    said = cursor or {}
    marks = {parent: datetime.fromisoformat(mark) for parent, mark in said.get("marks", {}).items()}
    return Places(marks=marks, tokens=dict(said.get("tokens", {})))


class _Run:
    """One fetch: how far each listing was read, and whether all of them were."""

    def __init__(self, client: ThirdParty, resource: Resource, old: Places, limits: Limits) -> None:
        self._client, self._resource, self._limits = client, resource, limits
        self._name = f"{client.account.name} {resource.name}"
        self._collector = Collector(resource, limits, self._name)
        self._old, self._new = old, Places()
        # A record from the future must not push the water mark there: everything until then would be missed.
        self._started = datetime.now(UTC)
        self._live, self._whole = 0, resource.full

    def units(self, known_records: int) -> Iterator[Unit]:
        for listing in listings(self._client, self._resource, self._client.settings, self._old):
            self._whole = self._whole and listing.is_whole
            yield from self._one(listing)
        if self._whole and known_records > 0 and self._live == 0:
            raise SuspiciousEmptiness(
                f"{self._name}: the whole listing holds no record, and there were {known_records} before"
            )
        self._old = Places()  # A parent that is not listed any more loses its water mark.
        yield from self._collector.unit(cursor=self._cursor(), complete=self._whole)

    def _one(self, listing: Listing) -> Iterator[Unit]:
        try:
            yield from self._pages(listing)
        except NotThere:
            if listing.is_delta:
                # Their token is too old for them: everything anew.
                self._old.tokens.pop(listing.parent, None)
                yield from self._anew(listing.parent)
            elif listing.parent:
                # The parent went away since it was listed, or has no such list: the others are still to be read.
                self._whole = False
            else:
                raise

    def _anew(self, parent: str) -> Iterator[Unit]:
        again = listings(self._client, self._resource, self._client.settings, Places())
        whole = next(one for one in again if one.parent == parent and not one.gone)
        self._whole = self._resource.full and self._resource.parent is None
        yield from self._one(whole)

    def _pages(self, listing: Listing) -> Iterator[Unit]:
        newest, in_order, token = listing.since, True, ""
        for page in read_pages(self._client, self._resource, listing, self._limits):
            if page.gone:
                self._collector.take_page(page.gone, gone=True)
            versions = self._collector.take_page(page.live)
            self._live += len(page.live)
            # Some peers take no notice of the order that was asked for; the water mark then waits for the end.
            in_order = in_order and _rising([*([newest] if newest else []), *versions])
            found = [page.newest] if listing.events and page.newest else versions
            newest = max([*([newest] if newest else []), *found], default=None)
            self._mark(listing, newest, certain=in_order and self._ordered())
            token = page.token
            self._keep_token(listing, token, at_end=False)
            if self._collector.is_full():
                yield from self._collector.unit(cursor=self._cursor(), complete=False)
        self._mark(listing, newest, certain=True)
        self._keep_token(listing, token, at_end=True)

    def _ordered(self) -> bool:
        return self._resource.incremental is not None and self._resource.incremental.ordered

    def _mark(self, listing: Listing, newest: datetime | None, *, certain: bool) -> None:
        if listing.gone or not certain:
            return
        if isinstance(self._resource.changes, EventStream):
            # A whole listing tells nothing of events: whatever happens from the start of this run on is asked for.
            newest = (newest or listing.since) if listing.events else self._started
        elif self._resource.incremental is None:
            return
        if newest is not None:
            self._new.marks[listing.parent] = min(newest, self._started)

    def _keep_token(self, listing: Listing, token: str, *, at_end: bool) -> None:
        rule = self._resource.changes
        if isinstance(rule, Delta) and token and not listing.gone and (at_end or rule.each_page):
            self._new.tokens[listing.parent] = token

    def _cursor(self) -> Cursor | None:
        """Return water marks and tokens as JSON; what was not read yet keeps its old one."""
        if self._resource.incremental is None and self._resource.changes is None:
            return None
        marks = {**self._old.marks, **self._new.marks}
        tokens = {**self._old.tokens, **self._new.tokens}
        said: dict[str, Any] = {"marks": {one: mark.isoformat() for one, mark in sorted(marks.items())}}
        return said | {"tokens": dict(sorted(tokens.items()))} if tokens else said


def _rising(moments: list[datetime]) -> bool:
    return all(earlier <= later for earlier, later in pairwise(moments))
