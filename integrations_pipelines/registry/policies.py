"""Policies, pins and bars as rows; what they do to values is canonical's to say."""

import json
import uuid as uuidlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.registry.reading import rows
from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("policies.sql"))

RULES = ("owner", "source-priority", "newest", "most-frequent", "longest")
NO_CREATE = "no-create"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Whose word counts for an attribute; ``attribute`` None: these sources make no entities of the type.

    ``max_age``: seconds by which a source that has priority may be older than the newest word; None is any age.
    """

    entity_type: str
    attribute: str | None
    rule: str
    sources: Sequence[str]
    max_age: float | None
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, kw_only=True)
class NewPin:
    """A value for one attribute of one entity; ``until`` None means for good."""

    entity: uuidlib.UUID
    entity_type: str
    attribute: str
    value: Any
    until: datetime | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class _Bar:
    entity_type: str
    sources: Sequence[str]
    updated_at: datetime
    updated_by: str


def set_policy(connection: Connection, values: Mapping[str, Any]) -> None:
    """Set ``entity_type``, ``attribute``, ``rule``, ``sources`` and ``max_age``; one policy an attribute."""
    _SQL.run(connection, "set_policy", values)
    _log(connection, "policy.set", values)


def clear_policy(connection: Connection, entity_type: str, attribute: str) -> bool:
    """Let the newest word count again; return whether there was a policy."""
    values = {"entity_type": entity_type, "attribute": attribute}
    was_there = _SQL.run(connection, "clear_policy", values).rowcount > 0
    if was_there:
        _log(connection, "policy.cleared", values)
    return was_there


def set_bar(connection: Connection, entity_type: str, sources: Sequence[str]) -> None:
    """Let records of ``sources`` join entities of the type, and make none."""
    values = {"entity_type": entity_type, "sources": list(sources)}
    for name in ("set_bar", "look_again"):
        _SQL.run(connection, name, values)
    _log(connection, "policy.set", {**values, "rule": NO_CREATE})


def clear_bar(connection: Connection, entity_type: str, sources: Sequence[str]) -> bool:
    """Let them make entities again, all where none is named; return whether any was barred."""
    values = {"entity_type": entity_type, "sources": list(sources)}
    was_there = _SQL.run(connection, "clear_bar", values).rowcount > 0
    if was_there:
        _SQL.run(connection, "look_again", values)
        _log(connection, "policy.cleared", {**values, "rule": NO_CREATE})
    return was_there


def policies(connection: Connection, entity_type: str | None = None) -> list[Policy]:
    """Return the policies by entity type and attribute; None is all."""
    values = {"entity_type": entity_type}
    bars = [
        Policy(**vars(one), attribute=None, rule=NO_CREATE, max_age=None)
        for one in rows(connection, _SQL, "bars", _Bar, values)
    ]
    found = [*bars, *rows(connection, _SQL, "policies", Policy, values)]
    return sorted(found, key=lambda one: (one.entity_type, one.attribute or ""))


def add_pin(connection: Connection, new: NewPin) -> uuidlib.UUID:
    """Pin a value, in place of what was pinned before; return the pin's uuid."""
    end_pin(connection, new.entity, new.attribute, reason="pinned anew")
    row = _SQL.run(connection, "add_pin", {**vars(new), "value": json.dumps(new.value)}).fetchone()
    _log(connection, "pin.set", {"entity": str(new.entity), "attribute": new.attribute})
    return uuidlib.UUID(str(row[0] if row else None))


def end_pin(connection: Connection, entity: uuidlib.UUID, attribute: str, *, reason: str) -> bool:
    """End what is pinned there; return whether anything was."""
    values = {"entity": entity, "attribute": attribute, "reason": reason}
    was_there = _SQL.run(connection, "end_pin", values).rowcount > 0
    if was_there:
        _log(connection, "pin.ended", {"entity": str(entity), "attribute": attribute})
    return was_there


def _log(connection: Connection, event_type: str, payload: Mapping[str, Any]) -> None:
    what = ".".join(str(payload[name]) for name in ("entity_type", "attribute") if payload.get(name))
    values = {
        "event_type": event_type,
        "message": f"{event_type}: {what}",
        "payload": json.dumps(dict(payload)),
    }
    _SQL.run(connection, "log", values)
