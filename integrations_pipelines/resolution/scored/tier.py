"""The scored tier of one resolution: its model and how its stored state stands to it."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.resolution.scored.model import (
    FrozenModel,
    Thresholds,
    frozen_model,
    live_scheme,
    size_class,
    version_of,
)
from integrations_pipelines.resolution.scoring import Scorer
from integrations_pipelines.settings import get_settings


@dataclass(frozen=True, kw_only=True)
class TierCounts:
    """What one update of the scores did, in records and pairs; ``skipped`` are keys that too many records share."""

    rescored: int = 0
    pairs: int = 0
    kept: int = 0
    skipped: int = 0


@dataclass(frozen=True, kw_only=True)
class Tier:
    """The scored tier of one entity type. ``is_stale``: every score has to be made anew.

    ``records`` is how many records there are once what is touched has been looked at.
    """

    frozen: FrozenModel
    thresholds: Thresholds
    records: int
    is_stale: bool
    scorer: Scorer = field(repr=False)

    @property
    def model_name(self) -> str:
        """What the scores are made with: model version, and the size that the prior is worked out for."""
        return f"{self.frozen.version}/{size_class(self.records)}"

    @property
    def values(self) -> dict[str, Any]:
        """The parameters that the statements take."""
        return {
            "entity_type": self.frozen.entity_type.name,
            "model_version": self.frozen.version,
            "size_class": size_class(self.records),
            "records": self.records,
            "link": self.thresholds.link,
            "review": self.thresholds.review,
            "link_bits": self.thresholds.link_bits,
            "review_bits": self.thresholds.review_bits,
        }


def open_tier(
    connection: Connection, entity_type: EntityType, thresholds: Thresholds | None = None
) -> Tier | None:
    """Return the scored tier as it stands to the working table ``touched``; None for a type that is not scored."""
    frozen = current_model(connection, entity_type)
    if frozen is None:
        return None
    chosen = thresholds or configured()
    ((records,),) = SCORED.run(connection, "count", {"entity_type": entity_type.name}).fetchall()
    tier = Tier(
        frozen=frozen,
        thresholds=chosen,
        records=records,
        is_stale=False,
        scorer=frozen.scorer(records),
    )
    ((fits,),) = SCORED.run(connection, "state_fits", tier.values).fetchall()
    return tier if fits else _stale(tier)


def is_outdated(connection: Connection, entity_type: EntityType) -> bool:
    """Return whether a type's scores are to be made anew though nothing is pending; False where it is not scored."""
    scheme = live_scheme(entity_type)
    if not scheme:
        return False
    row = SCORED.run(connection, "standing_model", {"entity_type": entity_type.name}).fetchone()
    version, *state, records, is_unscored = row or (None,) * 7
    if records is None:
        return bool(is_unscored)
    chosen = configured()
    return state != [version_of(scheme, version), size_class(records), chosen.link, chosen.review]


def _stale(tier: Tier) -> Tier:
    return Tier(
        frozen=tier.frozen,
        thresholds=tier.thresholds,
        records=tier.records,
        is_stale=tier.records > 0,
        scorer=tier.scorer,
    )


def current_model(connection: Connection, entity_type: EntityType) -> FrozenModel | None:
    """Return the model that the type is scored by now; None where it is not scored."""
    row = SCORED.run(connection, "model", {"entity_type": entity_type.name}).fetchone()
    document = dict(zip(("version", "weights", "statistics"), row[:3], strict=True)) if row else None
    return frozen_model(entity_type, document)


def configured() -> Thresholds:
    """Return the thresholds of the settings."""
    settings = get_settings()
    return Thresholds(link=settings.match_link, review=settings.match_review)


def stored_tier(connection: Connection, entity_type: EntityType) -> Tier | None:
    """Return the tier as the stored scores were made with it; None where there are none."""
    frozen = current_model(connection, entity_type)
    row = SCORED.run(connection, "state", {"entity_type": entity_type.name}).fetchone()
    if frozen is None or row is None:
        return None
    _, size, link, review, _ = row
    return Tier(
        frozen=frozen,
        thresholds=Thresholds(link=link, review=review),
        records=size,
        is_stale=False,
        scorer=frozen.scorer(size),
    )
