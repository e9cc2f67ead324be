"""A scored pair in words and numbers: what its match weight is made of, so that it can be computed again."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from integrations_pipelines.resolution.scoring.columns import Column
from integrations_pipelines.resolution.scoring.kind import SEPARATOR
from integrations_pipelines.resolution.scoring.model import Model
from integrations_pipelines.resolution.scoring.records import Records
from integrations_pipelines.resolution.scoring.scorer import Scored


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One comparison: how the values compare, what that weighs, and what their frequency adds, in bits."""

    comparison: str
    level: str
    weight: float
    rarity: float
    left: str
    right: str


@dataclass(frozen=True, kw_only=True)
class PairEvidence:
    """Everything a pair's score is made of, in bits; ``guards`` take away what the findings must not prove."""

    prior: float
    findings: tuple[Finding, ...]
    guards: Mapping[str, float]
    weight: float
    probability: float

    def document(self) -> dict[str, Any]:
        """The evidence as JSON, to be stored with an edge."""
        return asdict(self)


def evidence(scored: Scored, left: Records, right: Records, model: Model) -> Iterator[PairEvidence]:
    """The evidence of each scored pair, in order; comparisons with a missing side are left out."""
    kinds = {comparison.name: comparison.kind for comparison in left.scheme}
    probabilities = scored.probabilities
    for number in range(len(scored.left)):
        yield PairEvidence(
            prior=scored.prior,
            findings=tuple(_findings(scored, number, (left, right), kinds, model)),
            guards={name: float(bits[number]) for name, bits in scored.guards.items() if bits[number]},
            weight=float(scored.weights[number]),
            probability=float(probabilities[number]),
        )


def _findings(
    scored: Scored, number: int, sides: tuple[Records, Records], kinds: Mapping[str, str], model: Model
) -> Iterator[Finding]:
    for one in scored.compared:
        if one.levels[number] >= 0:
            name, _, aspect = one.name.rpartition(".")
            yield Finding(
                comparison=one.name,
                level=model.kinds[kinds[name]][aspect].levels[one.levels[number]],
                weight=float(one.weights[number]),
                rarity=float(one.rarity[number]),
                left=_written(sides[0].columns[name], int(one.left[number])),
                right=_written(sides[1].columns[name], int(one.right[number])),
            )


def _written(column: Column, value: int) -> str:
    """A value as a person reads it; composed ones with their parts in order."""
    return " ".join(part for part in str(column.texts[value]).split(SEPARATOR) if part)


def recomputed(document: Mapping[str, Any]) -> tuple[float, float]:
    """Match weight and probability from a stored ``PairEvidence`` alone, without model or data."""
    weight = float(document["prior"])
    for finding in document["findings"]:
        weight += finding["weight"] + finding["rarity"]
    for bits in document["guards"].values():
        weight += bits
    return weight, float(1 / (1 + 2.0**-weight))
