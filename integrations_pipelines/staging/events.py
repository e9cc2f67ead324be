"""A page of a listing, and the records within events: of each its newest, whatever the order of the list."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from integrations_pipelines.contract import MISSING, EventStream, value_at
from integrations_pipelines.errors import RecordRejected


@dataclass(frozen=True, kw_only=True)
class Page:
    """The records of one answer: the live ones, those that are gone, how new the newest event is, and the token.

    ``position``: where another run can go on after it; None where there is no next page, or that cannot be said.
    """

    live: list[Any]
    gone: list[Any] = field(default_factory=list)
    newest: datetime | None = None
    token: str = ""
    position: str | int | None = None


class Events:
    """Takes the records out of events: of each record its newest, whatever the order of the list."""

    def __init__(self, rule: EventStream, key_of: Callable[[Any], str]) -> None:
        self._rule, self._key_of = rule, key_of
        self._seen: set[str] = set()

    def page(self, events: list[Any]) -> Page:
        """Return the records that the events of one page are about."""
        live: list[Any] = []
        gone: list[Any] = []
        moments: list[datetime | None] = []
        for event in events:
            record = value_at(event, self._rule.record)
            if record is MISSING or not isinstance(record, dict):
                live.append([event])  # no record: it is rejected as it came
                continue
            moments.append(self._moment(event))
            if self._is_newest(record):
                is_gone = value_at(event, self._rule.kind) in self._rule.deleted
                (gone if is_gone else live).append(record)
        return Page(live=live, gone=gone, newest=max(filter(None, moments), default=None))

    def _moment(self, event: Any) -> datetime | None:
        try:
            return self._rule.moment.read(value_at(event, self._rule.moment.path)).astimezone(UTC)
        except (ValueError, TypeError):
            return None

    def _is_newest(self, record: Any) -> bool:
        if not self._rule.newest_first:
            return True
        try:
            key = self._key_of(record)
        except RecordRejected:
            return True
        is_new = key not in self._seen
        self._seen.add(key)
        return is_new
