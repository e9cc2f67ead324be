"""What a comparison kind is: how values are prepared, compared and blocked. The kinds live beside this file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler
from scipy.sparse import csr_array

from integrations_pipelines.resolution.scoring.columns import (
    Booleans,
    Column,
    Floats,
    Hashes,
    Integers,
    Levels,
    Part,
    Words,
)

# Parts of one value (given name, family name) travel as one text, parted by this.
SEPARATOR = "\x1f"
MISSING = -1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How pairs of values compare in one aspect.

    ``levels`` index the aspect's levels in the model, -1 where a side is missing. ``tokens`` are hashes of what both
    sides share where a term frequency may apply, else 0.
    """

    aspect: str
    levels: Levels
    tokens: Hashes


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Blocking keys: ``hashes`` of ``values``. ``wide`` keys count only where few records share one."""

    rule: str
    values: Integers
    hashes: Hashes
    wide: bool = False


# Of a column's bag: each word with its weight, and the sum of these by value.
Telling: TypeAlias = Callable[[Column, str], "tuple[csr_array, Floats]"]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of comparison. ``aspects`` name their levels, from the surest agreement to plain difference.

    ``derive`` turns distinct texts into parts; ``compare`` takes two columns and equally long arrays of their values;
    ``keys`` makes blocking keys by value. ``counted`` gives, by "aspect.level", the tokens whose frequency counts.
    """

    name: str
    aspects: Mapping[str, tuple[str, ...]]
    derive: Callable[[list[str]], Mapping[str, Part]]
    compare: Callable[["Side", "Side"], list[Outcome]]
    keys: Callable[[Column], list[Keys]]
    counted: Callable[[Column], Mapping[str, Hashes]]


@dataclass(frozen=True)
class Side:
    """One side of many value pairs: a column, the values of it, and how much each word tells (None: all alike)."""

    column: Column
    values: Integers
    tells: Telling | None = None

    def hashes(self, part: str) -> Hashes:
        """The hashes of a text part."""
        return self.column.hashes(part)[self.values]

    def words(self, part: str) -> Words:
        """A text part of the whole column."""
        return self.column.words(part)

    def numbers(self, part: str) -> NDArray[Any]:
        """A number part of these values."""
        return self.column.numbers(part)[self.values]


def same(left: Side, right: Side, part: str, other: str = "") -> Booleans:
    """Whether a text part is there on both sides and equal; ``other`` names the part on the right."""
    mine = left.hashes(part)
    return np.asarray((mine == right.hashes(other or part)) & (mine != 0))


def both(left: Side, right: Side, part: str) -> Booleans:
    """Whether a text part is there on both sides."""
    return np.asarray((left.hashes(part) != 0) & (right.hashes(part) != 0))


def likeness(left: Side, right: Side, part: str, where: Booleans, other: str = "") -> NDArray[np.float32]:
    """Jaro-Winkler similarity of a text part, 0 outside ``where``."""
    return _compared(left, right, (part, other or part), where, JaroWinkler.similarity)


def typing_errors(
    left: Side, right: Side, part: str, where: Booleans, other: str = ""
) -> NDArray[np.float32]:
    """Insertions, deletions, substitutions and swaps of neighbours between text parts; 99 outside ``where``."""
    found = _compared(left, right, (part, other or part), where, OSA.distance)
    return np.where(where, found, np.float32(99))


def _compared(
    left: Side, right: Side, parts: tuple[str, str], where: Booleans, scorer: Callable[..., float]
) -> NDArray[np.float32]:
    result = np.zeros(len(where), dtype=np.float32)
    at = np.flatnonzero(where)
    if len(at):
        mine, theirs = left.words(parts[0]), right.words(parts[1])
        a, b = mine.codes[left.values[at]], theirs.codes[right.values[at]]
        pairs, back = np.unique(a * len(theirs.texts) + b, return_inverse=True)
        one, two = np.divmod(pairs, len(theirs.texts))
        found = process.cpdist(mine.texts[one], theirs.texts[two], scorer=scorer, dtype=np.float32)
        result[at] = found[back]
    return result


def levels(missing: Booleans, *conditions: Booleans) -> Levels:
    """The number of the first condition that holds, ``len(conditions)`` where none does, -1 where missing."""
    found = np.select([missing, *conditions], [MISSING, *range(len(conditions))], default=len(conditions))
    return np.asarray(found, dtype=np.int8)


def outcome(aspect: str, level: Levels, tokens: Hashes | None = None, told: int = 1) -> Outcome:
    """An outcome whose first ``told`` levels keep their tokens."""
    kept = np.zeros(len(level), dtype=np.uint64) if tokens is None else tokens
    return Outcome(
        aspect=aspect, levels=level, tokens=np.where((level >= 0) & (level < told), kept, np.uint64(0))
    )


def value_keys(rule: str, hashes: Hashes, *, wide: bool = False) -> Keys:
    """Keys of all values, in order."""
    return Keys(rule=rule, values=np.arange(len(hashes)), hashes=hashes, wide=wide)


def fields(texts: Sequence[str], count: int) -> list[list[str]]:
    """The fields of composed texts, as ``count`` columns."""
    split = pc.split_pattern(pa.array(texts, pa.string()), SEPARATOR)
    if pc.any(pc.not_equal(pc.list_value_length(split), count)).as_py():
        rows = split.to_pylist()
        return [[row[number] if number < len(row) else "" for row in rows] for number in range(count)]
    flat = split.flatten().to_numpy(zero_copy_only=False)
    return [flat[number::count].tolist() for number in range(count)]


def no_keys(_column: Column) -> list[Keys]:
    """For kinds that never block."""
    return []


def counted(**parts: str) -> Callable[[Column], Mapping[str, Hashes]]:
    """Frequencies of text parts at the first level of each aspect."""
    return lambda column: {f"{aspect}.0": column.hashes(part) for aspect, part in parts.items()}
