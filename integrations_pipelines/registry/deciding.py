"""Writes and reads what persons decide; what a decision means is resolution's to say."""

import uuid as uuidlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.errors import NotFound
from integrations_pipelines.registry.reading import rows
from integrations_pipelines.registry.statements import statements

DECISIONS = statements(Path(__file__).with_name("decisions.sql"))

RecordKey = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Party:
    """An entity that a decision speaks of, as it answers today; ``asked`` is the uuid that it was called by."""

    asked: uuidlib.UUID
    uuid: uuidlib.UUID
    entity_type: str
    records: int


@dataclass(frozen=True, kw_only=True)
class NamedRecord:
    """A source record by its outward name; ``entity`` is None where it is none."""

    id: int = field(repr=False)
    record: str
    entity: uuidlib.UUID | None


@dataclass(frozen=True, kw_only=True)
class DecisionHead:
    """A decision that was taken; ``undone_by`` is the decision that took it back."""

    uuid: uuidlib.UUID
    kind: str
    entity_type: str
    left_entity: uuidlib.UUID | None
    right_entity: uuidlib.UUID | None
    review_item: uuidlib.UUID | None
    reason: str
    created_at: datetime
    created_by: str
    undone_by: uuidlib.UUID | None


@dataclass(frozen=True, kw_only=True)
class LaterDecision:
    """A merge that spoke of what an earlier one had joined; ``named`` is the uuid by which it did."""

    uuid: uuidlib.UUID
    kind: str
    entity_type: str
    reason: str
    review_item: uuidlib.UUID | None
    left_entity: uuidlib.UUID | None
    right_entity: uuidlib.UUID | None
    named: uuidlib.UUID | None


@dataclass(frozen=True, kw_only=True)
class EntityDecision:
    """A decision as an entity's history shows it. ``restates``: said again, of fewer records, by an undo."""

    uuid: uuidlib.UUID
    kind: str
    entity_type: str
    left_entity: uuidlib.UUID | None
    right_entity: uuidlib.UUID | None
    review_item: uuidlib.UUID | None
    revokes: uuidlib.UUID | None
    restates: uuidlib.UUID | None
    reason: str
    created_at: datetime
    created_by: str
    undone_by: uuidlib.UUID | None
    left_records: Sequence[str]
    right_records: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class EntityAfter:
    """An entity as a decision left it."""

    uuid: uuidlib.UUID
    records: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ReviewItemRow:
    """A question for a person: are these two the same? ``note`` says why it is asked again."""

    uuid: uuidlib.UUID
    entity_type: str
    status: str
    reason: str
    note: str
    evidence: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    updated_by: str
    decision: uuidlib.UUID | None
    left_record: str
    left_entity: uuidlib.UUID | None
    right_record: str
    right_entity: uuidlib.UUID | None
    left_id: int = field(repr=False)
    right_id: int = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class NewDecision:
    """What is written down of an act; the records that it speaks of follow."""

    kind: str
    entity_type: str
    reason: str
    left_entity: uuidlib.UUID | None = None
    right_entity: uuidlib.UUID | None = None
    review_item: uuidlib.UUID | None = None
    revokes: uuidlib.UUID | None = None
    restates: uuidlib.UUID | None = None


def act_as(connection: Connection, actor: str) -> None:
    """Let the audit columns of this transaction name ``actor``."""
    DECISIONS.run(connection, "act_as", {"actor": actor})


def party(connection: Connection, entity: uuidlib.UUID) -> Party:
    """Return the entity that ``entity`` answers as. Raises ``NotFound``."""
    found = DECISIONS.run(connection, "entity_of", {"entity": entity}).fetchone()
    if found is None:
        raise NotFound(f"no entity has the uuid {entity}")
    return Party(asked=entity, uuid=found[0], entity_type=found[1], records=found[2])


def records_named(connection: Connection, keys: Sequence[RecordKey]) -> list[NamedRecord]:
    """Return the records called (system key, resource, record id), in that order. Raises ``NotFound``."""
    systems, resources, ids = zip(*keys, strict=True) if keys else ((), (), ())
    values = {"systems": list(systems), "resources": list(resources), "keys": list(ids)}
    found = {one.record: one for one in rows(connection, DECISIONS, "records_named", NamedRecord, values)}
    names = [":".join(key) for key in keys]
    for name in names:
        if name not in found:
            raise NotFound(f"{name}: there is no such record")
    return [found[name] for name in dict.fromkeys(names)]


def decision_head(connection: Connection, decision: uuidlib.UUID) -> DecisionHead:
    """Return a decision. Raises ``NotFound``."""
    found = rows(connection, DECISIONS, "decision", DecisionHead, {"decision": decision})
    if not found:
        raise NotFound(f"no decision has the uuid {decision}")
    return found[0]


def note_decision(connection: Connection, new: NewDecision) -> uuidlib.UUID:
    """Write the act down and return its uuid."""
    found = DECISIONS.run(connection, "note_decision", vars(new)).fetchone()
    assert found is not None  # noqa: S101 - INSERT ... RETURNING gives a row
    return uuidlib.UUID(str(found[0]))


def later_of(connection: Connection, decision: uuidlib.UUID) -> list[LaterDecision]:
    """Return the merges that spoke of what ``decision`` had joined and still stand, in their order."""
    return rows(connection, DECISIONS, "later_of", LaterDecision, {"decision": decision})


def entities_after(connection: Connection, decision: uuidlib.UUID) -> list[EntityAfter]:
    """Return the entities that the records of ``decision`` are now."""
    return rows(connection, DECISIONS, "entities_after", EntityAfter, {"decision": decision})


def decisions_of(connection: Connection, entity: uuidlib.UUID, *, limit: int) -> list[EntityDecision]:
    """Return what persons decided of an entity, the last first. Raises ``NotFound``."""
    values = {"entity": party(connection, entity).uuid, "asked": entity, "limit": limit}
    return rows(connection, DECISIONS, "decisions_of_entity", EntityDecision, values)


def review_items(
    connection: Connection,
    *,
    entity_type: str | None = None,
    status: str | None = None,
    item: uuidlib.UUID | None = None,
    limit: int = 50,
) -> list[ReviewItemRow]:
    """Return questions, the oldest first; None is no condition."""
    values = {"entity_type": entity_type, "status": status, "item": item, "limit": limit}
    return rows(connection, DECISIONS, "review_items", ReviewItemRow, values)


def review_item(connection: Connection, item: uuidlib.UUID) -> ReviewItemRow:
    """Return one question. Raises ``NotFound``."""
    found = review_items(connection, item=item)
    if not found:
        raise NotFound(f"no review item has the uuid {item}")
    return found[0]
