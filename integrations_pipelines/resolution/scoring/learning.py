"""Statistics from the data: levels among random pairs, frequencies, expected partners. Independent of row order."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from integrations_pipelines.resolution.scoring.blocking import (
    Index,
    Limits,
    block_limits,
    indexes,
    pairs_between,
)
from integrations_pipelines.resolution.scoring.columns import Column, Floats, Hashes, Integers, stable_hashes
from integrations_pipelines.resolution.scoring.guards import branches, households
from integrations_pipelines.resolution.scoring.model import Model
from integrations_pipelines.resolution.scoring.records import Comparison, Records
from integrations_pipelines.resolution.scoring.register import COMPARISON_KINDS
from integrations_pipelines.resolution.scoring.scorer import Scored, Scorer
from integrations_pipelines.resolution.scoring.statistics import Frequencies, Statistics, frequencies

_RANDOM_PAIRS = 200_000
_SAMPLE = 4_000
_ROUNDS = 3


def learn(records: Records, model: Model, kept: Sequence[Index] | None = None) -> Statistics:
    """The statistics of ``records``: expected partners, m, u and frequencies, each worked out with the others in turn.

    u is counted among random pairs, each by how little it looks like a match; so duplicates do not pass as chance.
    """
    kept = indexes(records) if kept is None else kept
    statistics = Statistics(
        size=records.size,
        partners=model.first_partners,
        households=2 * model.least_households,
        branches=model.least_branches / 2,
        limits=block_limits(kept, records.size),
        u={},
        rare=_rare(records),
        words=_words(records),
    )
    if records.size < 2:
        return statistics
    order = np.argsort(content_hashes(records), kind="stable")
    random = _random_pairs(order)
    for _ in range(_ROUNDS):
        shares = _shares(Scorer(model, statistics).score(records, records, random), records, model)
        statistics = replace(statistics, u=shares)
        scored, size = _sampled(records, Scorer(model, statistics), (order, kept), statistics.limits)
        statistics = replace(
            statistics,
            m=_matching(scored, records, model),
            partners=_partners(scored, size, model),
            households=_share(households, 2 * model.least_households, scored, records, model),
            branches=_share(branches, model.least_branches / 2, scored, records, model),
        )
    return statistics


def content_hashes(records: Records) -> Hashes:
    """A hash of all values of each record, whatever row it stands in."""
    total = np.zeros(records.size, dtype=np.uint64)
    for name, column in records.columns.items():
        salt = stable_hashes([name])[0]
        held = (column.text_hashes ^ salt)[column.ids] * np.uint64(0x9E3779B97F4A7C15)
        np.add.at(total, column.owners, held ^ (held >> np.uint64(29)))
    return total


def _random_pairs(order: Integers) -> tuple[Integers, Integers]:
    """All pairs of few records, or random ones of many."""
    size = len(order)
    if size * (size - 1) // 2 <= _RANDOM_PAIRS:
        one, two = np.triu_indices(size, 1)
        return order[one], order[two]
    random = np.random.default_rng(1969)
    one, two = random.integers(0, size, _RANDOM_PAIRS), random.integers(1, size, _RANDOM_PAIRS)
    return order[one], order[(one + two) % size]


def _shares(scored: Scored, records: Records, model: Model) -> dict[str, Floats]:
    """The share of random pairs at each level, blended with the population's."""
    chance = 1 - scored.probabilities
    kinds = {comparison.name: comparison.kind for comparison in records.scheme}
    found = {}
    for one in scored.compared:
        comparison, _, aspect = one.name.partition(".")
        known = model.kinds[kinds[comparison]][aspect]
        there = one.levels >= 0
        counts = np.bincount(one.levels[there], weights=chance[there], minlength=len(known.levels))
        found[one.name] = (counts + model.blending_pairs * known.u) / (counts.sum() + model.blending_pairs)
    return found


def _sampled(
    records: Records, scorer: Scorer, known: tuple[Integers, Sequence[Index]], limits: Limits
) -> tuple[Scored, int]:
    """The candidate pairs of a sample of records, scored; and how many records that is."""
    order, kept = known
    sample = np.sort(order[:: max(1, records.size // _SAMPLE)][:_SAMPLE])
    blocks = pairs_between(records, records, limits, kept, [_only(index, sample) for index in kept])
    other = blocks.left != blocks.right
    return scorer.score(records, records, (blocks.left[other], blocks.right[other])), len(sample)


def _matching(scored: Scored, records: Records, model: Model) -> dict[str, Floats]:
    """The share of matching pairs at each level, blended with the model's; a candidate counts by its probability.

    Of people alone: their names, dates and addresses err independently. What organisations and things say of
    themselves does not, and a title's echo in the description would count as proof (measured: decisions/023).
    """
    kinds = {comparison.name: comparison.kind for comparison in records.scheme}
    if "person_name" not in kinds.values():
        return {}
    chance, found = scored.probabilities, {}
    for one in scored.compared:
        comparison, _, aspect = one.name.partition(".")
        known = model.kinds[kinds[comparison]][aspect]
        there = one.levels >= 0
        counts = np.bincount(one.levels[there], weights=chance[there], minlength=len(known.levels))
        found[one.name] = (counts + model.blending_matches * known.m) / (
            counts.sum() + model.blending_matches
        )
    return found


def _partners(scored: Scored, size: int, model: Model) -> float:
    """How many partners a record is expected to have, within the model's bounds."""
    expected = float(scored.probabilities.sum()) / max(size, 1)
    return min(max(expected, model.least_partners), model.most_partners)


def _share(
    count: Callable[..., tuple[int, int]], usual: float, scored: Scored, records: Records, model: Model
) -> float:
    """The share of pairs that are apart among those together, blended with what is usual."""
    compared = {one.name: one for one in scored.compared}
    together, apart = count(records.scheme, compared, len(scored.left), model)
    return (apart + usual * model.together_assumed) / (together + model.together_assumed)


def _only(index: Index, sample: Integers) -> Index:
    inside = np.isin(index.records, sample, assume_unique=False)
    return Index(rule=index.rule, wide=index.wide, hashes=index.hashes[inside], records=index.records[inside])


def _rare(records: Records) -> dict[str, Frequencies]:
    found = {}
    for comparison in records.scheme:
        column = records.columns[comparison.name]
        for slot, tokens in COMPARISON_KINDS[comparison.kind].counted(column).items():
            found[f"{comparison.name}.{slot}"] = frequencies(tokens[column.ids])
    return found


def _words(records: Records) -> dict[str, Frequencies]:
    return {
        f"{comparison.name}.words": _word_counts(records.columns[comparison.name])
        for comparison in records.scheme
        if _has_words(comparison, records)
    }


def _has_words(comparison: Comparison, records: Records) -> bool:
    return "words" in records.columns[comparison.name].parts


def _word_counts(column: Column) -> Frequencies:
    """In how many records each word stands."""
    bag = column.bag("words")
    held = np.bincount(column.ids, minlength=len(column.texts))
    order = np.argsort(bag.tokens, kind="stable")
    tokens, weights = bag.tokens[order], held[bag.owners][order]
    first = (
        np.flatnonzero(np.concatenate(([True], tokens[1:] != tokens[:-1])))
        if len(tokens)
        else np.zeros(0, int)
    )
    counts = np.add.reduceat(weights, first) if len(tokens) else np.zeros(0)
    often = counts > 1
    return Frequencies(
        tokens=tokens[first][often], counts=counts[often].astype(float), total=float(len(column.starts) - 1)
    )
