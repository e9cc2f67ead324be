"""Clusters from scored pairs: strongest first, and never against the evidence. A pure function of its records.

Single linkage alone chains: a branch to its head office, the head office to the next branch. So two groups are joined
only where their records, all pairs of them taken together, speak for it. What is merely not known does not count.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from integrations_pipelines.resolution.scoring.columns import Floats, Integers

# Two groups need this share of the bits that a pair of their records would need to link.
_ENOUGH = 0.5
# Evidence of a pair that must not be one; no mean of bounded evidence makes up for it.
VETO_BITS = -1e6
LARGEST = 1_000

# Of many pairs: the bits for or against, without the prior; ``VETO_BITS`` for a veto.
Edges = tuple[Integers, Integers, Floats]
Evidence = Callable[[Integers, Integers], Floats]


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
    edges: Edges,
    keys: Sequence[object],
    evidence: Evidence,
    prior: float,
    alone_by: Integers | None = None,
) -> Clustering:
    """Join records by ``edges`` (left, right, weight), the strongest first; ties fall by ``keys``.

    ``alone_by``: a label of which a cluster holds each only once (a source without duplicates); -1 for any number.
    """
    kept = _thinned(size, edges)
    left, right, weights = edges[0][kept], edges[1][kept], edges[2][kept]
    labels = components_of(size, left, right)
    order, starts, sizes = _members(labels)
    held = _held(order, starts, sizes, evidence, -prior)
    edges_of = _edges_of(labels, left)
    enough = -prior * _ENOUGH
    refused = [np.setdiff1d(np.arange(len(edges[0])), kept)]
    for number in np.flatnonzero(_doubtful(order, starts, sizes, held, enough, alone_by)):
        members = order[starts[number] : starts[number] + sizes[number]]
        at = edges_of(int(labels[members[0]]))
        ranked = sorted(
            at,
            key=lambda edge: (
                -round(float(weights[edge]), 6),
                *_tie(keys, int(left[edge]), int(right[edge])),
            ),
        )
        groups, stopped = _split(
            members, [(left[edge], right[edge]) for edge in ranked], held[number], enough, alone_by
        )
        refused.append(kept[[ranked[place] for place in stopped]] if stopped else kept[:0])
        for group in groups:
            labels[group] = group.min()
    return Clustering(labels=labels, refused=np.sort(np.concatenate(refused)))


def _tie(keys: Sequence[object], one: int, two: int) -> tuple[object, ...]:
    return tuple(sorted((keys[one], keys[two])))  # type: ignore[type-var]


def _thinned(size: int, edges: Edges) -> Integers:
    """The edges, without the weakest of components that are too large to be looked through."""
    kept = np.arange(len(edges[0]))
    while True:
        labels = components_of(size, edges[0][kept], edges[1][kept])
        counts = np.bincount(labels, minlength=size)
        crowded = counts[labels[edges[0][kept]]] > LARGEST
        if not crowded.any():
            return kept
        limit = np.median(edges[2][kept][crowded])
        kept = kept[~crowded | (edges[2][kept] > limit)]


def _members(labels: Integers) -> tuple[Integers, Integers, Integers]:
    """Records by component; where each component of more than two starts, and its size."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    sizes = np.diff(np.append(starts, len(order)))
    return order, starts[sizes > 1], sizes[sizes > 1]


def _held(
    order: Integers, starts: Integers, sizes: Integers, evidence: Evidence, most: float
) -> list[NDArray[np.float32]]:
    """The evidence among the records of each component, as a square."""
    corners = [np.triu_indices(size, 1) for size in sizes]
    if not corners:
        return []
    left = np.concatenate([order[start + one] for start, (one, _) in zip(starts, corners, strict=True)])
    right = np.concatenate([order[start + two] for start, (_, two) in zip(starts, corners, strict=True)])
    found = evidence(left, right).astype(np.float32)
    bounded = np.where(found <= VETO_BITS, found, np.clip(found, -most, most))
    squares, at = [], 0
    for size, (one, two) in zip(sizes, corners, strict=True):
        square = np.zeros((size, size), dtype=np.float32)
        square[one, two] = square[two, one] = bounded[at : at + len(one)]
        squares.append(square)
        at += len(one)
    return squares


def _doubtful(
    order: Integers,
    starts: Integers,
    sizes: Integers,
    held: list[NDArray[np.float32]],
    enough: float,
    alone_by: Integers | None,
) -> NDArray[np.bool_]:
    """The components that something speaks against."""
    found = np.array([bool((square < enough).any()) for square in held], dtype=bool)
    if alone_by is not None:
        for number, (start, size) in enumerate(zip(starts, sizes, strict=True)):
            sources = alone_by[order[start : start + size]]
            sources = sources[sources >= 0]
            found[number] |= len(np.unique(sources)) < len(sources)
    return found


def _edges_of(labels: Integers, left: Integers) -> Callable[[int], Integers]:
    order = np.argsort(labels[left], kind="stable")
    ordered = labels[left][order]

    def edges_of(label: int) -> Integers:
        return order[np.searchsorted(ordered, label) : np.searchsorted(ordered, label, side="right")]

    return edges_of


def _split(
    members: Integers,
    edges: list[tuple[int, int]],
    square: NDArray[np.float32],
    enough: float,
    alone_by: Integers | None,
) -> tuple[list[Integers], list[int]]:
    """The groups of one component, and the places of the edges that were refused."""
    place = {int(record): number for number, record in enumerate(members)}
    groups: list[list[int]] = [[number] for number in range(len(members))]
    sources = None if alone_by is None else alone_by[members]
    stopped = []
    for at, (left, right) in enumerate(edges):
        one, two = groups[place[int(left)]], groups[place[int(right)]]
        if one is two:
            continue
        if square[np.ix_(one, two)].mean() < enough or (sources is not None and _twice(sources, one, two)):
            stopped.append(at)
            continue
        one.extend(two)
        for number in two:
            groups[number] = one
    distinct = {id(group): group for group in groups}
    return [members[np.array(sorted(group))] for group in distinct.values()], stopped


def _twice(sources: Integers, one: list[int], two: list[int]) -> bool:
    """Whether a source without duplicates would stand in the group twice."""
    held = sources[one + two]
    held = held[held >= 0]
    return len(np.unique(held)) < len(held)
