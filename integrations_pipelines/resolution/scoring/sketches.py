"""Records as sketches, and the most that two of them can weigh: what a pair is worth reading for.

Most candidates share a name, a day or a street with the record that they are found by, and nothing else. That is told
from a few bytes a record, side by side in one array, without a text being read.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from integrations_pipelines.resolution.scoring import (
    sketched_contacts,
    sketched_people,
    sketched_places,
    sketched_titles,
    sketched_values,
)
from integrations_pipelines.resolution.scoring.columns import Column, Floats, Hashes, Integers
from integrations_pipelines.resolution.scoring.records import Comparison, Records, Scheme
from integrations_pipelines.resolution.scoring.sketch import Possible, Rows, Sketch, taken
from integrations_pipelines.resolution.scoring.weighing import Weighing

# What sketches are made of: another number where a kind's fields, or what they mean, are others.
VERSION = 1
SKETCHES: Mapping[str, Sketch] = MappingProxyType(
    {
        "person_name": sketched_people.PERSON_NAME,
        "organization_name": sketched_titles.NAME,
        "affiliation": sketched_titles.NAME,
        "title": sketched_titles.THING,
        "text": sketched_titles.THING,
        "people": sketched_titles.NAME,
        "address": sketched_places.ADDRESS,
        "site": sketched_places.ADDRESS,
        "date": sketched_values.DATE,
        "email": sketched_contacts.EMAIL,
        "phone": sketched_contacts.PHONE,
        "domain": sketched_values.DOMAIN,
        "identifier": sketched_contacts.IDENTIFIER,
        "exclusive_identifier": sketched_contacts.IDENTIFIER,
        "amount": sketched_values.AMOUNT,
        "year": sketched_values.YEAR,
        "category": sketched_values.CATEGORY,
    }
)
# By comparison (its place in the scheme), a structured array with a row a record.
Sketches: TypeAlias = Mapping[str, NDArray[Any]]
Look: TypeAlias = Callable[[Rows, Rows], Mapping[str, Possible]]
# How many values a record has for a comparison, as far as it matters: of several, none is kept.
_HELD, _ONE, _SEVERAL = "held", 1, 2
# Sums of floats differ in the last bits with their order.
_SLACK = 1e-6


def sketched(records: Records) -> Sketches:
    """Return a sketch of each record."""
    return {
        name: _taken(records.columns[one.name], SKETCHES[one.kind]) for name, one in _named(records.scheme)
    }


def as_rows(sketches: Sketches) -> NDArray[np.void]:
    """Return each record's sketch as one value of some hundred bytes, as it is stored."""
    parts = [column.view(np.uint8).reshape(len(column), column.itemsize) for column in sketches.values()]
    rows = np.concatenate(parts, axis=1)
    return rows.view(f"V{rows.shape[1]}").ravel()


def from_rows(rows: NDArray[np.void], scheme: Scheme) -> Sketches:
    """Return the sketches of ``as_rows``."""
    whole = np.ascontiguousarray(rows).view(np.uint8).reshape(len(rows), size_of(scheme))
    found, first = {}, 0
    for name, comparison in _named(scheme):
        kind = _type(SKETCHES[comparison.kind])
        part = whole[:, first : first + kind.itemsize]
        found[name] = np.ascontiguousarray(part).view(kind).ravel()
        first += kind.itemsize
    return found


def some(sketches: Sketches, at: Integers) -> Sketches:
    """Return the sketches of some records."""
    return {name: taken(column, at) for name, column in sketches.items()}


def size_of(scheme: Scheme) -> int:
    """Return how many bytes a record's sketch has."""
    return sum(_type(SKETCHES[comparison.kind]).itemsize for comparison in scheme)


def _named(scheme: Scheme) -> list[tuple[str, Comparison]]:
    return [(f"c{number}", comparison) for number, comparison in enumerate(scheme)]


def _type(sketch: Sketch) -> np.dtype[Any]:
    return np.dtype([(_HELD, "u1"), *sketch.fields])


def _taken(column: Column, sketch: Sketch) -> NDArray[Any]:
    rows = np.zeros(len(column.starts) - 1, dtype=_type(sketch))
    rows[_HELD] = np.minimum(column.counts, _SEVERAL)
    alone = np.flatnonzero(rows[_HELD] == _ONE)
    values, parts = column.ids[column.starts[alone]], sketch.take(column)
    for name, _ in sketch.fields:
        rows[name][alone] = parts[name][values]
    return rows


class Ceiling:
    """The most that pairs of records of a scheme can weigh by a model, in bits; guards only ever take from it."""

    def __init__(self, scheme: Scheme, weighing: Weighing) -> None:
        self._weighing = weighing
        self._comparisons = dict(_named(scheme))
        self._highest = {name: self._highest_of(one) for name, one in self._comparisons.items()}
        quick = [(name, _sketch(one).quick) for name, one in self._comparisons.items()]
        # What is more work comes last, where few pairs are left.
        self._looks: list[tuple[str, Look]] = [
            *((name, look) for name, look in quick if look is not None),
            *((name, _sketch(self._comparisons[name]).possible) for name, look in quick if look is None),
            *((name, _sketch(self._comparisons[name]).possible) for name, look in quick if look is not None),
        ]

    def reaching(self, sketches: Sketches, pairs: tuple[Integers, Integers], bits: float) -> Integers:
        """Return the places of the pairs (rows of ``sketches``) that may weigh ``bits`` or more."""
        kept = np.arange(len(pairs[0]))
        most: dict[str, Floats] = {
            name: np.full(len(kept), highest) for name, highest in self._highest.items()
        }
        for name, look in self._looks:
            sides = [Rows(taken(sketches[name], side[kept])) for side in pairs]
            most[name] = self._most(name, look, *sides)
            still = self._weighing.prior + sum(most.values()) >= bits - _SLACK
            kept, most = kept[still], {one: values[still] for one, values in most.items()}
        return kept

    def _most(self, name: str, look: Look, left: Rows, right: Rows) -> Floats:
        """The most that a comparison can weigh, by pair; that of two lists of values is not looked into."""
        fewer, more = np.minimum(left[_HELD], right[_HELD]), np.maximum(left[_HELD], right[_HELD])
        found = np.where((fewer > 0) & (more > _ONE), self._highest[name], 0.0)
        at = np.flatnonzero((fewer == _ONE) & (more == _ONE))
        if len(at):
            for aspect, levels in look(left.some(at), right.some(at)).items():
                found[at] += self._best(self._comparisons[name], aspect, levels)
        return found

    def _highest_of(self, comparison: Comparison) -> float:
        """The most that a comparison can weigh, whatever the values are."""
        return sum(self._highest_level(comparison, aspect) for aspect in self._weighing.aspects(comparison))

    def _highest_level(self, comparison: Comparison, aspect: str) -> float:
        table = self._weighing.table(comparison, aspect)
        rarities = [self._weighing.most_rarity(comparison, aspect, level) for level in range(len(table) - 1)]
        return max(0.0, float((table[:-1] + rarities).max()))

    def _best(self, comparison: Comparison, aspect: str, possible: Possible) -> Floats:
        """The weight of the best level that is possible; 0 where a side is missing."""
        table = self._weighing.table(comparison, aspect)
        best = np.where(possible.missing, 0.0, -np.inf)
        rare = self._weighing.rare(comparison, aspect)
        for level, where in enumerate(possible.levels):
            at = np.flatnonzero(where)
            weights = np.full(len(at), table[level])
            if level in rare:
                weights += self._rarity(
                    comparison, aspect, level, [t[at] for t in possible.tokens.get(level, ())]
                )
            best[at] = np.maximum(best[at], weights)
        return best

    def _rarity(
        self, comparison: Comparison, aspect: str, level: int, tokens: Sequence[Hashes]
    ) -> Floats | float:
        """The most that the frequency of one of the ``tokens`` adds; of any value where there are none."""
        if not tokens:
            return self._weighing.most_rarity(comparison, aspect, level)
        each = [
            np.where(one != 0, self._weighing.rarity(comparison, aspect, level, one), 0.0) for one in tokens
        ]
        return np.asarray(np.maximum.reduce(each))


def _sketch(comparison: Comparison) -> Sketch:
    return SKETCHES[comparison.kind]
