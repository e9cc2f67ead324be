"""What a type is scored by, changed or the change tried out: all its pairs are scored anew, in the live tier."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.hub import Hub, in_resolution
from integrations_pipelines.registry.deciding import act_as
from integrations_pipelines.registry.simulate import Differences, differences, remember
from integrations_pipelines.registry.types import type_named
from integrations_pipelines.resolution.resolve import resolve
from integrations_pipelines.resolution.scored import TierCounts
from integrations_pipelines.resolution.scored.promoting import (
    forget_model,
    grown_types,
    learn_model,
    note_held,
    use_shipped_weights,
    use_weights,
)

LEARNER = "nightly learning"


@dataclass(frozen=True, kw_only=True)
class Used:
    """What the type is (or would be) scored by, what was scored anew for that, and what came out differently.

    ``pending``: records that were resolved first, by the model in force, and are not counted.
    """

    entity_type: str
    version: str
    is_dry_run: bool
    pending: int
    scores: TierCounts
    differences: Differences


def use_model(
    hub: Hub,
    actor: str,
    entity_type: str,
    weights: Mapping[str, Any] | None,
    *,
    dry_run: bool = False,
    samples: int = 5,
) -> Used:
    """Score ``entity_type`` by ``weights`` from now on, None: by what it was scored by before any of one's own.

    Writes nothing with ``dry_run``. Raises ``NotFound`` for an unknown type, ``UsageError`` for one that is not scored,
    ``ConfigurationError`` for weights that are none.
    """

    def promote(connection: Connection, held: EntityType) -> str:
        return use_weights(connection, held, weights) if weights else use_shipped_weights(connection, held)

    return _promoted(hub, actor, entity_type, promote, dry_run=dry_run, samples=samples)


def refresh_model(
    hub: Hub, actor: str, entity_type: str, *, shipped: bool = False, dry_run: bool = False, samples: int = 5
) -> Used:
    """Score ``entity_type`` by frequencies and a prior learnt from its stored records, or by the shipped ones again.

    Writes nothing with ``dry_run``. Raises ``NotFound`` for an unknown type, ``UsageError`` for one that is not scored
    or has few records.
    """
    promote = forget_model if shipped else learn_model
    return _promoted(hub, actor, entity_type, promote, dry_run=dry_run, samples=samples)


def _promoted(
    hub: Hub,
    actor: str,
    entity_type: str,
    promote: Callable[[Connection, EntityType], str],
    *,
    dry_run: bool,
    samples: int,
) -> Used:
    def work(connection: Connection) -> Used:
        if not dry_run:
            return _used(connection, actor, entity_type, promote, samples)
        try:
            return replace(_used(connection, actor, entity_type, promote, samples), is_dry_run=True)
        finally:
            connection.rollback()

    with hub.engine.begin() as connection:
        type_named(connection, entity_type)
    return in_resolution(hub, entity_type, work)


@dataclass(frozen=True, kw_only=True)
class Growth:
    """When a type is learnt from again unasked, and when what was learnt is promoted; see ``LearnConfig``."""

    growth: float
    most_changed: float
    most_records: int


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """A type that had grown: ``changed`` of its entities merge or split; ``outcome`` is promoted or held."""

    entity_type: str
    records: int
    changed: int
    outcome: str


def refresh_grown(hub: Hub, limits: Growth) -> Iterator[Refreshed]:
    """Learn the types that have grown enough; promote what changes little, tell what was held in the sync log."""
    with hub.engine.begin() as connection:
        due = [one for one in grown_types(connection) if one.is_due(limits.growth)]
    for one in due:
        if one.records <= limits.most_records:
            work = partial(_refreshed, entity_type=one.entity_type, limits=limits)
            yield in_resolution(hub, one.entity_type, work)


def _refreshed(connection: Connection, entity_type: str, limits: Growth) -> Refreshed:
    act_as(connection, LEARNER)
    held = type_named(connection, entity_type)
    resolve(connection, held)
    remember(connection, entity_type)
    savepoint = connection.begin_nested()
    learn_model(connection, held)
    records = resolve(connection, held).scores.rescored
    found = differences(connection, entity_type, label=held.label, some=0)
    changed = found.counts["merged"] + found.counts["split"]
    is_held = changed > limits.most_changed * found.entities_before
    if is_held:
        savepoint.rollback()
        note_held(connection, entity_type, records, changed, found.entities_before)
    else:
        savepoint.commit()
    outcome = "held" if is_held else "promoted"
    return Refreshed(entity_type=entity_type, records=records, changed=changed, outcome=outcome)


def _used(
    connection: Connection,
    actor: str,
    entity_type: str,
    promote: Callable[[Connection, EntityType], str],
    samples: int,
) -> Used:
    act_as(connection, actor)
    held = type_named(connection, entity_type)
    pending = resolve(connection, held).touched
    remember(connection, entity_type)
    version = promote(connection, held)
    scores = resolve(connection, held).scores
    return Used(
        entity_type=entity_type,
        version=version,
        is_dry_run=False,
        pending=pending,
        scores=scores,
        differences=differences(connection, entity_type, label=held.label, some=samples),
    )
