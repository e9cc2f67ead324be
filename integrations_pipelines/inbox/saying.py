"""What a stored delivery says, by its connector's words: pure, so that a replay reads it the same way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations_pipelines.contract import MISSING, Event, Webhooks, value_at
from integrations_pipelines.errors import RecordRejected
from integrations_pipelines.inbox.arriving import told
from integrations_pipelines.registry.inbox import WaitingEvent


@dataclass(frozen=True, kw_only=True)
class Said:
    """One event of a delivery, and what its type means. ``value``: the event, parsed."""

    event: Event
    event_type: str
    value: Any = field(repr=False)
    waiting: WaitingEvent

    @property
    def ids(self) -> list[str]:
        """The source record ids that the event names itself; several where its place holds a list."""
        found = [value_at(self.value, path) for path in self.event.id]
        if len(found) == 1 and isinstance(found[0], list):
            return [self._written(_text(one)) for one in found[0]]
        return [self._written(":".join(_text(one) for one in found))] if found else []

    def _written(self, key: str) -> str:
        """Return ``key`` as a source record id; "" where there is none."""
        return self.event.as_id.replace("{id}", key) if key else ""

    @property
    def into(self) -> str:
        """The source record id that others were merged into; "" where the event does not say it."""
        return _text(value_at(self.value, self.event.into)) if self.event.into else ""

    @property
    def given(self) -> dict[str, str]:
        """What the event gives for the address of a single record."""
        return {name: _text(value_at(self.value, path)) for name, path in self.event.gives.items()}

    @property
    def more(self) -> dict[str, Any]:
        """What goes into the record, by its place there."""
        found = {place: value_at(self.value, path) for place, path in self.event.adds.items()}
        return {place: value for place, value in found.items() if value is not MISSING}

    @property
    def moment(self) -> datetime | None:
        """The event's own moment; None where its connector names none. Raises ``RecordRejected``."""
        if self.event.version is None:
            return None
        try:
            return self.event.version.read(value_at(self.value, self.event.version.path))
        except (ValueError, OverflowError) as error:
            raise RecordRejected(f"the event's moment {self.event.version.path!r} cannot be read") from error


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """An event of a type that the connector says nothing of."""

    event_type: str


def said(webhooks: Webhooks, waiting: WaitingEvent, body: Any) -> list[Said | Unknown]:
    """Return what the parsed ``body`` says, in its order. Raises ``RecordRejected`` for a batch that is none."""
    found: list[Said | Unknown] = []
    for value in _events(webhooks, body):
        kind = event_type(webhooks, waiting.headers, value)
        event = webhooks.event_for(kind)
        if event is None:
            found.append(Unknown(event_type=kind))
        else:
            found.append(Said(event=event, event_type=kind, value=value, waiting=waiting))
    return found


def event_type(webhooks: Webhooks, headers: Mapping[str, str], value: Any) -> str:
    """Return the type of one event."""
    return ".".join(filter(None, (told(place, headers, value) for place in webhooks.type)))


def _events(webhooks: Webhooks, body: Any) -> list[Any]:
    if webhooks.batch is None:
        return [body]
    found = value_at(body, webhooks.batch)
    if not isinstance(found, list):
        raise RecordRejected(f"there is no list of events at {webhooks.batch or 'the top'!r}")
    return found


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
