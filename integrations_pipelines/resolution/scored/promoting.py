"""A new frozen model: learnt from the stored records, or back to the shipped one. Promoting makes all scores anew."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Connection

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.errors import UsageError
from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.resolution.scored.guard import among_colleagues
from integrations_pipelines.resolution.scored.model import FrozenModel, frozen_model
from integrations_pipelines.resolution.scored.said import say
from integrations_pipelines.resolution.scored.tier import configured, current_model, stored_tier
from integrations_pipelines.resolution.scoring import as_document, learn, read_model, untrained_model

# Below this many records the shipped shares and frequencies know more than the data.
LEAST_RECORDS = 1_000


@dataclass(frozen=True, kw_only=True)
class ModelInForce:
    """What an entity type is scored by. ``records`` and ``large_blocks`` are None where nothing was scored yet.

    ``learnt_from`` is how many records its statistics come from, None for the shipped ones.
    """

    entity_type: str
    version: str
    learnt_from: int | None
    link: float
    review: float
    records: int | None
    large_blocks: int | None


@dataclass(frozen=True, kw_only=True)
class GrownType:
    """How many records a type has, and had when it was last learnt from, or when that was held; None: never.

    ``is_shipped_again``: a person went back to the shipped model.
    """

    entity_type: str
    records: int
    learnt_from: int | None
    held_at: int | None
    is_shipped_again: bool

    def is_due(self, growth: float) -> bool:
        """Whether it has ``growth`` times the records of the last time; the first time is at ``LEAST_RECORDS``."""
        last = max(self.learnt_from or 0, self.held_at or 0)
        return not self.is_shipped_again and self.records >= max(LEAST_RECORDS, growth * last)


def learn_model(connection: Connection, entity_type: EntityType) -> str:
    """Learn statistics from the stored records and promote them; return the version.

    The next resolution makes all scores anew. Raises ``UsageError`` for a type that is not scored or has few records.
    """
    shipped, frozen = _shipped(entity_type), current_model(connection, entity_type)
    document = _stored(connection, entity_type)
    weights, former = (document["weights"], document["former"]) if document else (None, None)
    return _learn(connection, frozen or shipped, weights, former)


def grown_types(connection: Connection) -> list[GrownType]:
    """Return how each scored type of which anything is stored has grown."""
    names = ("entity_type", "records", "learnt_from", "held_at", "is_shipped_again")
    return [GrownType(**dict(zip(names, row, strict=True))) for row in SCORED.run(connection, "growth")]


def note_held(connection: Connection, entity_type: str, records: int, changed: int, entities: int) -> None:
    """Write into the sync log that a learnt model was not promoted, because of so many changed entities."""
    values = {"entity_type": entity_type, "records": records, "changed": changed, "entities": entities}
    SCORED.run(connection, "log_held", values)


def use_weights(connection: Connection, entity_type: EntityType, weights: Mapping[str, Any]) -> str:
    """Promote weights of the organisation's own; return the version. The next resolution makes all scores anew.

    What shares the shipped weights give to levels that colleagues have in common holds for these too, unless they say
    otherwise. Statistics are learnt anew by them where learnt ones are in force.
    Raises ``UsageError`` for a type that is not scored, ``ConfigurationError`` for weights that are none.
    """
    _shipped(entity_type)
    document = _stored(connection, entity_type)
    read_model(weights)
    chosen = among_colleagues(weights, unless_changed_from=untrained_model().document)
    frozen = frozen_model(entity_type, {"weights": chosen, "version": _name_of(chosen)})
    assert frozen is not None  # noqa: S101 - _shipped raised
    former = document["uuid"] if document else None
    if document and document["statistics"]:
        return _learn(connection, frozen, chosen, former)
    version = _name_of(chosen)
    _promote(connection, entity_type, _Row(version=version, weights=chosen, statistics=None, former=former))
    return version


def use_shipped_weights(connection: Connection, entity_type: EntityType) -> str:
    """Put the model in force again that was before any weights of the organisation's own; return its version."""
    shipped, values = _shipped(entity_type), {"entity_type": entity_type.name}
    row = SCORED.run(connection, "model_of_before", values).fetchone()
    SCORED.run(connection, "retire_model", values)
    restored = SCORED.run(connection, "restore_model", {"uuid": row[0]}).fetchone() if row else None
    version = str(restored[0]) if restored else shipped.version
    SCORED.run(connection, "log_model", {**values, "version": version})
    return version


def _stored(connection: Connection, entity_type: EntityType) -> dict[str, Any] | None:
    row = SCORED.run(connection, "model", {"entity_type": entity_type.name}).fetchone()
    return (
        dict(zip(("version", "weights", "statistics", "uuid", "former"), row, strict=True)) if row else None
    )


def _name_of(weights: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(weights, sort_keys=True).encode()).hexdigest()
    return f"{weights['version']}#{digest[:8]}"


def _learn(
    connection: Connection, frozen: FrozenModel, weights: Mapping[str, Any] | None, former: UUID | None
) -> str:
    entity_type = frozen.entity_type
    said = say(connection, frozen, "all_said")
    if len(said.ids) < LEAST_RECORDS:
        raise UsageError(
            f"{entity_type.name}: {len(said.ids)} records; learning needs {LEAST_RECORDS:,}, until then the shipped "
            "model knows more"
        )
    statistics = as_document(learn(said.records, frozen.model))
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    name = _name_of(weights) if weights else frozen.model.version
    version = f"{name} learnt {moment} from {len(said.ids)}"
    row = _Row(version=version, weights=weights, statistics=statistics, former=former)
    _promote(connection, entity_type, row)
    return version


def forget_model(connection: Connection, entity_type: EntityType) -> str:
    """Go back to the shipped model; return its version. Raises ``UsageError`` for a type that is not scored."""
    frozen = _shipped(entity_type)
    SCORED.run(connection, "retire_model", {"entity_type": entity_type.name})
    SCORED.run(connection, "log_model", {"entity_type": entity_type.name, "version": frozen.version})
    return frozen.version


def model_in_force(connection: Connection, entity_type: EntityType) -> ModelInForce | None:
    """Return what the type is scored by; None for a type that is not scored."""
    values = {"entity_type": entity_type.name}
    frozen = current_model(connection, entity_type)
    if frozen is None:
        return None
    tier, chosen = stored_tier(connection, entity_type), configured()
    ((large,),) = SCORED.run(connection, "large_blocks", values).fetchall()
    state = SCORED.run(connection, "state", values).fetchone()
    return ModelInForce(
        entity_type=entity_type.name,
        version=frozen.version,
        learnt_from=frozen.learnt.size if frozen.learnt else None,
        link=chosen.link,
        review=chosen.review,
        records=state[4] if state else None,
        large_blocks=large if tier else None,
    )


def _shipped(entity_type: EntityType) -> FrozenModel:
    frozen = frozen_model(entity_type, None)
    if frozen is None:
        raise UsageError(
            f"{entity_type.name}: no scored type; its attributes do not say who or what a record is"
        )
    return frozen


@dataclass(frozen=True, kw_only=True)
class _Row:
    version: str
    weights: Mapping[str, Any] | None
    statistics: Mapping[str, Any] | None
    former: UUID | None


def _promote(connection: Connection, entity_type: EntityType, row: _Row) -> None:
    values = {
        "entity_type": entity_type.name,
        "version": row.version,
        "weights": Jsonb(row.weights) if row.weights else None,
        "statistics": Jsonb(row.statistics) if row.statistics else None,
        "former": row.former,
    }
    for name in ("retire_model", "promote_model", "log_model"):
        SCORED.run(connection, name, values)
