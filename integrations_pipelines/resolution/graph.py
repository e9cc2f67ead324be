"""The identity graph as arrays: who shares a value, and what hangs together. No Python object a record."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

ALONE = 99
# Above so many ids a record, a table of all of them is no gain.
_SPARSE = 8


@dataclass(frozen=True, kw_only=True)
class Components:
    """One row a record: ``labels`` is the smallest record id of its component, ``sizes`` how many records that has.

    ``ranks`` is the rank of the strongest identifier kind by which the record hangs on another; ``ALONE`` for none.
    """

    records: Integers
    labels: Integers
    sizes: Integers
    ranks: Integers


@dataclass(frozen=True, kw_only=True)
class Values:
    """Held identifiers sorted by value, one row each; ``groups`` numbers the values, ``counts`` their holders.

    ``starts`` is the row of each value's first holder.
    """

    records: Integers
    ranks: Integers
    hashes: Integers
    groups: Integers
    counts: Integers
    starts: Integers


def values_of(records: Integers, ranks: Integers, hashes: Integers, others: Integers) -> Values:
    """Return who holds which value, from two independent 64-bit hashes of it: equal in both means equal."""
    order = np.argsort(hashes)
    if _differs(ranks[order], others[order])[~_differs(hashes[order])].any():
        # Two values of one hash, perhaps in turn: ten times as slow, and next to never.
        order = np.lexsort((records, ranks, others, hashes))
    records, ranks, hashes, others = records[order], ranks[order], hashes[order], others[order]
    is_first = np.ones(len(records), dtype=bool)
    is_first[1:] = _differs(hashes, others, ranks)
    starts = np.flatnonzero(is_first)
    counts = np.diff(np.append(starts, len(records)))
    groups = np.cumsum(is_first) - 1
    return Values(records=records, ranks=ranks, hashes=hashes, groups=groups, counts=counts, starts=starts)


def by_rank(most: dict[int, int]) -> Integers:
    """Return ``most`` as an array that ranks number; a rank that is not in it may have any number."""
    return np.array([most.get(rank, np.iinfo(np.int64).max) for rank in range(ALONE + 1)])


def _differs(*columns: Integers) -> Booleans:
    """Return, from the second row on, whether any of ``columns`` says something else than the row before."""
    return np.asarray(np.any([column[1:] != column[:-1] for column in columns], axis=0))


def crowded_values(values: Values, above: dict[int, int]) -> Integers:
    """Return the numbers of the values that more records hold than ``above`` says for their rank."""
    return np.flatnonzero(values.counts > by_rank(above)[values.ranks[values.starts]])


def is_telling(values: Values, ranks: Integers, hashes: Integers) -> Booleans:
    """Return, by value, whether it joins its holders: all do but those with these ranks and hashes."""
    telling = np.ones(len(values.starts), dtype=bool)
    first_ranks, first_hashes = values.ranks[values.starts], values.hashes[values.starts]
    for rank, hash_ in zip(ranks.tolist(), hashes.tolist(), strict=True):
        holders = slice(
            np.searchsorted(first_hashes, hash_), np.searchsorted(first_hashes, hash_, side="right")
        )
        telling[holders] &= first_ranks[holders] != rank
    return telling


def edges_of(values: Values, is_telling: Booleans) -> tuple[Integers, Integers, Integers]:
    """Return (record, first holder of the same value, rank) for every further holder of a value that is telling."""
    first = values.records[values.starts][values.groups]
    joins = is_telling[values.groups] & (values.records != first)
    return values.records[joins], first[joins], values.ranks[joins]


def components(records: Integers, left: Integers, right: Integers, ranks: Integers) -> Components:
    """Return the connected components of ``records`` under the edges ``left``-``right``, each with its kind's rank."""
    records = np.sort(records)
    a, b = _places(records, left), _places(records, right)
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(records), len(records)))
    count, found = connected_components(graph, directed=False)
    first = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first, found, records)
    best = np.full(len(records), ALONE)
    np.minimum.at(best, a, ranks)
    np.minimum.at(best, b, ranks)
    return Components(
        records=records, labels=first[found], sizes=np.bincount(found, minlength=count)[found], ranks=best
    )


def full_components(found: Components, values: Values, most: dict[int, int]) -> Integers:
    """Return the labels of components that hold more values of some rank than ``most`` of it, counted with repeats."""
    rows = _places(found.records, values.records)
    is_shared = found.sizes[rows] > 1
    slots, counts = np.unique(
        found.labels[rows[is_shared]] * (ALONE + 1) + values.ranks[is_shared], return_counts=True
    )
    return np.unique(slots[counts > by_rank(most)[slots % (ALONE + 1)]] // (ALONE + 1))


def _places(records: Integers, wanted: Integers) -> NDArray[np.integer]:
    """Return where each of ``wanted`` stands among the ascending ``records``: by a table where their ids are dense.

    A search in a million takes 0.3 us each, and most of a first resolution's time here.
    """
    first, span = (int(records[0]), int(records[-1] - records[0]) + 1) if len(records) else (0, 0)
    if len(wanted) < len(records) or span > _SPARSE * len(records):
        return np.searchsorted(records, wanted)
    table = np.zeros(span, dtype=np.int32)
    table[records - first] = np.arange(len(records), dtype=np.int32)
    return table[wanted - first]
