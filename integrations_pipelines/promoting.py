"""Weights of one's own, promoted into the live tier or tried out there: all pairs of the type are scored anew."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.hub import Hub, in_resolution
from integrations_pipelines.registry.deciding import act_as
from integrations_pipelines.registry.simulate import Differences, differences, remember
from integrations_pipelines.registry.types import type_named
from integrations_pipelines.resolution.resolve import resolve
from integrations_pipelines.resolution.scored import TierCounts
from integrations_pipelines.resolution.scored.promoting import use_shipped_weights, use_weights


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

    def work(connection: Connection) -> Used:
        if not dry_run:
            return _used(connection, actor, entity_type, weights, samples)
        try:
            return replace(_used(connection, actor, entity_type, weights, samples), is_dry_run=True)
        finally:
            connection.rollback()

    with hub.engine.begin() as connection:
        type_named(connection, entity_type)
    return in_resolution(hub, entity_type, work)


def _used(
    connection: Connection, actor: str, entity_type: str, weights: Mapping[str, Any] | None, samples: int
) -> Used:
    act_as(connection, actor)
    held = type_named(connection, entity_type)
    pending = resolve(connection, held).touched
    remember(connection, entity_type)
    version = use_weights(connection, held, weights) if weights else use_shipped_weights(connection, held)
    scores = resolve(connection, held).scores
    return Used(
        entity_type=entity_type,
        version=version,
        is_dry_run=False,
        pending=pending,
        scores=scores,
        differences=differences(connection, entity_type, label=held.label, some=samples),
    )
