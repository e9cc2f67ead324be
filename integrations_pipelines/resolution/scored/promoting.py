"""A new frozen model: learnt from the stored records, or back to the shipped one. Promoting makes all scores anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.errors import UsageError
from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.resolution.scored.model import FrozenModel, frozen_model
from integrations_pipelines.resolution.scored.said import say
from integrations_pipelines.resolution.scored.tier import configured, stored_tier
from integrations_pipelines.resolution.scoring import as_document, learn

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


def learn_model(connection: Connection, entity_type: EntityType) -> str:
    """Learn statistics from the stored records and promote them; return the version.

    The next resolution makes all scores anew. Raises ``UsageError`` for a type that is not scored or has few records.
    """
    frozen = _shipped(entity_type)
    said = say(connection, frozen, "all_said")
    if len(said.ids) < LEAST_RECORDS:
        raise UsageError(
            f"{entity_type.name}: {len(said.ids)} records; learning needs {LEAST_RECORDS:,}, until then the shipped "
            "model knows more"
        )
    statistics = as_document(learn(said.records, frozen.model))
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    version = f"{frozen.model.version} learnt {moment} from {len(said.ids)}"
    _promote(connection, entity_type, version, statistics)
    return version


def forget_model(connection: Connection, entity_type: EntityType) -> str:
    """Go back to the shipped model; return its version. Raises ``UsageError`` for a type that is not scored."""
    frozen = _shipped(entity_type)
    SCORED.run(connection, "retire_model", {"entity_type": entity_type.name})
    return frozen.version


def model_in_force(connection: Connection, entity_type: EntityType) -> ModelInForce | None:
    """Return what the type is scored by; None for a type that is not scored."""
    values = {"entity_type": entity_type.name}
    row = SCORED.run(connection, "model", values).fetchone()
    document = dict(zip(("version", "weights", "statistics"), row, strict=True)) if row else None
    frozen = frozen_model(entity_type, document)
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


def _promote(
    connection: Connection, entity_type: EntityType, version: str, statistics: Mapping[str, Any]
) -> None:
    values = {"entity_type": entity_type.name, "version": version, "statistics": Jsonb(statistics)}
    for name in ("retire_model", "promote_model", "log_model"):
        SCORED.run(connection, name, values)
