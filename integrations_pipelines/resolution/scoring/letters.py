"""Letters of a text as one number: enough to say of two texts, unread, that they cannot be alike.

Everything here errs to one side: never fewer possible agreements than there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations_pipelines.resolution.scoring.columns import Booleans, Floats, Hashes, Integers, Words
from integrations_pipelines.resolution.scoring.sketch import Rows

# Letters share this many buckets, of each of which it is kept whether a text has one and whether it has two.
_BUCKETS = 32
_PREFIX = 4
_TOGETHER = 65_536
LONGEST = 65_535
# Similarities come as 32-bit floats.
SLACK = 1e-4

# What a field of letters is made of, in a sketch.
SPELT = (("letters", "<u8"), ("size", "<u2"), ("start", "<u4"))


@dataclass(frozen=True)
class Spelt:
    """Texts, one a row: the letters that they have, how many, and the first four."""

    letters: Hashes
    size: Integers
    start: Integers


def spelt(rows: Rows, part: str) -> Spelt:
    """Return the texts of a ``part`` in rows of a sketch."""
    return Spelt(rows[f"{part}_letters"], rows[f"{part}_size"].astype(np.int64), rows[f"{part}_start"])


def fields_of(part: str) -> list[tuple[str, str]]:
    """Return the fields that ``spell`` makes of a part, by name and type."""
    return [(f"{part}_{name}", kind) for name, kind in SPELT]


def spell(part: str, words: Words) -> dict[str, NDArray[Any]]:
    """Return the fields of a part's texts, by value."""
    texts = words.texts.tolist()
    found = [_spelt(texts[first : first + _TOGETHER]) for first in range(0, len(texts), _TOGETHER)]
    names = [name for name, _ in fields_of(part)]
    return {
        name: np.concatenate([one[number] for one in found])[words.codes] if found else np.zeros(0, np.uint64)
        for number, name in enumerate(names)
    }


def _spelt(texts: Sequence[str]) -> tuple[Hashes, Integers, Integers]:
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    # Code points, not bytes: a slip is one of them.
    points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
    places = np.repeat(np.arange(len(texts)), sizes) * _BUCKETS + points % _BUCKETS
    counts = np.bincount(places, minlength=len(texts) * _BUCKETS).reshape(-1, _BUCKETS)
    one, two = (
        np.packbits(counts >= least, axis=1, bitorder="little").view("<u4").ravel().astype(np.uint64)
        for least in (1, 2)
    )
    padded = np.append(points, np.zeros(_PREFIX, dtype=np.int64))
    firsts = np.cumsum(sizes) - sizes
    start = np.zeros(len(texts), dtype=np.int64)
    for place in range(_PREFIX):
        start |= np.where(sizes > place, padded[firsts + place] & 255, 0) << (8 * place)
    return one | two << np.uint64(_BUCKETS), np.minimum(sizes, LONGEST), start


def fewest_slips(one: Spelt, two: Spelt) -> Integers:
    """Return the least number of insertions, deletions, substitutions and swaps between two texts.

    A slip takes away one letter that the other text has not, at most.
    """
    return np.maximum(*_missed(one, two))


def have_same_letters(one: Spelt, two: Spelt) -> Booleans:
    """Return whether two texts may be made of the same letters."""
    return np.asarray((one.letters == two.letters) & (one.size == two.size))


def most_likeness(one: Spelt, two: Spelt) -> Floats:
    """Return the highest Jaro-Winkler similarity that two texts may have; 0 where one is missing.

    Source: Winkler (1990): a third of each of common letters by length, on either side, and of those in order; a tenth
    of what is missing to 1 for each of up to four letters that both begin with.
    """
    common = _common(one, two)
    least, most = np.maximum(one.size, 1), np.maximum(two.size, 1)
    jaro = np.where(common > 0, (common / least + common / most + 1) / 3, 0.0)
    winkler = jaro + np.minimum(_same_start(one, two), common) * 0.1 * (1 - jaro)
    return _unless_long(one, two, winkler)


def most_overlap(one: Spelt, two: Spelt) -> Floats:
    """Return the highest share of letters that stand in both texts in one order: 1 for equal ones."""
    whole = np.maximum(one.size + two.size, 1)
    return _unless_long(one, two, 2 * _common(one, two) / whole)


def _unless_long(one: Spelt, two: Spelt, likeness: Floats) -> Floats:
    return np.where(np.maximum(one.size, two.size) >= LONGEST, 1.0, likeness)


def _common(one: Spelt, two: Spelt) -> Integers:
    mine, theirs = _missed(one, two)
    return np.asarray(np.maximum(np.minimum(one.size - mine, two.size - theirs), 0))


def _missed(one: Spelt, two: Spelt) -> tuple[Integers, Integers]:
    """How many letters of each text are certainly not in the other."""
    mine = np.bitwise_count(one.letters & ~two.letters).astype(np.int64)
    theirs = np.bitwise_count(two.letters & ~one.letters).astype(np.int64)
    return np.maximum(mine, one.size - two.size), np.maximum(theirs, two.size - one.size)


def _same_start(one: Spelt, two: Spelt) -> Integers:
    """How many letters two texts may begin with alike, four at most."""
    differs = one.start ^ two.start
    same, count = np.ones(len(differs), dtype=bool), np.zeros(len(differs), dtype=np.int64)
    for place in range(_PREFIX):
        same &= (differs >> np.uint32(8 * place)) & np.uint32(255) == 0
        count += same
    return count
