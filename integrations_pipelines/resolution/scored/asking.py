"""Pairs of entities that a score holds for one without being sure: a person is asked, once for each two of them."""

from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.resolution.rules import SCORE
from integrations_pipelines.resolution.scored.tier import Tier

UNSURE = "the score lies between the thresholds of review and link"


class Question(NamedTuple):
    """Two records that a person is asked about; ``note`` says what is new where the answer was no before."""

    left: int
    right: int
    reason: str
    evidence: dict[str, Any]
    note: str = ""


def unsure(connection: Connection, tier: Tier | None, refused: list[tuple[int, int]]) -> list[Question]:
    """Return what scores ask; ``refused`` pairs are asked already, and what a person rejected only if it changed."""
    if tier is None:
        return []
    values = {
        **tier.values,
        "lefts": [left for left, _ in refused],
        "rights": [right for _, right in refused],
    }
    for name in ("standing", "analyze_standing"):
        SCORED.run(connection, name, values)
    found = [
        Question(left, right, UNSURE, score_evidence(tier, weight, evidence))
        for left, right, weight, evidence in SCORED.run(connection, "unsure", values)
    ]
    again = [
        Question(
            left,
            right,
            reason,
            score_evidence(tier, weight, evidence),
            f"evidence changed since rejected on {day}",
        )
        for left, right, reason, weight, evidence, day in SCORED.run(
            connection, "changed_since_rejected", values
        )
    ]
    SCORED.run(connection, "drop_standing")
    return found + again


def score_evidence(tier: Tier, weight: float, evidence: int | None = None) -> dict[str, Any]:
    """Return a score as a review item keeps it; ``hash`` stays the same as long as the two records say the same."""
    said = {} if evidence is None else {"hash": f"{evidence & (2**64 - 1):016x}"}
    return {
        "kind": SCORE,
        "tier": 2,
        "probability": round(float(1 / (1 + np.exp2(-weight))), 6),
        "weight": round(weight, 6),
        "model": tier.model_name,
        **said,
    }
