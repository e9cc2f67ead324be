"""Clusters from scored pairs: strongest first, and never over a contradiction. A pure function of its records."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from integrations_pipelines.resolution.scoring.columns import Floats, Integers


@dataclass(frozen=True, kw_only=True)
class Clustering:
    """``labels``: by record, the smallest record of its cluster. ``refused``: positions of edges that were stopped."""

    labels: Integers
    refused: Integers


def components_of(size: int, left: Integers, right: Integers) -> Integers:
    """By record, the smallest record of its connected component."""
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    count, found = connected_components(graph, directed=False)
    first = np.full(count, size)
    np.minimum.at(first, found, np.arange(size))
    return np.asarray(first[found])


def cluster(
    size: int,
    edges: tuple[Integers, Integers, Floats],
    keys: Sequence[object] | Integers,
    apart: Mapping[tuple[int, int], float] | None = None,
    alone_by: Integers | None = None,
) -> Clustering:
    """Join records by ``edges`` (left, right, weight), the strongest first.

    ``apart``: pairs (smaller record first) that may not be in one cluster, whatever joins them. ``alone_by``: a label
    of which a cluster holds each only once (a source without duplicates); -1 for any number. Ties fall by ``keys``.
    """
    left, right, weights = edges
    labels = components_of(size, left, right)
    keep_apart = defaultdict(set)
    for one, two in apart or ():
        keep_apart[one].add(two)
        keep_apart[two].add(one)
    doubtful = _doubtful(labels, keep_apart, alone_by)
    inside = np.flatnonzero(np.isin(labels[left], doubtful))
    order = sorted(inside, key=lambda at: (-round(float(weights[at]), 6), keys[left[at]], keys[right[at]]))
    groups = {int(record): {int(record)} for record in np.flatnonzero(np.isin(labels, doubtful))}
    refused = [int(at) for at in order if not _join(groups, int(left[at]), int(right[at]), keep_apart, alone_by)]
    for record, group in groups.items():
        labels[record] = min(group)
    return Clustering(labels=labels, refused=np.array(sorted(refused), dtype=np.int64))


def _doubtful(labels: Integers, apart: Mapping[int, set[int]], alone_by: Integers | None) -> Integers:
    """The components that hold a contradiction."""
    found = {int(labels[one]) for one, others in apart.items() for two in others if labels[one] == labels[two]}
    if alone_by is not None:
        held = np.flatnonzero(alone_by >= 0)
        pairs, counts = np.unique(np.stack((labels[held], alone_by[held])), axis=1, return_counts=True)
        found |= set(map(int, pairs[0][counts > 1]))
    return np.array(sorted(found), dtype=np.int64)


def _join(
    groups: dict[int, set[int]], one: int, two: int, apart: Mapping[int, set[int]], alone_by: Integers | None
) -> bool:
    mine, theirs = groups[one], groups[two]
    if mine is theirs:
        return True
    if any(apart.get(record, _NOBODY) & theirs for record in mine):
        return False
    if alone_by is not None and _sources(mine, alone_by) & _sources(theirs, alone_by):
        return False
    mine |= theirs
    for record in theirs:
        groups[record] = mine
    return True


_NOBODY: frozenset[int] = frozenset()


def _sources(records: set[int], alone_by: Integers) -> set[int]:
    return {int(alone_by[record]) for record in records if alone_by[record] >= 0}
