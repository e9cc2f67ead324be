"""Candidate pairs from keys: two records that share a narrow key, or several wide ones. Pure, on arrays."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from integrations_pipelines.resolution.scored.keys import is_large, is_wide
from integrations_pipelines.resolution.scoring.columns import Booleans, Integers, among

# One wide key shared says little: of candidates by one alone, one in fifty thousand is a match, and they are four
# fifths of all.
_WIDE_NEEDED = 2
# Shared keys looked at together: what bounds memory where all pairs are made.
_TOGETHER = 4_000_000
# Two ids and a mark in one 64-bit number sort many times faster than as three columns.
_ID_BITS = 31

Pairs = tuple[Integers, Integers]


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Who shares which key: one row a record and key, sorted by key; ``starts`` and ``sizes`` are by key."""

    records: Integers
    keys: Integers
    starts: Integers
    sizes: Integers

    @property
    def is_large(self) -> Booleans:
        """Which keys, by number, more records share than their rule allows."""
        return is_large(self.keys[self.starts], self.sizes)


def shared(records: Integers, keys: Integers) -> Shared:
    """Return rows that are sorted by key, with where each key begins."""
    starts = _run_starts(keys)
    return Shared(records=records, keys=keys, starts=starts, sizes=np.diff(np.append(starts, len(keys))))


def pairs_of_all(found: Shared) -> Iterator[Pairs]:
    """Yield the candidate pairs among all records, (smaller id, larger id), some at a time and each once.

    The rows of a key are sorted by record.
    """
    kept = (found.sizes > 1) & ~found.is_large
    starts, sizes = found.starts[kept], found.sizes[kept]
    # All keys of one pair stand with its first record.
    rows, partners = _partners(starts, sizes)
    order = np.argsort(found.records[rows], kind="stable")
    rows, partners = rows[order], partners[order]
    for part in _slices(found.records[rows], np.cumsum(partners)):
        left, right = np.repeat(rows[part], partners[part]), _ranges(rows[part] + 1, partners[part])
        yield candidates(found.records[left], found.records[right], is_wide(found.keys[left]))


def pairs_of_some(found: Shared, chosen: Integers) -> Pairs:
    """Return the candidate pairs of the records ``chosen`` (ascending ids) with all others and among themselves."""
    mine = among(found.records, chosen)
    kept = np.repeat(~found.is_large, found.sizes) & mine
    rows = np.flatnonzero(kept)
    blocks = np.searchsorted(found.starts, rows, side="right") - 1
    sizes = found.sizes[blocks]
    left, right = np.repeat(rows, sizes), _ranges(found.starts[blocks], sizes)
    once = ~mine[right] | (right > left)
    left, right = left[once], right[once]
    return candidates(found.records[left], found.records[right], is_wide(found.keys[left]))


def pairs_within(found: Shared, keys: Integers) -> Pairs:
    """Return all pairs that share one of ``keys``, whatever else they share: (smaller id, larger id)."""
    kept = np.isin(found.keys[found.starts], keys)
    rows, partners = _partners(found.starts[kept], found.sizes[kept])
    left, right = found.records[np.repeat(rows, partners)], found.records[_ranges(rows + 1, partners)]
    return candidates(left, right, np.zeros(len(left), dtype=bool))


def candidates(one: Integers, other: Integers, wide: Booleans) -> Pairs:
    """Return the pairs that share enough, once each; every row of the input is one key that a pair shares."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    if not len(high):
        return low, high
    if int(high.max()) < 2**_ID_BITS:
        return _enough(low, high, wide)
    known = np.unique(np.concatenate((low, high)))
    a, b = _enough(np.searchsorted(known, low), np.searchsorted(known, high), wide)
    return known[a], known[b]


def _partners(starts: Integers, sizes: Integers) -> Pairs:
    """The rows of blocks, and how many rows after it each pairs with: record i of s with the s - 1 - i after it."""
    places = _ranges(np.zeros(len(sizes), dtype=np.int64), sizes)
    return np.repeat(starts, sizes) + places, np.repeat(sizes, sizes) - 1 - places


def _enough(low: Integers, high: Integers, wide: Booleans) -> Pairs:
    codes = np.sort(low << (_ID_BITS + 1) | high << 1 | wide)
    pairs = codes >> 1
    starts = _run_starts(pairs)
    points = np.add.reduceat(np.where(codes & 1, 1, _WIDE_NEEDED), starts)
    found = pairs[starts[points >= _WIDE_NEEDED]]
    return found >> _ID_BITS, found & (2**_ID_BITS - 1)


def _slices(records: Integers, cumulated: Integers) -> Iterator[slice]:
    """Rows of some records each, in order, of no more than ``_TOGETHER`` pairs where a record has fewer."""
    start = 0
    while start < len(records):
        before = cumulated[start - 1] if start else 0
        stop = int(np.searchsorted(cumulated, before + _TOGETHER, side="right"))
        # No record is parted: all keys that a pair shares are counted together.
        if stop < len(records):
            first = int(np.searchsorted(records, records[stop]))
            stop = first if first > start else int(np.searchsorted(records, records[stop], side="right"))
        yield slice(start, stop)
        start = stop


def _run_starts(values: Integers) -> Integers:
    first = np.ones(len(values), dtype=bool)
    first[1:] = values[1:] != values[:-1]
    return np.flatnonzero(first)


def _ranges(first: Integers, sizes: Integers) -> Integers:
    """The numbers first, first + 1, ... of each range, one range after the other."""
    ends = np.cumsum(sizes)
    return np.repeat(first - ends + sizes, sizes) + np.arange(ends[-1] if len(ends) else 0)
