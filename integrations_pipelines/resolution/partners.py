"""The records that a record is held for by its score, each with the evidence. Reads alone."""

import uuid as uuidlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from integrations_pipelines.registry.explained import RecordRow
from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.registry.types import entity_types
from integrations_pipelines.resolution.scored.said import as_said, attributes_of
from integrations_pipelines.resolution.scored.tier import stored_tier
from integrations_pipelines.resolution.scoring import evidence

_LIMIT = 200


@dataclass(frozen=True, kw_only=True)
class ScoredPartner:
    """Another record, and what the pair's score is made of; ``links``: it is enough to join them."""

    record: str
    entity: uuidlib.UUID | None
    weight: float
    probability: float
    links: bool
    evidence: Mapping[str, Any]


def scored_partners(connection: Connection, record: RecordRow) -> list[ScoredPartner]:
    """Return the records that a record's score is kept with, the surest first."""
    entity_type = entity_types(connection).get(record.entity_type)
    tier = stored_tier(connection, entity_type) if entity_type else None
    rows = SCORED.run(connection, "partners", {"record": record.id, "limit": _LIMIT}).fetchall()
    if tier is None or not rows:
        return []
    said = as_said(
        tier.frozen,
        *attributes_of(connection, tier.frozen, [record.id, *(row[2] for row in rows)]),
    )
    mine = said.rows(np.full(len(rows), record.id, dtype=np.int64))
    theirs = said.rows(np.array([row[2] for row in rows], dtype=np.int64))
    scored = tier.scorer.score(said.records, said.records, (mine, theirs))
    found = evidence(scored, said.records, said.records, tier.frozen.model)
    return [
        ScoredPartner(
            record=name,
            entity=entity,
            weight=weight,
            probability=one.probability,
            links=weight >= tier.thresholds.link_bits,
            evidence=one.document(),
        )
        for (weight, _, _, name, entity), one in zip(rows, found, strict=True)
    ]
