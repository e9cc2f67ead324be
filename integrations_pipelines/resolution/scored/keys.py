"""Blocking keys as numbers: the hash of the value, and in the low bits which rule made it and whether it is wide."""

from collections.abc import Sequence

import numpy as np

from integrations_pipelines.resolution.scored.model import FrozenModel
from integrations_pipelines.resolution.scored.said import Said
from integrations_pipelines.resolution.scoring.blocking import keyed
from integrations_pipelines.resolution.scoring.columns import Booleans, Integers, mixed, stable_hashes

# Seven bits of a key: rule number, and whether the rule is wide. 57 bits of hash are left: at 20 million keys the
# chance of any collision is one in a thousand, and it costs one needless comparison.
_RULES = 64
_WIDE = 64
_MARKS = 127
# How many records may share a key before it brings no pairs; a wide key says less.
MOST_NARROW, MOST_WIDE = 100, 30
# Above so many times as many, new records are not listed under the key any more: two fifths of a million people's keys.
LISTED = 4
# A record with more keys than these (a title of fifty words) keeps the first of them, in the order of their hashes.
MOST_KEYS = 64


def keys_of(said: Said, frozen: FrozenModel) -> tuple[Integers, Integers]:
    """Return (record id, key) of all records, each once, sorted by key and record."""
    salt = int(stable_hashes([frozen.entity_type.name])[0] % np.uint64(2**31))
    found: list[tuple[Integers, Integers]] = []
    for number, (_, wide, rows, hashes) in enumerate(keyed(said.records)):
        marks, there = np.uint64(number % _RULES + (_WIDE if wide else 0)), hashes != 0
        keys = (mixed(hashes[there], salt) & ~np.uint64(_MARKS)) | marks
        found.append((rows[there], keys.view(np.int64)))
    rows, joined = _once(*_joined(found))
    if np.bincount(rows).max(initial=0) > MOST_KEYS:
        kept = _first(rows, joined)
        rows, joined = _once(rows[kept], joined[kept])
    return said.ids[rows], joined


def _once(rows: Integers, keys: Integers) -> tuple[Integers, Integers]:
    """Sort by key and row, without repeats; the rows of one rule come in order."""
    order = np.argsort(keys, kind="stable")
    rows, keys = rows[order], keys[order]
    again = keys[1:] == keys[:-1]
    if (again & (rows[1:] < rows[:-1])).any():  # two values of one rule fell on one key
        order = np.lexsort((rows, keys))
        rows, keys = rows[order], keys[order]
    new = np.ones(len(keys), dtype=bool)
    new[1:] = ~again | (rows[1:] != rows[:-1])
    return rows[new], keys[new]


def is_wide(keys: Integers) -> Booleans:
    """Return whether each key is one of a wide rule."""
    return np.asarray((keys & _WIDE) != 0)


def most_of(keys: Integers) -> Integers:
    """Return how many records may share each key."""
    return np.where(is_wide(keys), MOST_WIDE, MOST_NARROW)


def _joined(found: Sequence[tuple[Integers, Integers]]) -> tuple[Integers, Integers]:
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.concatenate([rows for rows, _ in found]), np.concatenate([keys for _, keys in found])


def _first(rows: Integers, keys: Integers) -> Integers:
    """Return the places of each record's first keys, narrow ones before wide ones."""
    order = np.lexsort((keys, is_wide(keys), rows))
    starts = np.flatnonzero(np.diff(rows[order], prepend=-1) != 0)
    sizes = np.diff(np.append(starts, len(order)))
    place = np.arange(len(order)) - np.repeat(starts, sizes)
    return np.asarray(order[place < MOST_KEYS])


def is_large(keys: Integers, sizes: Integers, times: int = 1) -> Booleans:
    """Return which keys so many records share that it is more than ``times`` what their rules allow."""
    return np.asarray(sizes > most_of(keys) * times)
