"""Scores of candidate pairs, as they are stored: weight and a hash of the evidence, the same whoever stands left."""

from collections.abc import Iterator

import numpy as np
from sqlalchemy import Connection

from integrations_pipelines.registry.columns import write_columns
from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.resolution.scored.likely import likely_pairs
from integrations_pipelines.resolution.scored.said import Said, say
from integrations_pipelines.resolution.scored.tier import Tier
from integrations_pipelines.resolution.scoring import Records, Scored
from integrations_pipelines.resolution.scoring.columns import (
    Floats,
    Hashes,
    Integers,
    either_way,
    mixed,
)

# Pairs scored at a time: what bounds memory where the records are read for the purpose.
_CHUNK = 200_000
_DIGITS = 6

Scores = tuple[Integers, Integers, Floats, Integers]


def scored_pairs(
    connection: Connection, tier: Tier, pairs: tuple[Integers, Integers], known: Said | None
) -> Iterator[Scores]:
    """Yield (smaller id, larger id, weight, evidence) of ``pairs`` from the review threshold on, some at a time.

    ``known`` are the records, where they are in hand; else those are read whose sketches leave such a score possible.
    """
    pairs = likely_pairs(connection, tier, pairs, known)
    for start in range(0, len(pairs[0]), _CHUNK):
        left, right = pairs[0][start : start + _CHUNK], pairs[1][start : start + _CHUNK]
        said = known or said_of(connection, tier, np.unique(np.concatenate((left, right))))
        yield _scored(tier, said, left, right)


def said_of(connection: Connection, tier: Tier, ids: Integers) -> Said:
    """Return what the records ``ids`` say."""
    SCORED.run(connection, "want")
    write_columns(connection, "wanted", (ids,))
    said = say(connection, tier.frozen, "wanted_said")
    SCORED.run(connection, "unwant")
    return said


def _scored(tier: Tier, said: Said, left: Integers, right: Integers) -> Scores:
    one, two = turned(said, left, right)
    found = tier.scorer.score(said.records, said.records, (one, two), at_least=tier.thresholds.review)
    a, b = said.ids[found.left], said.ids[found.right]
    weights = np.round(found.weights, _DIGITS)
    return np.minimum(a, b), np.maximum(a, b), weights, evidence_hashes(found, said.records)


def turned(said: Said, left: Integers, right: Integers) -> tuple[Integers, Integers]:
    """Return the pairs' rows, turned by content: sums of floats differ in the last bit with the side."""
    one, two = said.rows(left), said.rows(right)
    swap = said.content[one] > said.content[two]
    return np.where(swap, two, one), np.where(swap, one, two)


def evidence_hashes(found: Scored, records: Records) -> Integers:
    """Return a hash of what was compared and how it came out, by pair; what it weighs does not count."""
    total = np.zeros(len(found.left), dtype=np.uint64)
    hashes: dict[str, Hashes] = {}
    for number, one in enumerate(found.compared):
        name = one.name.rpartition(".")[0]
        if name not in hashes:
            hashes[name] = np.append(records.columns[name].text_hashes, np.uint64(0))
        values = either_way(hashes[name][one.left], hashes[name][one.right])
        total += mixed(values + (one.levels + 2).astype(np.uint64), number)
    return total.view(np.int64)
