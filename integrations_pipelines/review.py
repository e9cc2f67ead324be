"""What persons decide, carried out at once: the decision and the resolution that follows are one transaction."""

import uuid as uuidlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from integrations_pipelines.hub import Hub, in_resolution
from integrations_pipelines.registry.deciding import (
    EntityAfter,
    RecordKey,
    act_as,
    decision_head,
    entities_after,
    party,
    review_item,
)
from integrations_pipelines.registry.types import entity_types
from integrations_pipelines.resolution import decisions
from integrations_pipelines.resolution.resolve import Resolution, resolve


@dataclass(frozen=True, kw_only=True)
class Decided:
    """A decision and what became of the entities that it spoke of."""

    decision: uuidlib.UUID
    kind: str
    entity_type: str
    reason: str
    by: str
    entities: Sequence[EntityAfter]
    resolution: Resolution


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who decides (``cli:alice``), and why."""

    actor: str
    reason: str


def merge_entities(hub: Hub, who: Person, kept: uuidlib.UUID, other: uuidlib.UUID) -> Decided:
    """Join two entities; ``kept`` keeps its uuid. Raises ``NotFound`` and ``UsageError``."""
    return _decide(
        hub, who, _type_of(hub, kept), lambda c: decisions.merge(c, kept, other, reason=who.reason)
    )


def split_entity(hub: Hub, who: Person, entity: uuidlib.UUID, records: Sequence[RecordKey]) -> Decided:
    """Part ``records`` from an entity, which keeps its uuid. Raises ``NotFound`` and ``UsageError``."""
    return _decide(
        hub, who, _type_of(hub, entity), lambda c: decisions.split(c, entity, records, reason=who.reason)
    )


def undo_decision(hub: Hub, who: Person, decision: uuidlib.UUID) -> Decided:
    """Take a decision back. Raises ``NotFound`` and ``UsageError``."""
    with hub.engine.begin() as connection:
        entity_type = decision_head(connection, decision).entity_type
    return _decide(hub, who, entity_type, lambda c: decisions.undo(c, decision, reason=who.reason))


def accept_item(hub: Hub, who: Person, item: uuidlib.UUID) -> Decided:
    """Answer a review item with yes, they are the same. Raises ``NotFound`` and ``UsageError``."""
    return _answer(hub, who, item, lambda c: decisions.accept(c, item, reason=who.reason))


def reject_item(hub: Hub, who: Person, item: uuidlib.UUID) -> Decided:
    """Answer a review item with no, they are different. Raises ``NotFound`` and ``UsageError``."""
    return _answer(hub, who, item, lambda c: decisions.reject(c, item, reason=who.reason))


def split_item(hub: Hub, who: Person, item: uuidlib.UUID, records: Sequence[RecordKey]) -> Decided:
    """Answer a review item by saying which records are one, apart from the others. Raises as ``split_entity``."""
    return _answer(hub, who, item, lambda c: decisions.split_item(c, item, records, reason=who.reason))


def _answer(hub: Hub, who: Person, item: uuidlib.UUID, work: Callable[[Connection], uuidlib.UUID]) -> Decided:
    with hub.engine.begin() as connection:
        entity_type = review_item(connection, item).entity_type
    return _decide(hub, who, entity_type, work)


def _decide(hub: Hub, who: Person, entity_type: str, work: Callable[[Connection], uuidlib.UUID]) -> Decided:
    def carried_out(connection: Connection) -> Decided:
        act_as(connection, who.actor)
        decision = work(connection)
        done = resolve(connection, entity_types(connection)[entity_type])
        return Decided(
            decision=decision,
            kind=decision_head(connection, decision).kind,
            entity_type=entity_type,
            reason=who.reason,
            by=who.actor,
            entities=entities_after(connection, decision),
            resolution=done,
        )

    return in_resolution(hub, entity_type, carried_out)


def _type_of(hub: Hub, entity: uuidlib.UUID) -> str:
    with hub.engine.begin() as connection:
        return party(connection, entity).entity_type
