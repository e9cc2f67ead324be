"""Scores of candidate pairs, as they are stored: weight and a hash of the evidence, the same whoever stands left."""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from sqlalchemy import Connection

from integrations_pipelines.resolution.scored.likely import likely_pairs
from integrations_pipelines.resolution.scored.said import Said, say
from integrations_pipelines.resolution.scored.tier import Tier
from integrations_pipelines.resolution.scoring import Records, Scored
from integrations_pipelines.resolution.scoring.columns import (
    Floats,
    Hashes,
    Integers,
    distinct,
    either_way,
    mixed,
)

# Pairs scored at a time: what bounds memory where the records are read for the purpose.
_CHUNK = 200_000
_DIGITS = 6

Scores = tuple[Integers, Integers, Floats, Integers]


def scored_pairs(
    connection: Connection, tier: Tier, pairs: tuple[Integers, Integers], known: Said, *, is_all: bool
) -> Iterator[Scores]:
    """Yield (smaller id, larger id, weight, evidence) of ``pairs`` from the review threshold on, some at a time.

    ``known`` are the records in hand, all of them where ``is_all``. Others are read, those whose sketches leave such a
    score possible.
    """
    pairs = likely_pairs(connection, tier, pairs, known if is_all else None)
    for start in range(0, len(pairs[0]), _CHUNK):
        left, right = pairs[0][start : start + _CHUNK], pairs[1][start : start + _CHUNK]
        others = distinct(np.concatenate((left, right)))
        others = others[~known.has(others)]
        sides = (known, said_of(connection, tier, others)) if len(others) else (known,)
        for one, two, rows in _by_side(sides, left, right):
            yield _scored(tier, one, two, rows)


def _by_side(
    sides: Sequence[Said], left: Integers, right: Integers
) -> Iterator[tuple[Said, Said, tuple[Integers, Integers]]]:
    """Yield the pairs by where their records stand, as rows, turned by content (see ``turned``)."""
    found = [[side.has(ids) for side in sides] for ids in (left, right)]
    for (a, mine), (b, theirs) in product(enumerate(sides), repeat=2):
        at = found[0][a] & found[1][b]
        if at.any():
            rows = mine.rows(left[at]), theirs.rows(right[at])
            swap = mine.content[rows[0]] > theirs.content[rows[1]]
            yield mine, theirs, (rows[0][~swap], rows[1][~swap])
            yield theirs, mine, (rows[1][swap], rows[0][swap])


def said_of(connection: Connection, tier: Tier, ids: Integers) -> Said:
    """Return what the records ``ids`` say."""
    return say(connection, tier.frozen, "said", ids)


def _scored(tier: Tier, one: Said, two: Said, rows: tuple[Integers, Integers]) -> Scores:
    found = tier.scorer.score(one.records, two.records, rows, at_least=tier.thresholds.review)
    a, b = one.ids[found.left], two.ids[found.right]
    hashes = evidence_hashes(found, one.records, two.records)
    return np.minimum(a, b), np.maximum(a, b), np.round(found.weights, _DIGITS), hashes


def turned(said: Said, left: Integers, right: Integers) -> tuple[Integers, Integers]:
    """Return the pairs' rows, turned by content: sums of floats differ in the last bit with the side."""
    one, two = said.rows(left), said.rows(right)
    swap = said.content[one] > said.content[two]
    return np.where(swap, two, one), np.where(swap, one, two)


def evidence_hashes(found: Scored, left: Records, right: Records) -> Integers:
    """Return a hash of what was compared and how it came out, by pair; what it weighs does not count."""
    total = np.zeros(len(found.left), dtype=np.uint64)
    hashes: dict[str, tuple[Hashes, Hashes]] = {}
    for number, one in enumerate(found.compared):
        name = one.name.rpartition(".")[0]
        if name not in hashes:
            hashes[name] = _texts(left, name), _texts(right, name)
        values = either_way(hashes[name][0][one.left], hashes[name][1][one.right])
        total += mixed(values + (one.levels + 2).astype(np.uint64), number)
    return total.view(np.int64)


def _texts(records: Records, name: str) -> Hashes:
    """The hash of each value as written; that of the value -1, missing, is the last entry."""
    return np.append(records.columns[name].text_hashes, np.uint64(0))
