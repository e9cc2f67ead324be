"""Pairs of entities that a score holds for one without being sure: a person is asked, once for each two of them."""

from typing import Any

import numpy as np
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.resolution.rules import SCORE
from integrations_pipelines.resolution.scored.tier import Tier

UNSURE = "the score lies between the thresholds of review and link"

Question = tuple[int, int, str, dict[str, Any]]


def unsure(connection: Connection, tier: Tier | None, refused: list[tuple[int, int]]) -> list[Question]:
    """Return (left record, right record, reason, evidence) of each question; ``refused`` pairs are asked already."""
    if tier is None:
        return []
    values = {
        **tier.values,
        "lefts": [left for left, _ in refused],
        "rights": [right for _, right in refused],
    }
    for name in ("standing", "analyze_standing"):
        SCORED.run(connection, name, values)
    rows = SCORED.run(connection, "unsure", values).fetchall()
    SCORED.run(connection, "drop_standing")
    return [
        (left, right, UNSURE, score_evidence(tier, weight, evidence))
        for left, right, weight, evidence in rows
    ]


def score_evidence(tier: Tier, weight: float, evidence: int | None = None) -> dict[str, Any]:
    """Return a score as a review item keeps it; ``hash`` stays the same as long as the two records say the same."""
    said = {} if evidence is None else {"hash": f"{evidence & (2**64 - 1):016x}"}
    return {
        "kind": SCORE,
        "tier": 2,
        "probability": round(float(1 / (1 + np.exp2(-weight))), 6),
        "weight": round(weight, 6),
        "model": f"{tier.frozen.version}/{tier.values['size_class']}",
        **said,
    }
