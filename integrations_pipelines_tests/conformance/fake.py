"""A third party that behaves as a connector's contract says: its pages, its places of change, its deletions.

It is written from the contract's words and not from our code that follows them: a server's half of each.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations_pipelines.contract import (
    ApiKey,
    Association,
    Basic,
    Bearer,
    CursorPages,
    DeletedFlag,
    Delta,
    EventStream,
    Incremental,
    Pages,
    SecondListing,
    placed_at,
    value_at,
)
from integrations_pipelines_tests.conformance.paging import Paging, said
from integrations_pipelines_tests.conformance.samples import record, tombstone, understood, written
from integrations_pipelines_tests.http_server import Request as Asked
from integrations_pipelines_tests.http_server import Response

TOKEN = "conformance-t0ken"


@dataclass(frozen=True, kw_only=True)
class Happened:
    """Record ``number`` was created, changed or deleted at ``moment``."""

    number: int
    moment: datetime
    gone: bool = False


@dataclass(kw_only=True)
class Fake(Paging):
    """The third party. ``log`` is all that ever happened, in order.

    ``merged``: which record went into which.
    """

    log: list[Happened]
    order: Any = None
    merged: dict[int, int] = field(default_factory=dict)

    def handler(self, asked: Asked) -> Response:
        """Answer one request."""
        if not self._lets_in(asked):
            return Response.of_json({"message": "Bad credentials"}, status=401)
        if self._is_parents(asked):
            return self._parents()
        for rule in self.resource.associations:
            if asked.path == rule.request.path:
                return self._associated(asked, rule)
        items, records, pages, selector = self._listing(asked)
        return self.paged(asked, items, records or "", pages, selector)

    # --- who asks

    def _lets_in(self, asked: Asked) -> bool:
        match self.connector.auth:
            case Bearer():
                return asked.headers.get("authorization") == f"Bearer {TOKEN}"
            case Basic():
                return asked.headers.get("authorization", "").startswith("Basic ")
            case ApiKey(header=header, param=param, prefix=prefix):
                sent = asked.headers.get(header.lower()) if header else asked.query.get(param)
                return sent == prefix + TOKEN
        return True

    def _is_parents(self, asked: Asked) -> bool:
        return self.resource.parent is not None and re.fullmatch(self._parent_path(), asked.path) is not None

    def _parent_path(self) -> str:
        assert self.resource.parent is not None
        above = self.connector.resource(self.resource.parent.resource).request
        assert above is not None
        return re.sub(r"\{\w+\}", "[^/]+", above.path)

    def _parents(self) -> Response:
        assert self.resource.parent is not None
        above = self.connector.resource(self.resource.parent.resource)
        parent: Any = record(above, 7, datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
        for path in self.resource.parent.gives.values():
            name = "acme/seven" if path == "full_name" else "seven"
            parent = placed_at(parent, path, "7" if path in above.key else name)
        return Response.of_json(self._envelope([parent], above.records))

    def is_beside(self, asked: Asked) -> bool:
        """Say whether this asks for something else than the records: their parents, their associations."""
        rules = self.resource.associations
        return self._is_parents(asked) or any(asked.path == rule.request.path for rule in rules)

    def _associated(self, asked: Asked, rule: Association) -> Response:
        """Record n is associated with n + 100; every third one with nothing, which is told of as an error."""
        results: list[Any] = []
        errors: list[Any] = []
        for one in value_at(asked.json(), rule.ids):
            number = int(one[rule.id_as])
            answer: Any = placed_at(
                placed_at({}, rule.key, str(number)), rule.found, [{"number": number + 100}]
            )
            reason: Any = placed_at({}, rule.reason.split("|")[0], next(iter(rule.none)))
            (results if number % 3 else errors).append(answer if number % 3 else reason)
        body: Any = placed_at({}, rule.records, results)
        return Response.of_json(placed_at(body, rule.errors, errors) if errors else body)

    # --- what is asked for

    def _listing(self, asked: Asked) -> tuple[list[Any], str, Pages, Any]:
        """Return the records asked for, where they go, how they are cut, and a version of each for the keyset."""
        resource = self.resource
        if resource.window is not None and (span := self._span(asked)) is not None:
            inside = [self._told(one) for one in self.now() if span[0] <= one.moment < span[1]]
            records = resource.records if resource.window.records is None else resource.window.records
            return inside, records, resource.window.pages or resource.pages, None
        if self._is_second(asked) and isinstance(resource.deleted, SecondListing):
            rule = resource.deleted
            items = [tombstone(resource, one.number, one.moment) for one in self.now() if one.gone]
            records = resource.records if rule.records is None else rule.records
            return items, records, rule.pages or resource.pages, None
        if isinstance(resource.changes, EventStream) and asked.path == resource.changes.request.path:
            return (
                self._events(asked, resource.changes),
                resource.changes.records,
                resource.changes.pages,
                None,
            )
        if isinstance(resource.changes, Delta):
            return [self._told(one) for one in self.log], resource.records, resource.pages, "log"
        pages, records, is_search = resource.pages, resource.records, self._is_search(asked)
        if is_search and resource.incremental:
            pages = resource.incremental.pages or pages
            records = (
                resource.records if resource.incremental.records is None else resource.incremental.records
            )
        chosen = [one for one in self.now() if self._is_shown(one) and self._is_new(asked, one)]
        chosen = [one for one in chosen if one.number > self._beyond(asked, pages)]
        if resource.incremental and resource.incremental.ordered:
            chosen.sort(key=lambda one: (one.moment, one.number))
        elif is_search:
            chosen.sort(key=lambda one: one.number)
        if self.order is not None:
            chosen = self.order(chosen)
        return [self._told(one) for one in chosen], records, pages, None

    def _is_search(self, asked: Asked) -> bool:
        """Say whether changes are asked for by a request that is not the list's."""
        rule = self.resource.incremental
        return rule is not None and rule.request is not None and asked.path.endswith(rule.request.path)

    def _beyond(self, asked: Asked, pages: Pages) -> int:
        """Return the id behind which a capped search starts anew."""
        cap = pages.cap if isinstance(pages, CursorPages) else None
        return int(said(asked, cap.into) or 0) if cap else 0

    def now(self) -> list[Happened]:
        """Return the newest state of each record."""
        return list({one.number: one for one in self.log}.values())

    def _is_shown(self, one: Happened) -> bool:
        return not one.gone or isinstance(self.resource.deleted, DeletedFlag)

    def _is_second(self, asked: Asked) -> bool:
        rule = self.resource.deleted
        if not isinstance(rule, SecondListing):
            return False
        if rule.request is not None:
            same_body = rule.request.json is None or asked.json().get("query") == rule.request.json.get(
                "query"
            )
            return asked.path.endswith(rule.request.path) and same_body
        return all(asked.query.get(name) == value for name, value in rule.params.items())

    def _is_new(self, asked: Asked, one: Happened) -> bool:
        rule = self.resource.incremental
        is_asked = rule is not None and (rule.request is None or self._is_search(asked))
        since = self._since(asked, rule) if rule and is_asked else None
        return since is None or one.moment >= since

    def _since(self, asked: Asked, rule: Incremental) -> datetime | None:
        text = said(asked, rule.into)
        if text is None:
            return None
        pattern = re.escape(rule.template).replace(re.escape("{since}"), "(.+?)")
        found = re.fullmatch(pattern, str(text))
        assert found is not None, f"the template is not {rule.template!r}: {text!r}"
        return None if found[1] == rule.start else understood(rule.write, found[1])

    def _span(self, asked: Asked) -> tuple[datetime, datetime] | None:
        """Return the span of time that is asked for, None where none is."""
        rule = self.resource.window
        assert rule is not None
        found: dict[str, str] = {}
        for part in rule.parts:
            pattern = re.escape(part.template)
            for name in ("from", "to"):
                pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?P<{name}>.+?)")
            text = said(asked, part.into)
            match = re.fullmatch(pattern, str(text)) if text is not None else None
            found |= match.groupdict() if match else {}
        if set(found) != {"from", "to"}:
            return None
        return understood(rule.write_from, found["from"]), understood(rule.write_to, found["to"])

    def _told(self, one: Happened) -> dict[str, Any]:
        made: Any = record(self.resource, one.number, one.moment, gone=one.gone)
        rule, lost = self.resource.merged, [n for n, kept in self.merged.items() if kept == one.number]
        if rule and rule.ids and lost:
            made = placed_at(made, rule.ids, rule.separator.join(str(n) for n in lost))
        if rule and rule.into and one.number in self.merged:
            made = placed_at(made, rule.into, str(self.merged[one.number]))
        return dict(made)

    def _events(self, asked: Asked, rule: EventStream) -> list[Any]:
        since = self._since(asked, rule.since)
        assert since is not None
        events = []
        for number, one in enumerate(self.log):
            if one.moment < since:
                continue
            gone = next(iter(rule.deleted), "x.deleted") if one.gone else "x.updated"
            event: Any = {"id": f"evt_{number}", rule.kind: gone}
            event = placed_at(event, rule.moment.path, written(rule.moment, one.moment))
            events.append(placed_at(event, rule.record, self._told(one)))
        return events[::-1] if rule.newest_first else events
