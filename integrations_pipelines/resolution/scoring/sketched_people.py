"""The sketch of a person's name: which names may be one, without reading them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations_pipelines.resolution.scoring.columns import Booleans, Column
from integrations_pipelines.resolution.scoring.letters import (
    SLACK,
    fewest_slips,
    fields_of,
    have_same_letters,
    most_likeness,
    spell,
    spelt,
)
from integrations_pipelines.resolution.scoring.people import CLOSE, ENDS, SIMILAR
from integrations_pipelines.resolution.scoring.sketch import (
    Possible,
    Rows,
    Sketch,
    agree,
    marks,
    narrowed,
    there,
)

_SPELT = ("given", "first", "family")
_SHORT = (
    "closed", "last", "front", "maiden", "given_sound", "family_sound", "initial", "family_initial",
)  # fmt: skip


def _take(column: Column) -> Mapping[str, NDArray[Any]]:
    size = len(column.texts)
    groups = column.numbers("groups")
    owners, places = np.nonzero(groups)
    found: dict[str, NDArray[Any]] = {name: column.hashes(name) for name in _SPELT}
    for name in _SHORT:
        found[name] = narrowed(column.hashes(name))
    for name in _SPELT:
        found |= spell(name, column.words(name))
    return found | {
        "groups": marks(owners, groups[owners, places], size),
        "generation": column.numbers("generation"),
        "is_long": column.numbers("given_sound length") >= 2,
        "is_family_long": column.numbers("family_sound length") >= 2,
    }


def _possible(one: Rows, two: Rows) -> Mapping[str, Possible]:
    crossed = _crossed(one, two)
    return {
        "family": _family(one, two, crossed),
        "given": _given(one, two, crossed),
        "generation": _generation(one, two),
    }


def _quick(one: Rows, two: Rows) -> Mapping[str, Possible]:
    """By equal names alone: of all others anything is possible."""
    family, given = agree(one, two, "family"), agree(one, two, "given")
    anything = ~there(one, two, "family"), ~there(one, two, "given")
    closed = family | agree(one, two, "closed")
    return {
        "family": Possible(
            missing=anything[0],
            levels=(closed, *[~family] * 6),
            tokens={0: (one["family"], two["family"])},
        ),
        "given": Possible(
            missing=anything[1],
            levels=(given, ~given, ~given, ~given, ~given, ~family, ~given, ~given),
            tokens={0: (one["first"], two["first"])},
        ),
        "generation": _generation(one, two),
    }


def _family(one: Rows, two: Rows, crossed: Booleans) -> Possible:
    equal = agree(one, two, "family")
    close, similar = _alike(one, two, "family", "family")
    shared = np.logical_or.reduce([agree(one, two, *ends) for ends in ENDS])
    sounds = agree(one, two, "family_sound") & one["is_family_long"]
    crossed = crossed & ~equal
    some = there(one, two, "family") & ~equal
    return Possible(
        missing=~there(one, two, "family"),
        levels=(
            equal | agree(one, two, "closed"),
            close & some,
            shared & some,
            sounds & some,
            crossed,
            similar & some,
            some,
        ),
        tokens={0: (one["family"], two["family"])},
    )


def _given(one: Rows, two: Rows, crossed: Booleans) -> Possible:
    equal, first = agree(one, two, "given"), agree(one, two, "first")
    crossed = crossed & ~agree(one, two, "family")
    some = there(one, two, "given") & ~equal
    close, similar = _alike(one, two, "first", "first")
    whole = _alike(one, two, "given", "given")
    short = (one["first_size"] == 1) | (two["first_size"] == 1)
    return Possible(
        missing=~there(one, two, "given"),
        levels=(
            equal,
            some & ~first & ((one["groups"] & two["groups"]) != 0),
            some & first,
            some & agree(one, two, "initial") & short,
            some & (close | whole[0]),
            crossed,
            some & (similar | whole[1] | (agree(one, two, "given_sound") & one["is_long"])),
            some,
        ),
        tokens={0: (one["first"], two["first"])},
    )


def _generation(one: Rows, two: Rows) -> Possible:
    mine, theirs = one["generation"], two["generation"]
    missing = (mine == 0) | (theirs == 0)
    return Possible(missing=missing, levels=(~missing & (mine == theirs), ~missing & (mine != theirs)))


def _crossed(one: Rows, two: Rows) -> Booleans:
    """Whether given and family name may have changed places: both ways, or one way and the other is missing."""
    begins = agree(one, two, "initial", "family_initial") | agree(one, two, "family_initial", "initial")
    there_and_back = [
        agree(one, two, mine, theirs) | _alike(one, two, mine, theirs)[0]
        for mine, theirs in (("given", "family"), ("family", "given"))
    ]
    alone = [~there(one, two, mine, theirs) for mine, theirs in (("given", "family"), ("family", "given"))]
    return (
        begins
        & (there_and_back[0] | alone[0])
        & (there_and_back[1] | alone[1])
        & (there_and_back[0] | there_and_back[1])
    )


def _alike(one: Rows, two: Rows, part: str, other: str) -> tuple[Booleans, Booleans]:
    """Whether parts that are not equal may be close, and whether they may be similar."""
    mine, theirs = spelt(one, part), spelt(two, other)
    asked = there(one, two, part, other)
    near, slips = most_likeness(mine, theirs), fewest_slips(mine, theirs)
    longest = np.maximum(mine.size, theirs.size)
    allowed = np.select([longest >= 8, longest >= 5], [2, 1], default=0)
    close = (slips <= allowed) | ((near >= CLOSE - SLACK) & (slips <= 2) & (longest >= 5))
    return asked & (close | have_same_letters(mine, theirs)), asked & (near >= SIMILAR - SLACK)


PERSON_NAME = Sketch(
    fields=(
        *((name, "<u8") for name in _SPELT),
        *((name, "<u2") for name in _SHORT),
        *(one for name in _SPELT for one in fields_of(name)),
        ("groups", "<u8"),
        ("generation", "<u1"),
        ("is_long", "?"),
        ("is_family_long", "?"),
    ),
    take=_take,
    possible=_possible,
    quick=_quick,
)
