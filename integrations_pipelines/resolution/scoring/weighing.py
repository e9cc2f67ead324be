"""What a level weighs, and how much more or less for the frequency of the value that two records share."""

import numpy as np

from integrations_pipelines.resolution.scoring.columns import Floats, Hashes
from integrations_pipelines.resolution.scoring.kind import Outcome
from integrations_pipelines.resolution.scoring.model import Aspect, Model
from integrations_pipelines.resolution.scoring.records import Comparison
from integrations_pipelines.resolution.scoring.statistics import NONE, Frequencies, Statistics


class Weighing:
    """The weights of levels by ``model`` and ``statistics``, in bits."""

    def __init__(self, model: Model, statistics: Statistics) -> None:
        self._model = model
        self._statistics = statistics

    @property
    def prior(self) -> float:
        """The match weight of two records of which nothing is known, in bits."""
        return self._statistics.prior

    def aspects(self, comparison: Comparison) -> tuple[str, ...]:
        """Return the aspects of a comparison."""
        return tuple(self._model.kinds[comparison.kind])

    def table(self, comparison: Comparison, aspect: str) -> Floats:
        """Return the weight of each level; that of the level -1, missing, is the last entry."""
        m, u = self._shares(comparison, aspect)
        return np.append(np.log2(m / u), 0.0)

    def weigh(self, comparison: Comparison, outcome: Outcome) -> tuple[Floats, Floats]:
        """Return the weight of the level and of the value's frequency, by pair of values."""
        table = self.table(comparison, outcome.aspect)
        weights = table[outcome.levels]
        rarity = np.zeros(len(weights))
        for level in self.rare(comparison, outcome.aspect):
            at = np.flatnonzero((outcome.levels == level) & (outcome.tokens != 0))
            if len(at):
                rarity[at] = self.rarity(comparison, outcome.aspect, level, outcome.tokens[at])
        return weights, rarity

    def rare(self, comparison: Comparison, aspect: str) -> list[int]:
        """Return the levels of an aspect at which the value's frequency counts."""
        return [int(level) for level in np.flatnonzero(self._aspect(comparison, aspect).rare)]

    def rarity(self, comparison: Comparison, aspect: str, level: int, tokens: Hashes) -> Floats:
        """Return what the frequency of values adds at a level."""
        held = self._held(comparison, aspect, level)
        return self._rarity(comparison, aspect, level, held.of(tokens))

    def most_rarity(self, comparison: Comparison, aspect: str, level: int) -> float:
        """Return the most that the frequency of any value adds at a level."""
        alone = self._rarity(comparison, aspect, level, np.ones(1))
        return max(float(alone[0]), 0.0) if level in self.rare(comparison, aspect) else 0.0

    def _rarity(self, comparison: Comparison, aspect: str, level: int, holders: Floats) -> Floats:
        _, u = self._shares(comparison, aspect)
        share = self._chance(comparison, aspect, level, holders)
        # However common a value is, agreeing on it does not speak against the pair.
        least = -max(float(self.table(comparison, aspect)[level]), 0.0)
        return np.asarray(np.maximum(np.log2(u[level] / share), least))

    def _chance(self, comparison: Comparison, aspect: str, level: int, holders: Floats) -> Floats:
        """The chance that another entity holds the value too; an entity's own copies do not count."""
        copies = 1 + self._statistics.partners
        others = np.maximum(holders / copies - 1, 0)
        values = self._model.blending_values
        population = self._aspect(comparison, aspect).u[level]
        total = self._held(comparison, aspect, level).total
        chance = (others + values * population) / (total / copies + values)
        return np.asarray(np.maximum(chance, self._model.least_frequency))

    def _held(self, comparison: Comparison, aspect: str, level: int) -> Frequencies:
        return self._statistics.rare.get(f"{comparison.name}.{aspect}.{level}", NONE)

    def _aspect(self, comparison: Comparison, aspect: str) -> Aspect:
        return self._model.kinds[comparison.kind][aspect]

    def _shares(self, comparison: Comparison, aspect: str) -> tuple[Floats, Floats]:
        name, known = f"{comparison.name}.{aspect}", self._aspect(comparison, aspect)
        return self._statistics.m.get(name, known.m), self._statistics.u.get(name, known.u)
