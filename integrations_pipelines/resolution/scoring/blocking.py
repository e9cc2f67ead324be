"""Which pairs are worth a score: those that share a key few others share. What is skipped is counted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from integrations_pipelines.resolution.scoring.columns import Column, Hashes, Integers, distinct, joined
from integrations_pipelines.resolution.scoring.kind import Keys
from integrations_pipelines.resolution.scoring.records import Records
from integrations_pipelines.resolution.scoring.register import COMPARISON_KINDS

# Keys across comparisons: (kind, part) with (kind, part).
_CROSSED = (
    ("date", "text", "person_name", "initial"),
    ("date", "text", "person_name", "family_initial"),
    ("date", "in_month", "person_name", "initial"),
    ("date", "in_month", "address", "city"),
    ("address", "postcode", "person_name", "initial"),
    ("address", "postcode", "person_name", "family_initial"),
    ("address", "city", "person_name", "family"),
    ("address", "city", "person_name", "first"),
)


# By rule, how many records may share a key before it is skipped. Frozen with the statistics, so that whether two
# records are a candidate pair does not depend on who else arrived.
Limits: TypeAlias = Mapping[str, int]
# A key that says less may be shared by fewer; and no rule brings more pairs than these for each record.
_MOST_NARROW, _MOST_WIDE = 400, 60
_NARROW_PAIRS, _WIDE_PAIRS = 2, 1
_ALWAYS_PAIRS = 200_000


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """Candidate pairs, left before right, sorted; by rule, how many pairs it found and how many it skipped."""

    left: Integers
    right: Integers
    found: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Index:
    """One rule's keys of all records, sorted by key."""

    rule: str
    wide: bool
    hashes: Hashes
    records: Integers


def indexes(records: Records) -> list[Index]:
    """The keys of ``records`` by rule, ready to be looked up."""
    return [_index(rule, wide, owners, hashes) for rule, wide, owners, hashes in keyed(records)]


def _index(rule: str, wide: bool, owners: Integers, hashes: Hashes) -> Index:
    there = hashes != 0
    owners, hashes = owners[there], hashes[there]
    order = np.lexsort((owners, hashes))
    owners, hashes = owners[order], hashes[order]
    new = np.ones(len(owners), dtype=bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (owners[1:] != owners[:-1])
    return Index(rule=rule, wide=wide, hashes=hashes[new], records=owners[new])


def keyed(records: Records) -> Iterator[tuple[str, bool, Integers, Hashes]]:
    """Yield each rule, whether it is wide, and its keys: rows in ascending order, and hashes, 0 for none."""
    for comparison in records.scheme:
        column = records.columns[comparison.name]
        for keys in COMPARISON_KINDS[comparison.kind].keys(column):
            yield f"{comparison.name}: {keys.rule}", keys.wide, *_by_record(column, keys)
    kinds = {comparison.kind: records.columns[comparison.name] for comparison in reversed(records.scheme)}
    for one, part, two, other in _CROSSED:
        if one in kinds and two in kinds:
            left, right = (
                _first_held(kinds[kind], kinds[kind].hashes(name))
                for kind, name in ((one, part), (two, other))
            )
            # The family name's first letter and the given name's share a space: they may be swapped.
            yield f"{part} and {other}", True, np.arange(records.size), joined(left, right)


def _by_record(column: Column, keys: Keys) -> tuple[Integers, Hashes]:
    """Keys of values as keys of the records that hold them."""
    if len(keys.values) == len(column.texts) and (keys.values == np.arange(len(keys.values))).all():
        return column.owners, keys.hashes[column.ids]
    order = np.argsort(keys.values, kind="stable")
    values, hashes = keys.values[order], keys.hashes[order]
    first, last = np.searchsorted(values, column.ids), np.searchsorted(values, column.ids, side="right")
    sizes = last - first
    return np.repeat(column.owners, sizes), hashes[_ranges(first, sizes)]


def _first_held(column: Column, hashes: Hashes) -> Hashes:
    """The hash of each record's first value; 0 where it has none."""
    result = np.zeros(len(column.starts) - 1, dtype=np.uint64)
    has = column.counts > 0
    result[has] = hashes[column.ids[column.starts[:-1][has]]]
    return result


def _ranges(first: Integers, sizes: Integers) -> Integers:
    """The numbers first, first + 1, ... of each range, one range after the other."""
    ends = np.cumsum(sizes)
    return np.repeat(first - ends + sizes, sizes) + np.arange(ends[-1] if len(ends) else 0)


def block_limits(kept: Sequence[Index], size: int) -> Limits:
    """The limits for data like this: the largest blocks that keep each rule within its number of pairs."""
    return {index.rule: _limit(index, size) for index in kept}


def _limit(index: Index, size: int) -> int:
    most, each = (_MOST_WIDE, _WIDE_PAIRS) if index.wide else (_MOST_NARROW, _NARROW_PAIRS)
    counts = np.bincount(np.minimum(_runs(index)[1], most + 1), minlength=most + 2)[: most + 1]
    pairs = np.cumsum(counts * np.arange(most + 1) * (np.arange(most + 1) - 1) // 2)
    return int(np.flatnonzero(pairs <= max(_ALWAYS_PAIRS, each * size))[-1])


def pairs_within(records: Records, limits: Limits, kept: Sequence[Index] | None = None) -> Blocks:
    """Candidate pairs of ``records`` among themselves; ``kept`` are its indexes, where they are known."""
    found, skipped, codes = {}, {}, []
    for index in indexes(records) if kept is None else kept:
        left, right, skipped[index.rule] = _pairs_of(index, limits.get(index.rule, 0))
        low, high = np.minimum(left, right), np.maximum(left, right)
        codes.append(distinct(low * records.size + high))
        found[index.rule] = len(codes[-1])
    return _blocks(codes, records.size, found, skipped)


def _blocks(codes: list[Integers], size: int, found: dict[str, int], skipped: dict[str, int]) -> Blocks:
    every = distinct(np.concatenate(codes)) if codes else np.zeros(0, dtype=np.int64)
    left, right = np.divmod(every, size) if size else (every, every)
    return Blocks(
        left=left, right=right, found=found, skipped={rule: count for rule, count in skipped.items() if count}
    )


def _runs(index: Index) -> tuple[Integers, Integers]:
    """Where each key's records start, and how many there are."""
    if not len(index.hashes):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.concatenate(([True], index.hashes[1:] != index.hashes[:-1])))
    return starts, np.diff(np.append(starts, len(index.hashes)))


def _pairs_of(index: Index, most: int) -> tuple[Integers, Integers, int]:
    starts, sizes = _runs(index)
    large = sizes > most
    skipped = int((sizes[large] * (sizes[large] - 1) // 2).sum())
    starts, sizes = starts[~large & (sizes > 1)], sizes[~large & (sizes > 1)]
    # Record i of a block of s pairs with the s - 1 - i records after it.
    places = _ranges(np.zeros(len(sizes), dtype=np.int64), sizes)
    rows = np.repeat(starts, sizes) + places
    partners = np.repeat(sizes, sizes) - 1 - places
    return np.repeat(index.records[rows], partners), index.records[_ranges(rows + 1, partners)], skipped


def pairs_between(
    left: Records,
    right: Records,
    limits: Limits,
    right_indexes: Sequence[Index] | None = None,
    left_indexes: Sequence[Index] | None = None,
) -> Blocks:
    """Candidate pairs of ``left`` with ``right``; indexes may be kept from call to call."""
    known = {index.rule: index for index in (indexes(right) if right_indexes is None else right_indexes)}
    found, skipped, codes = {}, {}, []
    for index in indexes(left) if left_indexes is None else left_indexes:
        other = known.get(index.rule)
        if other is not None:
            one, two, skipped[index.rule] = _looked_up(index, other, limits.get(index.rule, 0))
            codes.append(distinct(one * right.size + two))
            found[index.rule] = len(codes[-1])
    return _blocks(codes, right.size, found, skipped)


def _looked_up(index: Index, other: Index, most: int) -> tuple[Integers, Integers, int]:
    first = np.searchsorted(other.hashes, index.hashes)
    sizes = np.searchsorted(other.hashes, index.hashes, side="right") - first
    skipped = int(sizes[sizes > most].sum())
    sizes = np.where(sizes > most, 0, sizes)
    return np.repeat(index.records, sizes), other.records[_ranges(first, sizes)], skipped
