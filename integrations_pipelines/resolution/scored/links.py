"""Pairs that their score links, as edges of the identity graph; and the components that something speaks against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.columns import read_columns
from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.resolution.decide import LARGEST_BY_SCORE
from integrations_pipelines.resolution.graph import Components
from integrations_pipelines.resolution.scored.scores import said_of, turned
from integrations_pipelines.resolution.scored.tier import Tier
from integrations_pipelines.resolution.scoring.columns import Floats, Integers

# Two groups need this share of the bits that a pair of their records would need to link.
_ENOUGH = 0.5
# Components above this are split by size and rules alone: all their pairs would be too many to look at.
_LOOKED_THROUGH = 4 * LARGEST_BY_SCORE
_MICRO = 1_000_000

Bits = Mapping[tuple[int, int], float]


@dataclass(frozen=True, kw_only=True)
class Links:
    """Linking pairs: record ids and weights in bits."""

    left: Integers
    right: Integers
    weights: Floats

    def by_label(self, found: Components) -> Integers:
        """Return the component of each link."""
        return np.asarray(found.labels[np.searchsorted(found.records, self.left)])


@dataclass(frozen=True, kw_only=True)
class Doubts:
    """What speaks against scored components, by label; ``large`` are labels of those that no score may make.

    ``enough``: the bits that the pairs between two groups must reach on average.
    """

    bits: Mapping[int, Bits] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    large: frozenset[int] = frozenset()
    enough: float = 0.0


def read_links(connection: Connection, tier: Tier | None) -> Links:
    """Return the pairs of members that their score links."""
    if tier is None:
        nothing = np.zeros(0, dtype=np.int64)
        return Links(left=nothing, right=nothing, weights=nothing.astype(np.float64))
    query = sql.SQL(SCORED.literal("links")).format(link_bits=sql.Literal(tier.thresholds.link_bits))
    left, right, weights = read_columns(connection, query, 3)
    return Links(left=left, right=right, weights=weights / _MICRO)


def doubts_of(connection: Connection, tier: Tier | None, found: Components, links: Links) -> Doubts:
    """Look through the components of more than two records that hang on a score, all pairs of each."""
    if tier is None or not len(links.left):
        return Doubts()
    sizes = found.sizes[np.searchsorted(found.records, links.left)]
    labels = links.by_label(found)
    chosen = np.unique(labels[(sizes > 2) & (sizes <= _LOOKED_THROUGH)])
    return Doubts(
        bits=_bits(connection, tier, found, chosen),
        large=frozenset(int(label) for label in np.unique(labels[sizes > LARGEST_BY_SCORE])),
        enough=-tier.scorer.prior * _ENOUGH,
    )


def _bits(connection: Connection, tier: Tier, found: Components, chosen: Integers) -> dict[int, Bits]:
    mine = np.isin(found.labels, chosen)
    if not mine.any():
        return {}
    records, labels = found.records[mine], found.labels[mine]
    left, right, home = _all_pairs(records, labels)
    said = said_of(connection, tier, records)
    bits = tier.scorer.evidence(said.records, said.records, turned(said, left, right))
    prior = tier.scorer.prior
    bounded = np.round(np.where(bits <= _veto(), bits, np.clip(bits, prior, -prior)), 6)
    doubtful = np.unique(home[bounded < -prior * _ENOUGH])
    at = np.flatnonzero(np.isin(home, doubtful))
    result: dict[int, dict[tuple[int, int], float]] = {int(label): {} for label in doubtful}
    for a, b, label, value in zip(*(part[at].tolist() for part in (left, right, home, bounded)), strict=True):
        result[label][min(a, b), max(a, b)] = value
    return dict(result)


def _veto() -> float:
    from integrations_pipelines.resolution.scoring.clusters import VETO_BITS

    return VETO_BITS


def _all_pairs(records: Integers, labels: Integers) -> tuple[Integers, Integers, Integers]:
    """Return all pairs within each label: left, right, label."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1) != 0)
    sizes = np.diff(np.append(starts, len(order)))
    left, right = [], []
    for size in np.unique(sizes):
        one, two = np.triu_indices(int(size), 1)
        first = starts[sizes == size]
        left.append((first[:, None] + one[None, :]).ravel())
        right.append((first[:, None] + two[None, :]).ravel())
    a, b = order[np.concatenate(left)], order[np.concatenate(right)]
    return records[a], records[b], labels[a]
