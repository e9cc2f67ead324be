"""Candidate pairs from keys: two records that share a narrow key, or several wide ones. Pure, on arrays."""

import numpy as np

from integrations_pipelines.resolution.scored.keys import is_wide, most_of
from integrations_pipelines.resolution.scoring.columns import Integers

# One wide key shared says little: of candidates by one alone, one in fifty thousand is a match, and they are four
# fifths of all.
_WIDE_NEEDED = 2


def large_blocks(keys: Integers) -> tuple[Integers, Integers]:
    """Return the keys that more records share than their rule allows, and how many share each; ``keys`` are sorted."""
    starts = np.flatnonzero(np.diff(keys, prepend=~keys[:1]) != 0)
    sizes = np.diff(np.append(starts, len(keys)))
    large = sizes > most_of(keys[starts])
    return keys[starts[large]], sizes[large]


def pairs_of_all(records: Integers, keys: Integers) -> tuple[Integers, Integers]:
    """Return the candidate pairs among all records: (smaller id, larger id). ``keys`` are sorted, then ``records``."""
    starts = np.flatnonzero(np.diff(keys, prepend=~keys[:1]) != 0)
    sizes = np.diff(np.append(starts, len(keys)))
    kept = (sizes > 1) & (sizes <= most_of(keys[starts]))
    starts, sizes = starts[kept], sizes[kept]
    # Record i of a block of s pairs with the s - 1 - i records after it.
    places = _ranges(np.zeros(len(sizes), dtype=np.int64), sizes)
    rows = np.repeat(starts, sizes) + places
    partners = np.repeat(sizes, sizes) - 1 - places
    left, right = np.repeat(rows, partners), _ranges(rows + 1, partners)
    return candidates(records[left], records[right], is_wide(keys[left]))


def candidates(
    one: Integers, other: Integers, wide: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> tuple[Integers, Integers]:
    """Return the pairs that share enough, once each; every row of the input is one key that a pair shares."""
    known = np.unique(np.concatenate((one, other)))
    left, right = (
        np.searchsorted(known, np.minimum(one, other)),
        np.searchsorted(known, np.maximum(one, other)),
    )
    codes = left * max(len(known), 1) + right
    order = np.argsort(codes, kind="stable")
    codes, points = codes[order], np.where(wide[order], 1, _WIDE_NEEDED)
    starts = np.flatnonzero(np.diff(codes, prepend=-1) != 0)
    enough = np.add.reduceat(points, starts) >= _WIDE_NEEDED if len(starts) else np.zeros(0, dtype=bool)
    a, b = np.divmod(codes[starts[enough]], max(len(known), 1))
    return known[a], known[b]


def _ranges(first: Integers, sizes: Integers) -> Integers:
    """The numbers first, first + 1, ... of each range, one range after the other."""
    ends = np.cumsum(sizes)
    return np.repeat(first - ends + sizes, sizes) + np.arange(ends[-1] if len(ends) else 0)
