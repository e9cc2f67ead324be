"""Reads one resource of one account to its end, as units: some pages each, with the place to start again from."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from integrations_pipelines.contract import Delta, EventStream, Resource
from integrations_pipelines.errors import (
    BodyRejected,
    CursorRepeats,
    Later,
    SuspiciousEmptiness,
    ThirdPartyRefused,
)
from integrations_pipelines.staging.account import Account, Limits
from integrations_pipelines.staging.answers import NotThere
from integrations_pipelines.staging.client import ThirdParty, third_party
from integrations_pipelines.staging.collecting import Collector
from integrations_pipelines.staging.listings import Listing, Places, Resume, listings, read_pages
from integrations_pipelines.staging.units import Cursor, Unit

_DEFAULT = Limits()
RESUMED_FOR = timedelta(hours=6)


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
        yield from _Run(client, resource, _places(resource, cursor, full=full), limits).units(known_records)


def _places(resource: Resource, cursor: Cursor | None, *, full: bool) -> Places:
    """Return where to go on; nowhere, where everything is to be read, or it is time for that."""
    old = places_of(cursor)
    # A whole listing that broke off goes on, whatever is due.
    is_due = old.resume is None and old.is_whole_due(resource)
    return Places() if full or is_due else old


def places_of(cursor: Cursor | None) -> Places:
    """Return the water marks and tokens in ``cursor``."""
    said = cursor or {}
    marks = {parent: datetime.fromisoformat(mark) for parent, mark in said.get("marks", {}).items()}
    whole = datetime.fromisoformat(said["whole"]) if "whole" in said else None
    resume = _resume_of(said.get("resume"))
    return Places(marks=marks, tokens=dict(said.get("tokens", {})), resume=resume, whole=whole)


def _resume_of(said: Mapping[str, Any] | None) -> Resume | None:
    """Return where a whole listing broke off, None where that is too long ago: positions do not live for ever."""
    if said is None:
        return None
    found = Resume(**{**said, "started": datetime.fromisoformat(said["started"])})
    return found if datetime.now(UTC) - found.started < RESUMED_FOR else None


class _Run:
    """One fetch: how far each listing was read, and whether all of them were."""

    def __init__(self, client: ThirdParty, resource: Resource, old: Places, limits: Limits) -> None:
        self._client, self._resource, self._limits = client, resource, limits
        self._name = f"{client.account.name} {resource.name}"
        self._collector = Collector(resource, limits, self._name)
        self._old, self._new = old, Places()
        # A record from the future must not push the water mark there: everything until then would be missed.
        self._started = datetime.now(UTC)
        self._live, self._whole, self._read_all = 0, resource.full, True
        self._resume: Resume | None = None

    def units(self, known_records: int) -> Iterator[Unit]:
        try:
            for listing in listings(self._client, self._resource, self._client.settings, self._old):
                self._whole = self._whole and listing.is_whole
                self._read_all = self._read_all and listing.is_whole
                yield from self._one(listing)
        except Later:
            # What was read is kept, with the place to go on from: the next run may be hours away.
            yield from self._collector.unit(cursor=self._cursor(), complete=False)
            raise
        if self._whole and known_records > 0 and self._live == 0:
            raise SuspiciousEmptiness(
                f"{self._name}: the whole listing holds no record, and there were {known_records} before"
            )
        # A parent that is not listed any more loses its water mark.
        self._old = Places(whole=self._started if self._read_all else self._old.whole)
        yield from self._collector.unit(cursor=self._cursor(), complete=self._whole)

    def _one(self, listing: Listing) -> Iterator[Unit]:
        try:
            yield from self._from_where_it_broke_off(listing)
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

    def _from_where_it_broke_off(self, listing: Listing) -> Iterator[Unit]:
        old = self._old.resume
        if old is None or not listing.is_whole or (old.parent, old.gone) != (listing.parent, listing.gone):
            yield from self._pages(listing)
            return
        # Marks may not be newer than the first page's reading; and what was read then is not counted again.
        self._started, self._whole, self._old.resume = old.started, False, None
        try:
            yield from self._pages(listing, old)
        except (ThirdPartyRefused, BodyRejected, CursorRepeats):
            if self._resume is not old:
                raise
            # They do not know the position any more.
            self._resume = None
            yield from self._pages(listing)

    def _anew(self, parent: str) -> Iterator[Unit]:
        again = listings(self._client, self._resource, self._client.settings, Places())
        whole = next(one for one in again if one.parent == parent and not one.gone)
        self._whole = self._resource.full and self._resource.parent is None
        yield from self._one(whole)

    def _pages(self, listing: Listing, resume: Resume | None = None) -> Iterator[Unit]:
        newest, in_order, token = listing.since, True, ""
        self._resume, start = resume, resume.position if resume else None
        for page in read_pages(self._client, self._resource, listing, self._limits, start):
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
            self._resume = self._next_page(listing, page.position)
            self._keep_token(listing, token, at_end=False)
            if self._collector.is_full():
                yield from self._collector.unit(cursor=self._cursor(), complete=False)
        self._resume = None
        self._mark(listing, newest, certain=True)
        self._keep_token(listing, token, at_end=True)

    def _next_page(self, listing: Listing, position: str | int | None) -> Resume | None:
        """Return where to go on if the listing breaks off here: only a whole one is asked for the same way again."""
        if position is None or not listing.is_whole or listing.events or self._ordered():
            return None
        return Resume(parent=listing.parent, gone=listing.gone, position=position, started=self._started)

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
        old = self._resume
        resume = {"resume": {**vars(old), "started": old.started.isoformat()}} if old else {}
        if self._resource.incremental is None and self._resource.changes is None:
            return resume or None
        marks = {**self._old.marks, **self._new.marks}
        tokens = {**self._old.tokens, **self._new.tokens}
        said: dict[str, Any] = {
            "marks": {one: mark.isoformat() for one, mark in sorted(marks.items())},
            **resume,
        }
        rule = self._resource.incremental
        if self._old.whole is not None and rule is not None and rule.whole_every is not None:
            said |= {"whole": self._old.whole.isoformat()}
        return said | {"tokens": dict(sorted(tokens.items()))} if tokens else said


def _rising(moments: list[datetime]) -> bool:
    return all(earlier <= later for earlier, later in pairwise(moments))
