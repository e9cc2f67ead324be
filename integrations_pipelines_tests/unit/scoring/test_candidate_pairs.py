"""Candidate pairs from keys: all at once or some at a time, as a look at every two records finds them."""

from itertools import combinations
from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.resolution.scored import keys, pairs
from integrations_pipelines.resolution.scored.pairs import Pairs, Shared

NARROW, WIDE = (3 << 7, 5 << 7), ((7 << 7) + 64, (9 << 7) + 64, (11 << 7) + 64)
HELD = st.lists(st.sets(st.sampled_from((*NARROW, *WIDE))), min_size=2, max_size=9)
Held = list[set[int]]


def shared(held: Held, first: int = 0) -> Shared:
    rows = sorted((key, first + number) for number, some in enumerate(held) for key in some)
    found = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return pairs.shared(found[:, 1], found[:, 0])


def expected(held: Held, first: int = 0) -> set[tuple[int, int]]:
    """Every two records that share a narrow key or two wide ones, blocks above 4 and 3 records left out."""
    size = {key: sum(key in some for some in held) for key in (*NARROW, *WIDE)}
    small = {key for key in size if size[key] <= (3 if key in WIDE else 4)}
    return {
        (first + a, first + b)
        for a, b in combinations(range(len(held)), 2)
        if sum(2 if key in NARROW else 1 for key in held[a] & held[b] & small) >= 2
    }


def as_set(*parts: Pairs) -> set[tuple[int, int]]:
    found = [pair for left, right in parts for pair in zip(left.tolist(), right.tolist(), strict=True)]
    assert len(found) == len(set(found))
    return set(found)


@given(held=HELD, together=st.integers(1, 6), first=st.sampled_from((0, 2**40)))
def test_all_pairs_are_found_once_however_many_are_looked_at_together(
    held: Held, together: int, first: int
) -> None:
    with (
        patch.object(pairs, "_TOGETHER", together),
        patch.object(keys, "MOST_WIDE", 3),
        patch.object(keys, "MOST_NARROW", 4),
    ):
        assert as_set(*pairs.pairs_of_all(shared(held, first))) == expected(held, first)


@given(held=HELD, chosen=st.sets(st.integers(0, 8)))
def test_the_pairs_of_some_are_those_of_all_that_have_one_of_them(held: Held, chosen: set[int]) -> None:
    with patch.object(keys, "MOST_WIDE", 3), patch.object(keys, "MOST_NARROW", 4):
        found = pairs.pairs_of_some(shared(held), np.array(sorted(chosen), dtype=np.int64))
        assert as_set(found) == {pair for pair in expected(held) if chosen & set(pair)}
