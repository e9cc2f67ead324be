"""The sketch of names of many words: of organisations and things, of free text, of lists of people."""

from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from integrations_pipelines.resolution.scoring.columns import Column, Hashes
from integrations_pipelines.resolution.scoring.letters import SLACK, fields_of, most_overlap, spell, spelt
from integrations_pipelines.resolution.scoring.sketch import (
    Possible,
    Rows,
    Sketch,
    agree,
    marks,
    narrowed,
    there,
)


def _take(column: Column) -> Mapping[str, NDArray[Any]]:
    return {
        "closed": column.hashes("closed"),
        "sorted": narrowed(column.hashes("sorted"), "<u4"),
        "acronym": column.hashes("acronym"),
        "numbers": narrowed(column.hashes("numbers"), "<u4"),
        "words": _marked(column, "words"),
        **spell("plain", column.words("plain")),
    }


def _take_thing(column: Column) -> Mapping[str, NDArray[Any]]:
    return {**_take(column), "codes": _marked(column, "codes")}


def _marked(column: Column, part: str) -> Hashes:
    bag = column.bag(part)
    return marks(bag.owners, bag.counts.indices, len(column.texts))


def _possible(one: Rows, two: Rows) -> Mapping[str, Possible]:
    numbers = there(one, two, "numbers")
    equal = agree(one, two, "numbers")
    return {
        "words": _words(one, two),
        # The hashes are short: those that seem to agree may still not.
        "number": Possible(missing=~numbers, levels=(equal, numbers)),
    }


def _words(one: Rows, two: Rows) -> Possible:
    both, equal = there(one, two, "closed"), agree(one, two, "closed")
    some = both & ~equal
    # Without a word in common nothing but the letters speaks for the two.
    shares = (one["words"] & two["words"]) != 0
    ratio = most_overlap(spelt(one, "plain"), spelt(two, "plain"))
    acronym = agree(one, two, "acronym", "closed") | agree(one, two, "closed", "acronym")
    levels = (
        equal | (both & agree(one, two, "sorted")),
        some & (shares | (ratio >= 0.93 - SLACK)),
        some & acronym,
        some & shares,
        some & (shares | (ratio >= 0.85 - SLACK)),
        some & (shares | (ratio >= 0.75 - SLACK)),
        some & shares,
        some,
    )
    return Possible(missing=~both, levels=levels, tokens={0: (one["closed"], two["closed"])})


def _possible_things(one: Rows, two: Rows) -> Mapping[str, Possible]:
    codes = (one["codes"] != 0) & (two["codes"] != 0)
    shared = (one["codes"] & two["codes"]) != 0
    return {**_possible(one, two), "code": Possible(missing=~codes, levels=(shared, codes))}


_FIELDS = (
    ("closed", "<u8"),
    ("sorted", "<u4"),
    ("acronym", "<u8"),
    ("numbers", "<u4"),
    ("words", "<u8"),
    *fields_of("plain"),
)


def _sketch(
    take: Callable[[Column], Mapping[str, NDArray[Any]]],
    possible: Callable[[Rows, Rows], Mapping[str, Possible]],
    *more: tuple[str, str],
) -> Sketch:
    return Sketch(fields=(*_FIELDS, *more), take=take, possible=possible)


NAME = _sketch(_take, _possible)
THING = _sketch(_take_thing, _possible_things, ("codes", "<u8"))
