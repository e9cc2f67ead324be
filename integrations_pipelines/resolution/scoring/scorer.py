"""The score of pairs: Fellegi-Sunter over typed comparisons, with term frequencies and guards. Vectorised, no I/O.

A pair's match weight is the prior plus the weights of its comparisons, in bits. Source: Fellegi and Sunter, "A Theory
for Record Linkage" (1969); term frequencies after Winkler (1989).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from integrations_pipelines.resolution.scoring.clusters import VETO_BITS
from integrations_pipelines.resolution.scoring.columns import (
    BUCKETS,
    Column,
    Floats,
    Hashes,
    Integers,
    Levels,
    either_way,
)
from integrations_pipelines.resolution.scoring.guards import GUARDS, Peculiarities, guard_weights
from integrations_pipelines.resolution.scoring.kind import Side, Telling
from integrations_pipelines.resolution.scoring.model import Model
from integrations_pipelines.resolution.scoring.records import Comparison, Records
from integrations_pipelines.resolution.scoring.register import COMPARISON_KINDS
from integrations_pipelines.resolution.scoring.statistics import NONE, Statistics
from integrations_pipelines.resolution.scoring.weighing import Weighing

_CHUNK = 500_000
# Columns whose words stay weighed: those of the records in hand, and of some that were before.
_MOST_BAGS = 64
# A word in nearly every record still says a little.
_LEAST_WORD_WEIGHT = 0.2


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One aspect of many pairs: the level, its weight and the value's frequency in bits, and which values they were."""

    name: str
    levels: Levels
    weights: Floats
    rarity: Floats
    left: Integers
    right: Integers


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Scored pairs, as arrays. ``weights`` is the sum of prior, comparisons and guards, in bits."""

    left: Integers
    right: Integers
    weights: Floats
    prior: float
    compared: tuple[Compared, ...] = field(repr=False)
    guards: dict[str, Floats] = field(repr=False)

    @property
    def probabilities(self) -> Floats:
        """The probability that a pair is one entity."""
        return np.asarray(1 / (1 + np.exp2(-self.weights)))

    def where(self, keep: "np.ndarray[tuple[int], np.dtype[np.bool_]] | Integers") -> "Scored":
        """Some of the pairs."""
        return Scored(
            left=self.left[keep],
            right=self.right[keep],
            weights=self.weights[keep],
            prior=self.prior,
            compared=tuple(
                Compared(
                    name=one.name,
                    levels=one.levels[keep],
                    weights=one.weights[keep],
                    rarity=one.rarity[keep],
                    left=one.left[keep],
                    right=one.right[keep],
                )
                for one in self.compared
            ),
            guards={name: weights[keep] for name, weights in self.guards.items()},
        )


class Scorer:
    """Scores pairs by ``model`` and ``statistics``; keeps what it worked out of a column for the next pairs."""

    def __init__(self, model: Model, statistics: Statistics) -> None:
        self._model = model
        self._statistics = statistics
        self.weighing = Weighing(model, statistics)
        self._peculiar = Peculiarities(
            has_households=statistics.households >= model.least_households,
            has_branches=statistics.branches >= model.least_branches,
        )
        # With the column, which nobody else may keep: another one could take its place in memory, and its id.
        self._bags: dict[tuple[int, str], tuple[Column, tuple[csr_array, Floats]]] = {}

    @property
    def prior(self) -> float:
        """The match weight of two records of which nothing is known, in bits."""
        return self._statistics.prior

    def score(
        self, left: Records, right: Records, pairs: tuple[Integers, Integers], at_least: float | None = None
    ) -> Scored:
        """The scored pairs (row in ``left``, row in ``right``); only those of probability ``at_least``, if given."""
        parts = []
        for start in range(0, max(len(pairs[0]), 1), _CHUNK):
            scored = self._chunk(
                left, right, pairs[0][start : start + _CHUNK], pairs[1][start : start + _CHUNK]
            )
            parts.append(scored if at_least is None else scored.where(scored.probabilities >= at_least))
        return concatenated(parts)

    def evidence(self, left: Records, right: Records, pairs: tuple[Integers, Integers]) -> Floats:
        """What speaks for (or against) pairs being one, in bits and without the prior; ``VETO_BITS`` for a veto."""
        scored = self.score(left, right, pairs)
        return np.where(scored.guards["veto"] < 0, VETO_BITS, scored.weights - scored.prior)

    def _chunk(self, left: Records, right: Records, rows: Integers, others: Integers) -> Scored:
        compared = [
            one
            for comparison in left.scheme
            for one in self._compare(comparison, left, right, (rows, others))
        ]
        total = np.full(len(rows), self._statistics.prior)
        for one in compared:
            total += one.weights + one.rarity
        guards = guard_weights(
            left.scheme, {one.name: one for one in compared}, total, self._model, self._peculiar
        )
        for name in GUARDS:
            total = total + guards[name]
        return Scored(
            left=rows,
            right=others,
            weights=total,
            prior=self._statistics.prior,
            compared=tuple(compared),
            guards=guards,
        )

    def _compare(
        self, comparison: Comparison, left: Records, right: Records, pairs: tuple[Integers, Integers]
    ) -> list[Compared]:
        mine, theirs = left.columns[comparison.name], right.columns[comparison.name]
        owner, a, b = _value_pairs(mine, theirs, *pairs)
        kind = COMPARISON_KINDS[comparison.kind]
        tells = self._telling_words(comparison.name)
        outcomes = kind.compare(Side(mine, a, tells), Side(theirs, b, tells))
        weighed = [self.weighing.weigh(comparison, outcome) for outcome in outcomes]
        total = np.sum([weight + rarity for weight, rarity in weighed], axis=0)
        best = _best(owner, total, lambda: either_way(mine.text_hashes[a], theirs.text_hashes[b]))
        return [
            _spread_out(
                f"{comparison.name}.{outcome.aspect}",
                outcome.levels,
                weighed[number],
                best,
                owner,
                (a, b),
                len(pairs[0]),
            )
            for number, outcome in enumerate(outcomes)
        ]

    def _telling_words(self, name: str) -> Telling:
        def tells(column: Column, part: str) -> tuple[csr_array, Floats]:
            key = (id(column), part)
            if key not in self._bags:
                if len(self._bags) >= _MOST_BAGS:
                    self._bags.clear()
                self._bags[key] = column, self._weighted(name, column, part)
            return self._bags[key][1]

        return tells

    def _weighted(self, name: str, column: Column, part: str) -> tuple[csr_array, Floats]:
        """The bag with each word's weight, and the sum of these by value. Rare words tell more: inverse frequency."""
        bag = column.bag(part)
        found = self._statistics.words.get(f"{name}.{part}", NONE)
        size = max(self._statistics.size, 1)
        weights = np.maximum(np.log((size + 1) / np.minimum(found.of(bag.tokens), size)), _LEAST_WORD_WEIGHT)
        counts = bag.counts
        weighted = csr_array((weights, counts.indices, counts.indptr), shape=(counts.shape[0], BUCKETS))
        return weighted, np.asarray(weighted.sum(axis=1), dtype=np.float64).ravel()


def _value_pairs(
    mine: Column, theirs: Column, rows: Integers, others: Integers
) -> tuple[Integers, Integers, Integers]:
    """All pairs of values of each pair of records: the pair's place, the value on each side."""
    one, two = mine.counts[rows], theirs.counts[others]
    sizes = one * two
    owner = np.repeat(np.arange(len(rows)), sizes)
    if not len(owner):
        return owner, owner, owner
    place = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    width = two[owner]
    a = mine.ids[mine.starts[rows[owner]] + place // width]
    b = theirs.ids[theirs.starts[others[owner]] + place % width]
    return owner, a, b


def _best(owner: Integers, weights: Floats, hashes: Callable[[], Hashes]) -> Integers:
    """The place of the best value pair of each owner; of equals the one whose texts have the least of ``hashes``.

    Not the first of equals: in what order a record's values stand depends on the records that are read beside it.
    """
    if len(owner) == 0 or (np.diff(owner) > 0).all():
        return np.arange(len(owner))
    order = np.lexsort((hashes(), -weights, owner))
    return order[np.concatenate(([True], np.diff(owner[order]) > 0))]


def _spread_out(  # noqa: PLR0913 - one row of a table
    name: str,
    levels: Levels,
    weighed: tuple[Floats, Floats],
    best: Integers,
    owner: Integers,
    values: tuple[Integers, Integers],
    size: int,
) -> Compared:
    at = owner[best]
    level = np.full(size, -1, dtype=np.int8)
    level[at] = levels[best]
    numbers = []
    for found, empty in ((weighed[0], 0.0), (weighed[1], 0.0), (values[0], -1), (values[1], -1)):
        whole = np.full(size, empty)
        whole[at] = found[best]
        numbers.append(whole)
    return Compared(
        name=name,
        levels=level,
        weights=numbers[0],
        rarity=numbers[1],
        left=numbers[2].astype(np.int64),
        right=numbers[3].astype(np.int64),
    )


def concatenated(parts: list[Scored]) -> Scored:
    """Scored pairs of several calls in one."""
    first = parts[0]
    if len(parts) == 1:
        return first
    return Scored(
        left=np.concatenate([part.left for part in parts]),
        right=np.concatenate([part.right for part in parts]),
        weights=np.concatenate([part.weights for part in parts]),
        prior=first.prior,
        compared=tuple(
            Compared(
                name=one.name,
                **{
                    name: np.concatenate([getattr(part.compared[number], name) for part in parts])
                    for name in ("levels", "weights", "rarity", "left", "right")
                },
            )
            for number, one in enumerate(first.compared)
        ),
        guards={name: np.concatenate([part.guards[name] for part in parts]) for name in first.guards},
    )
