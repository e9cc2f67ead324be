"""Columns of values ready to be compared: each distinct one once, with what was worked out of it. No comparing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

Integers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Levels = NDArray[np.int8]

_LONGEST = 512
# Bytes that cost as much one by one as a step through the table costs at the least.
_A_STEP = 200
_TABLE = np.random.default_rng(20260806).integers(1, 2**63, size=(_LONGEST, 256), dtype=np.uint64)
# Bags of words share one space of this many buckets, so that two tables need no common vocabulary.
BUCKETS = 1 << 24


def stable_hashes(texts: Sequence[str] | NDArray[np.object_]) -> Hashes:
    """A 64-bit hash of each text, the same in every process; 0 for an empty one. Looks at the first 512 bytes.

    Simple tabulation, because it is one gather and one sum over all bytes. Source: Patrascu and Thorup, "The Power of
    Simple Tabulation Hashing", https://arxiv.org/abs/1011.5200
    """
    if not len(texts):
        return np.zeros(0, dtype=np.uint64)
    packed = pa.array(texts, pa.large_string())
    offsets = np.frombuffer(packed.buffers()[1], dtype=np.int64)[: len(texts) + 1]
    if offsets[-1] == 0:
        return np.zeros(len(texts), dtype=np.uint64)
    data = np.frombuffer(packed.buffers()[2], dtype=np.uint8)[: offsets[-1]]
    starts, sizes = offsets[:-1], np.minimum(np.diff(offsets), _LONGEST)
    return (_gathered if sizes.sum() < _A_STEP * sizes.max() else _tabulated)(data, starts, sizes)


def _gathered(data: NDArray[np.uint8], starts: Integers, sizes: Integers) -> Hashes:
    """Hash a few texts, all their bytes at once: as many steps as the longest has bytes would take longer."""
    full = sizes > 0
    first = np.cumsum(sizes) - sizes
    places = np.arange(sizes.sum()) - np.repeat(first, sizes)
    bytes_ = data.take(places + np.repeat(starts, sizes))
    sums = np.zeros(len(sizes), dtype=np.uint64)
    sums[full] = np.add.reduceat(_TABLE.ravel().take(places * 256 + bytes_), first[full])
    return sums


def _tabulated(data: NDArray[np.uint8], starts: Integers, sizes: Integers) -> Hashes:
    """Hash all texts byte by byte, the longest first: of the table no more than a row is in use at a time."""
    order = np.argsort(-sizes, kind="stable")
    starts, ending = starts[order], np.cumsum(np.bincount(sizes))
    sums = np.zeros(len(starts), dtype=np.uint64)
    for place in range(len(ending) - 1):
        longer = len(starts) - ending[place]
        sums[:longer] += _TABLE[place].take(data.take(starts[:longer] + place))
    result = np.empty_like(sums)
    result[order] = sums
    return result


def mixed(hashes: Hashes, salt: int) -> Hashes:
    """Other hashes, equal where these are equal; 0 stays 0. The finaliser of splitmix64."""
    value = hashes + np.uint64((salt * 0x9E3779B97F4A7C15 + 1) & (2**64 - 1))
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.where(hashes == 0, np.uint64(0), value ^ (value >> np.uint64(31)))


def joined(*parts: Hashes) -> Hashes:
    """One hash of several, in this order; 0 where any is 0."""
    total = mixed(parts[0], 0)
    for number, part in enumerate(parts[1:], 1):
        both = (total != 0) & (part != 0)
        total = np.where(both, mixed(total, 100 + number) + mixed(part, number), np.uint64(0))
    return total


def either_way(left: Hashes, right: Hashes) -> Hashes:
    """One hash of two in any order; 0 where either is 0."""
    return joined(np.minimum(left, right), np.maximum(left, right))


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text a value. ``codes`` point into ``texts``, where "" is missing; ``hashes`` are by value.

    A part that nobody reads, but only asks whether it is equal, is a part of hashes alone: ``hashed``.
    """

    codes: Integers
    texts: NDArray[np.object_]
    hashes: Hashes

    def of(self, values: Integers) -> list[str]:
        """The texts of these values."""
        return list(self.texts[self.codes[values]])

    def each(self, derive: Callable[[str], str]) -> "Words":
        """Words derived from these; ``derive`` is called once a distinct text."""
        derived = self._derived(derive)
        texts = np.empty(len(derived), dtype=object)
        texts[:] = derived
        return _words(texts, self.codes)

    def hashed(self, derive: Callable[[str], str]) -> Hashes:
        """The hash of what is derived from each value's text; ``derive`` is called as by ``each``."""
        hashes = stable_hashes(self._derived(derive))
        return hashes[self.codes] if len(self.codes) else hashes[:0]

    def measured(self) -> Integers:
        """The length of each value's text."""
        sizes = np.fromiter(map(len, self.texts), np.int64, len(self.texts))
        return np.asarray(sizes[self.codes]) if len(self.codes) else sizes[:0]

    def _derived(self, derive: Callable[[str], str]) -> list[str]:
        return [derive(text) if text else "" for text in self.texts.tolist()]


def words(texts: Sequence[str | None]) -> Words:
    """The texts of a column's values, each distinct one kept once."""
    packed = pa.array(texts, pa.string()).fill_null("").dictionary_encode()
    return _words(_objects(packed.dictionary), packed.indices.to_numpy().astype(np.int64))


def _words(texts: NDArray[np.object_], codes: Integers) -> Words:
    hashes = stable_hashes(texts)
    return Words(codes=codes, texts=texts, hashes=hashes[codes] if len(codes) else hashes[:0])


@dataclass(frozen=True, kw_only=True)
class Bag:
    """The words of each value: ``counts`` has a row a value and a column a bucket of the word's hash."""

    counts: csr_array
    tokens: Hashes = field(repr=False)

    @property
    def owners(self) -> Integers:
        """The value that each token stands in."""
        return np.repeat(np.arange(self.counts.shape[0]), np.diff(self.counts.indptr))


def bag(texts: Sequence[str]) -> Bag:
    """The distinct words of each text, which are parted by single spaces."""
    lists = [sorted(set(text.split())) for text in texts]
    sizes = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
    hashes = words([word for one in lists for word in one]).hashes
    places = np.repeat(np.arange(len(lists)), sizes) * BUCKETS + (hashes % np.uint64(BUCKETS)).astype(
        np.int64
    )
    # In order and without a bucket twice: scipy multiplies such rows by merging, others through a dense row.
    places, at = np.unique(places, return_index=True)
    owners, buckets = np.divmod(places, BUCKETS)
    starts = np.concatenate(
        (np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(owners, minlength=len(lists))))
    )
    counts = csr_array((np.ones(len(buckets)), buckets, starts), shape=(len(lists), BUCKETS))
    return Bag(counts=counts, tokens=hashes[at])


def distinct(numbers: Integers) -> Integers:
    """The distinct numbers, sorted: by sorting, which is faster than the hash table of ``numpy.unique``."""
    ordered = np.sort(numbers)
    keep = np.ones(len(ordered), dtype=bool)
    keep[1:] = ordered[1:] != ordered[:-1]
    return ordered[keep]


def among(records: Integers, chosen: Integers) -> Booleans:
    """Return which of many numbers are among ``chosen``, which ascend."""
    if not len(chosen):
        return np.zeros(len(records), dtype=bool)
    at = np.minimum(np.searchsorted(chosen, records), len(chosen) - 1)
    return np.asarray(chosen[at] == records)


Part = Words | Bag | NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Column:
    """The values that each record has for one comparison.

    ``texts`` are the distinct values as written; record r holds ``ids[starts[r]:starts[r + 1]]``.
    ``parts`` are by value.
    """

    texts: NDArray[np.object_]
    starts: Integers
    ids: Integers
    parts: Mapping[str, Part]

    @property
    def counts(self) -> Integers:
        """How many values each record has."""
        return np.diff(self.starts)

    @property
    def owners(self) -> Integers:
        """The record that each held value belongs to."""
        return np.repeat(np.arange(len(self.starts) - 1), self.counts)

    @cached_property
    def text_hashes(self) -> Hashes:
        """A hash of each distinct value as written."""
        return stable_hashes(self.texts)

    def hashes(self, part: str) -> Hashes:
        """The hashes of a part of text, by value."""
        found = self.parts[part]
        return found.hashes if isinstance(found, Words) else self.numbers(part)

    def words(self, part: str) -> Words:
        """A part of text."""
        found = self.parts[part]
        assert isinstance(found, Words)  # noqa: S101 - narrows the union; kinds know their own parts
        return found

    def bag(self, part: str) -> Bag:
        """A part of many words."""
        found = self.parts[part]
        assert isinstance(found, Bag)  # noqa: S101 - as above
        return found

    def numbers(self, part: str) -> NDArray[Any]:
        """A part of numbers."""
        found = self.parts[part]
        assert isinstance(found, np.ndarray)  # noqa: S101 - as above
        return found


def column(
    slots: Sequence[pa.StringArray | Sequence[str | None]],
    derive: Callable[[list[str]], Mapping[str, Part]],
) -> Column:
    """The column of one or more ``slots``, each a text or None a record; ``derive`` gets the distinct texts."""
    size = len(slots[0])
    flat = pa.chunked_array([pa.array(slot, pa.string()) for slot in slots]).combine_chunks()
    packed = flat.dictionary_encode()
    codes = packed.indices.fill_null(-1).to_numpy().astype(np.int64)
    held = np.flatnonzero(codes >= 0)
    owners, ids = (held if len(slots) == 1 else held % max(size, 1)), codes[held]
    if len(slots) > 1:
        width = max(len(packed.dictionary), 1)
        owners, ids = np.divmod(distinct(owners * width + ids), width)
    starts = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(owners, minlength=size))))
    texts = _objects(packed.dictionary)
    return Column(texts=texts, starts=starts, ids=ids, parts=derive(texts.tolist()))


def _objects(texts: pa.StringArray) -> NDArray[np.object_]:
    return np.asarray(texts.to_numpy(zero_copy_only=False), dtype=object)
