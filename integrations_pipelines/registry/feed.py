"""The feed of changes: read in the order in which they became visible, each at least once; and who is told of them."""

import datetime
import json
import uuid as uuidlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from psycopg.rows import class_row, dict_row
from sqlalchemy import Connection

from integrations_pipelines.errors import NotFound, UsageError
from integrations_pipelines.registry.statements import driver, statements

_SQL = statements(Path(__file__).with_name("feed.sql"))

KINDS = (
    *("record.mapped", "record.remapped", "record.unmapped", "record.deleted", "record.restored"),
    *("entity.created", "entity.updated", "entity.merged", "entity.split"),
)
_PER_MESSAGE = 100
_AT_ONCE = 5_000


class CursorTooOld(UsageError):
    """Changes after this cursor are kept no more: read everything anew, and go on from the feed's end."""


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """A place in the feed: after the change ``place`` (from 1) of the row ``position``; 0.0 is its beginning."""

    position: int = 0
    place: int = 0

    def __str__(self) -> str:
        return f"{self.position}.{self.place}"


BEGINNING = Place()


@dataclass(frozen=True, kw_only=True)
class ChangeRow:
    """One change; ``item`` names records and entities by their outward names."""

    position: int
    place: int
    kind: str
    created_at: datetime.datetime
    item: Mapping[str, Any]

    @property
    def cursor(self) -> Place:
        """The place right after it."""
        return Place(position=self.position, place=self.place)

    def outward(self) -> dict[str, Any]:
        """Return it as other services read it."""
        return {"id": str(self.cursor), "type": self.kind, "at": self.created_at.isoformat(), **self.item}


def place_of(cursor: str) -> Place:
    """Return the place that ``cursor`` names; "" is the beginning. Raises ``UsageError``."""
    position, dot, place = cursor.partition(".")
    if not cursor:
        return BEGINNING
    if not (dot and position.isdecimal() and place.isdecimal() and len(cursor) < 40 and cursor.isascii()):
        raise UsageError(f"cursor {cursor[:40]!r}: is none that this feed has given")
    return Place(position=min(int(position), 2**62), place=min(int(place), 2**62))


def changes(
    connection: Connection, after: Place, *, limit: int, kinds: Sequence[str] | None = None
) -> list[ChangeRow]:
    """Return up to ``limit`` changes ``after`` a place, in order. Raises ``CursorTooOld``."""
    place_new_ones(connection)
    oldest, _ = _ends(connection)
    if after != BEGINNING and after.position + 1 < oldest:
        raise CursorTooOld
    return _changes(connection, after, limit=limit, kinds=kinds)


def end_of_feed(connection: Connection) -> Place:
    """Return the place after which there is nothing yet."""
    place_new_ones(connection)
    return _last(connection)


def place_new_ones(connection: Connection) -> None:
    """Give positions to what has committed since; readers in this transaction see them, others once it commits."""
    if _SQL.run(connection, "unplaced").fetchone() == (True,):
        _SQL.run(connection, "only_one")
        _SQL.run(connection, "place")


def forget_changes(connection: Connection, *, days: int) -> int:
    """Delete changes and settled messages older than ``days``; return how many changes."""
    _SQL.run(connection, "forget_deliveries", {"days": days})
    return _SQL.run(connection, "forget", {"days": days}).rowcount


@dataclass(frozen=True, kw_only=True)
class SubscriptionRow:
    """An endpoint that is told of changes, and how that goes."""

    uuid: uuidlib.UUID
    url: str
    events: Sequence[str]
    state: str
    created_at: datetime.datetime
    last_delivered_at: datetime.datetime | None
    failing_since: datetime.datetime | None
    last_error: str | None
    pending: int
    dead: int


@dataclass(frozen=True, kw_only=True)
class DeliveryRow:
    """A message to an endpoint, without what it says."""

    uuid: uuidlib.UUID
    kind: str
    status: str
    attempts: int
    changes: int
    answered: int | None
    error: str | None
    created_at: datetime.datetime
    delivered_at: datetime.datetime | None
    next_try_at: datetime.datetime | None
    redelivers: uuidlib.UUID | None


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A message that is this process's to deliver, for a minute."""

    id: int
    uuid: uuidlib.UUID
    subscription: uuidlib.UUID
    url: str
    kind: str
    changes: Sequence[Any]
    attempts: int
    created_at: datetime.datetime


def subscribe(connection: Connection, url: str, events: Sequence[str]) -> uuidlib.UUID:
    """Tell ``url`` of what changes from now on; no ``events`` means all. Raises ``UsageError`` for an unknown one."""
    for event in events:
        if event not in KINDS:
            raise UsageError(f"--event {event!r}: must be one of {', '.join(KINDS)}")
    end = end_of_feed(connection)
    values = {"url": url, "events": json.dumps(sorted(set(events))), **vars(end)}
    ((uuid,),) = _SQL.run(connection, "subscribe", values).fetchall()
    return uuidlib.UUID(str(uuid))


def subscriptions(connection: Connection, uuid: uuidlib.UUID | None = None) -> list[SubscriptionRow]:
    """Return all subscriptions, or the one called ``uuid``. Raises ``NotFound``."""
    cursor = driver(connection).cursor(row_factory=class_row(SubscriptionRow))
    found = cursor.execute(_SQL.literal("subscriptions"), {"uuid": uuid}).fetchall()
    if uuid is not None and not found:
        raise NotFound(f"no subscription is called {uuid}; `integrations subscription list` shows them")
    return found


def unsubscribe(connection: Connection, uuid: uuidlib.UUID) -> None:
    """Tell an endpoint no more. Raises ``NotFound``."""
    subscriptions(connection, uuid)
    _SQL.run(connection, "unsubscribe", {"uuid": uuid})


def deliveries(
    connection: Connection, uuid: uuidlib.UUID, *, status: str | None, limit: int
) -> list[DeliveryRow]:
    """Return what a subscription was told, the newest first. Raises ``NotFound``."""
    subscriptions(connection, uuid)
    cursor = driver(connection).cursor(row_factory=class_row(DeliveryRow))
    values = {"uuid": uuid, "status": status, "limit": limit}
    return cursor.execute(_SQL.literal("deliveries"), values).fetchall()


def redeliver(connection: Connection, uuid: uuidlib.UUID) -> int:
    """Make one message due again, or all dead ones of a subscription, which is told again; return how many."""
    _SQL.run(connection, "enable", {"uuid": uuid})
    return _SQL.run(connection, "redeliver", {"uuid": uuid}).rowcount


def make_deliveries(connection: Connection) -> int:
    """Make messages of what active subscriptions have not been told yet; return how many. The outbox is the feed."""
    place_new_ones(connection)
    made = 0
    for subscription, events, position, place in _SQL.run(connection, "behind").fetchall():
        after = Place(position=position, place=place)
        # Asked before what is read: what others place between the two would be passed over.
        last = _last(connection)
        found = _changes(connection, after, limit=_AT_ONCE, kinds=events or None)
        made += _add(connection, subscription, found)
        end = found[-1].cursor if len(found) == _AT_ONCE else max(after, last)
        values = {"subscription": subscription, "position": end.position, "place": end.place}
        _SQL.run(connection, "told", values)
    return made


def claim(connection: Connection, limit: int) -> list[Claimed]:
    """Return messages that are due; they are this process's for a minute, and then due again."""
    cursor = driver(connection).cursor(row_factory=class_row(Claimed))
    return cursor.execute(_SQL.literal("claim"), {"limit": limit}).fetchall()


def note_delivered(connection: Connection, message: Claimed, answered: int) -> None:
    """Close a message that the endpoint has taken."""
    _SQL.run(connection, "delivered", {"id": message.id, "answered": answered})


def note_failed(
    connection: Connection, message: Claimed, *, answered: int | None, error: str, pause: int | None
) -> None:
    """Try a message again after ``pause`` seconds; None: never. An endpoint that answers 410 is told no more."""
    values = {"id": message.id, "answered": answered, "error": error, "pause": pause}
    _SQL.run(connection, "failed", {**values, "is_gone": answered == 410})


def record_maps_of(
    connection: Connection, system_key: str, resource: str, record: str
) -> list[dict[str, Any]]:
    """Return the mappings of a source record, one a domain, to survivors. Raises ``NotFound``."""
    values = {"system_key": system_key, "resource": resource, "record": record}
    found = _dicts(connection, "record_map", values)
    if not found:
        raise NotFound(f"{system_key}:{resource}:{record}: is mapped to nothing, or was never taken")
    return found


def entity_of(connection: Connection, uuid: uuidlib.UUID) -> dict[str, Any]:
    """Return an entity with its values and aliases; asked for by an alias, its survivor. Raises ``NotFound``."""
    found = _dicts(connection, "entity", {"uuid": uuid})
    if not found:
        raise NotFound(f"no entity is called {uuid}")
    return found[0]


def records_of(
    connection: Connection, uuid: uuidlib.UUID, *, offset: int = 0, limit: int = 1000
) -> list[dict[str, Any]]:
    """Return the source records of an entity or alias, by key. Raises ``NotFound``."""
    survivor = entity_of(connection, uuid)["uuid"]
    return _dicts(connection, "entity_records", {"uuid": survivor, "offset": offset, "limit": limit})


def _changes(
    connection: Connection, after: Place, *, limit: int, kinds: Sequence[str] | None
) -> list[ChangeRow]:
    cursor = driver(connection).cursor(row_factory=class_row(ChangeRow))
    names = None if kinds is None else list(kinds)
    values = {"position": after.position, "place": after.place, "limit": limit, "kinds": names}
    return cursor.execute(_SQL.literal("changes"), values).fetchall()


def _ends(connection: Connection) -> tuple[int, int]:
    ((oldest, newest),) = _SQL.run(connection, "ends").fetchall()
    return int(oldest), int(newest)


def _last(connection: Connection) -> Place:
    return Place(position=_ends(connection)[1], place=2**31)


def _add(connection: Connection, subscription: int, found: Sequence[ChangeRow]) -> int:
    messages: list[tuple[str, list[dict[str, Any]]]] = []
    for kind, some in groupby(found, key=lambda change: change.kind):
        all_of_them = [change.outward() for change in some]
        for start in range(0, len(all_of_them), _PER_MESSAGE):
            messages.append((kind, all_of_them[start : start + _PER_MESSAGE]))
    values = {
        "subscription": subscription,
        "kinds": [kind for kind, _ in messages],
        "changes": [json.dumps(said) for _, said in messages],
    }
    return _SQL.run(connection, "add_deliveries", values).rowcount


def _dicts(connection: Connection, name: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return driver(connection).cursor(row_factory=dict_row).execute(_SQL.literal(name), values).fetchall()
