"""What a sketch is: a few bytes of a value, from which follows which levels two values can come to at best.

The sketches of the kinds live beside this file. They err to one side: a level that two values do come to is always
among the possible ones.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations_pipelines.resolution.scoring.columns import Booleans, Column, Hashes, Integers
from integrations_pipelines.resolution.scoring.kind import MISSING, Outcome

# The fields of a sketch: name and NumPy type.
Fields = tuple[tuple[str, str], ...]


class Rows:
    """Sketches of values, one a row: a structured array, whose fields are taken out of it when they are asked for."""

    def __init__(self, table: NDArray[Any]) -> None:
        self._table = table
        self._parts: dict[str, NDArray[Any]] = {}

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, part: str) -> NDArray[Any]:
        """Return a field of these rows."""
        if part not in self._parts:
            self._parts[part] = np.ascontiguousarray(self._table[part])
        return self._parts[part]

    def some(self, at: Integers) -> "Rows":
        """Return some of these rows."""
        return Rows(taken(self._table, at))


def taken(table: NDArray[Any], at: Integers) -> NDArray[Any]:
    """Return some rows of a structured array, which stand side by side: as bytes, ten times as fast as by field."""
    return table.view(f"V{table.itemsize}").take(at).view(table.dtype)


@dataclass(frozen=True, kw_only=True)
class Possible:
    """The levels of one aspect that pairs of values may come to, one row a pair.

    ``missing``: a side may be missing. ``tokens``: by level, of which values it is whose frequency counts; a level that
    is not there may be of any value.
    """

    missing: Booleans
    levels: tuple[Booleans, ...]
    tokens: Mapping[int, tuple[Hashes, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """The sketch of a comparison kind.

    ``take`` makes the ``fields`` of a column's values, one entry a value; ``possible`` looks at equally many of them on
    either side. ``quick`` is less sure and less work: it is asked first, where there is one.
    """

    fields: Fields
    take: Callable[[Column], Mapping[str, NDArray[Any]]]
    possible: Callable[[Rows, Rows], Mapping[str, Possible]]
    quick: Callable[[Rows, Rows], Mapping[str, Possible]] | None = None


def narrowed(hashes: Hashes, kind: str = "<u2") -> NDArray[Any]:
    """Return fewer bits of hashes: equal where these are, 0 where these are and nowhere else."""
    bits = 8 * np.dtype(kind).itemsize
    return np.where(hashes == 0, 0, np.maximum(hashes >> np.uint64(64 - bits), 1)).astype(kind)


def marks(owners: Integers, numbers: NDArray[Any], size: int) -> Hashes:
    """Return, by owner, a set of numbers as 64 bits: two sets that share a number share a bit."""
    found = np.zeros(size, dtype=np.uint64)
    bits = np.uint64(1) << (numbers.astype(np.uint64) & np.uint64(63))
    np.bitwise_or.at(found, owners, bits)
    return found


def there(one: Rows, two: Rows, part: str, other: str = "") -> Booleans:
    """Return whether a part is there on both sides; ``other`` names it on the right."""
    return np.asarray((one[part] != 0) & (two[other or part] != 0))


def agree(one: Rows, two: Rows, part: str, other: str = "") -> Booleans:
    """Return whether a part is there on both sides and may be equal; for a whole hash: is equal."""
    return np.asarray((one[part] == two[other or part]) & (one[part] != 0))


def known(found: Outcome, count: int) -> Possible:
    """Return an outcome that is known for sure, of an aspect with ``count`` levels."""
    return Possible(
        missing=found.levels == MISSING,
        levels=tuple(found.levels == level for level in range(count)),
        tokens=dict.fromkeys(range(count), (found.tokens,)),
    )
