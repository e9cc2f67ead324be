"""People's names: given name, family name, generation; in any order, with initials, short forms and spellings."""

import re
from collections.abc import Mapping

import numpy as np

from integrations_pipelines.entities.names import PARTICLES, SUFFIXES, TITLES, split_name
from integrations_pipelines.entities.remembered import Remembered
from integrations_pipelines.resolution.scoring.columns import (
    Booleans,
    Column,
    Hashes,
    Integers,
    Part,
    Words,
    either_way,
    joined,
    words,
)
from integrations_pipelines.resolution.scoring.kind import (
    Keys,
    Kind,
    Outcome,
    Side,
    both,
    counted,
    fields,
    levels,
    likeness,
    outcome,
    same,
    typing_errors,
    value_keys,
)
from integrations_pipelines.resolution.scoring.nicknames import group_table
from integrations_pipelines.resolution.scoring.sounds import sound
from integrations_pipelines.resolution.scoring.transliteration import latin

FIELDS = ("given", "middle", "family", "full", "suffix")
ASPECTS = {
    "family": ("exact", "close", "shared", "sounds", "swapped", "similar", "different"),
    "given": ("exact", "variant", "first", "initial", "close", "swapped", "similar", "different"),
    "generation": ("same", "contradicts"),
}
_GAP = re.compile(r"[^a-z0-9']+")
_GENERATIONS = {
    "sr": 1, "snr": 1, "senior": 1, "i": 1, "jr": 2, "jnr": 2, "junior": 2, "ii": 2, "iii": 3, "iv": 4,
}  # fmt: skip
_LAST_LETTERS = frozenset(word[-1] for word in _GENERATIONS)
_MARKS = TITLES | SUFFIXES
CLOSE, SIMILAR = 0.92, 0.82
# Where a family name may stand once more: as one of two, or before the married name.
ENDS = (
    ("last", "last"), ("front", "front"), ("last", "front"), ("front", "last"), ("last", "maiden"), ("maiden", "last"),
)  # fmt: skip


def _words_of(name: str) -> list[str]:
    return [word for word in _GAP.sub(" ", latin(name)).replace("'", "").split() if word not in _MARKS]


def _given(name: str) -> str:
    found = _words_of(name)
    # "Morris I": a generation, not an initial, is told by its place alone; either way it does not name him.
    return " ".join(found[:-1] if len(found) > 1 and found[-1] in _GENERATIONS else found)


def _family(name: str) -> str:
    found = _words_of(name)
    telling = [word for word in found if word not in PARTICLES and (len(word) > 1 or len(found) == 1)]
    return " ".join(telling or found)


def _ends_otherwise(letter: str) -> bool:
    """Whether a name that ends in this letter says no generation; told apart for four names of five without reading."""
    return letter.isascii() and letter.isalnum() and letter.lower() not in _LAST_LETTERS


def _generation(name: str) -> int:
    """1 for the first or senior, 2 for the second or junior, ...; 0 where the name does not end in one."""
    if " " not in name or _ends_otherwise(name[-1]):
        return 0
    found = _GAP.sub(" ", latin(name)).split()
    return _GENERATIONS.get(found[-1], 0) if len(found) > 1 else 0


def _generations_of(names: Words) -> Integers:
    said = np.fromiter(map(_generation, names.texts), np.int64, len(names.texts))
    return np.asarray(said[names.codes])


_sounds, _givens, _families = Remembered(sound), Remembered(_given), Remembered(_family)
_LETTERED = ("given", "first", "family")


def _letters(name: str) -> str:
    """The letters in order of the alphabet: typing fingers change their places."""
    return "".join(sorted(name))


def _split(whole: str) -> tuple[str, str]:
    """Given and family name; Chinese names have no space, and the family name first."""
    if " " not in whole and " " in (spoken := latin(whole)):
        family, _, given = spoken.partition(" ")
        return given, family
    return split_name(whole)


def _derive(texts: list[str]) -> Mapping[str, Part]:
    given, middle, family, full, suffix = fields(texts, len(FIELDS))
    for row, whole in enumerate(full):
        if whole and not (given[row] and family[row]):
            first, last = _split(whole)
            given[row], family[row] = given[row] or first, family[row] or last
    givens = [f"{one} {two}" if two else one for one, two in zip(given, middle, strict=True)]
    written = [
        words(column) for column in (givens, family, full, [f"x {text}" if text else "" for text in suffix])
    ]
    first_names = written[0].each(_givens.__getitem__)
    families = written[1].each(_families.__getitem__)
    firsts = first_names.each(lambda name: name.partition(" ")[0])
    given_sounds = firsts.each(_sounds.__getitem__)
    family_sounds = families.each(lambda name: _sounds[name.rpartition(" ")[2]])
    return {
        "given": first_names,
        "first": firsts,
        "maiden": first_names.hashed(lambda name: name.rpartition(" ")[2] if " " in name else ""),
        "given_sound": given_sounds.hashes,
        "initial": firsts.hashed(lambda name: name[:1]),
        "groups": group_table(list(firsts.texts))[firsts.codes] if len(firsts.codes) else group_table([]),
        "length": firsts.measured(),
        "family": families,
        "closed": families.hashed(lambda name: name.replace(" ", "")),
        "last": families.hashed(lambda name: name.rpartition(" ")[2]),
        "front": families.hashed(lambda name: name.partition(" ")[0]),
        "family_sound": family_sounds.hashes,
        "family_initial": families.hashed(lambda name: name[:1]),
        "generation": np.max([_generations_of(names) for names in written], axis=0),
        "given_sound length": given_sounds.measured(),
        "family_sound length": family_sounds.measured(),
        **{
            f"{name} length": part.measured()
            for name, part in zip(_LETTERED, (first_names, firsts, families), strict=True)
        },
        **{
            f"{name} letters": part.hashed(_letters)
            for name, part in zip(_LETTERED, (first_names, firsts, families), strict=True)
        },
    }


def _like(left: Side, right: Side, part: str, other: str = "") -> tuple[Booleans, Booleans, Booleans]:
    """Equal; close; similar."""
    equal = same(left, right, part, other)
    mine, theirs = left.hashes(part), right.hashes(other or part)
    asked = ~equal & (mine != 0) & (theirs != 0)
    near = likeness(left, right, part, asked, other)
    maybe = asked & (near >= SIMILAR - 0.1)
    slips = typing_errors(left, right, part, maybe, other)
    longest = np.maximum(_lengths(left, part), _lengths(right, other or part))
    # Short names one slip apart are most often two names: Mary, Mark, Mara.
    allowed = np.select([longest >= 8, longest >= 5], [2, 1], default=0)
    mixed_up = same(left, right, f"{part} letters", f"{other or part} letters") & (longest >= 4)
    close = mixed_up & ~equal | (slips <= allowed) | ((near >= CLOSE) & (slips <= 2) & (longest >= 5))
    return equal, close, near >= SIMILAR


def _lengths(side: Side, part: str) -> Integers:
    return np.asarray(side.numbers(f"{part} length"))


def _variants(left: Side, right: Side, where: Booleans) -> Booleans:
    """Whether the first names may be one name, by the table of short forms."""
    mine, theirs = left.numbers("groups"), right.numbers("groups")
    at = np.flatnonzero(where & (mine[:, 0] != 0) & (theirs[:, 0] != 0))
    one, two = mine[at], theirs[at]
    shared = np.zeros(len(where), dtype=bool)
    shared[at] = ((one[:, :, None] == two[:, None, :]) & (one[:, :, None] != 0)).any(axis=(1, 2))
    return shared


def _swapped(left: Side, right: Side, straight: Booleans) -> Booleans:
    """Whether given and family name changed places; asked only where they do not agree as they stand."""
    begins = same(left, right, "initial", "family_initial") | same(left, right, "family_initial", "initial")
    at = np.flatnonzero(~straight & begins)
    result = np.zeros(len(straight), dtype=bool)
    one, two = _some(left, at), _some(right, at)
    crossed = [_like(one, two, "given", "family"), _like(one, two, "family", "given")]
    agrees = [equal | close for equal, close, _ in crossed]
    alone = [(one.hashes("given") == 0) | (two.hashes("family") == 0)]
    alone.append((one.hashes("family") == 0) | (two.hashes("given") == 0))
    result[at] = (agrees[0] & (agrees[1] | alone[1])) | (agrees[1] & alone[0])
    return result


def _compare(left: Side, right: Side) -> list[Outcome]:
    equal, close, similar = _like(left, right, "family")
    family_missing = ~both(left, right, "family")
    equal |= same(left, right, "closed")
    ends = [same(left, right, *one) for one in ENDS]
    shared = np.logical_or.reduce(ends)
    sounds = same(left, right, "family_sound") & _long_sound(left, "family_sound")
    given = _given_levels(left, right)
    crossed = _swapped(left, right, equal | close | shared)
    family = levels(
        family_missing & ~crossed, equal, close & ~crossed, shared, sounds & ~crossed, crossed, similar
    )
    given_level = np.where(crossed, ASPECTS["given"].index("swapped"), given).astype(np.int8)
    return [
        outcome("family", family, left.hashes("family")),
        outcome("given", given_level, left.hashes("first")),
        outcome("generation", _generations(left, right)),
    ]


def _some(side: Side, at: Integers) -> Side:
    return Side(side.column, side.values[at])


def _several(side: Side) -> Booleans:
    """Whether there are several given names."""
    return np.asarray(side.hashes("given") != side.hashes("first"))


def _long_sound(side: Side, part: str) -> Booleans:
    return np.asarray(_lengths(side, part) >= 2)


def _given_levels(left: Side, right: Side) -> "np.ndarray[tuple[int], np.dtype[np.int8]]":
    first_equal, close, similar = _like(left, right, "first")
    equal = same(left, right, "given")
    at = np.flatnonzero((_several(left) | _several(right)) & ~equal & ~first_equal)
    _, close[at], similar[at] = _like(_some(left, at), _some(right, at), "given")
    initial = same(left, right, "initial") & ((left.numbers("length") == 1) | (right.numbers("length") == 1))
    sounds = same(left, right, "given_sound") & _long_sound(left, "given_sound")
    return levels(
        ~both(left, right, "given"),
        equal,
        _variants(left, right, ~first_equal),
        first_equal,
        initial,
        close,
        np.zeros_like(equal),
        similar | sounds,
    )


def _generations(left: Side, right: Side) -> "np.ndarray[tuple[int], np.dtype[np.int8]]":
    mine, theirs = left.numbers("generation"), right.numbers("generation")
    return levels((mine == 0) | (theirs == 0), mine == theirs)


def _keys(column: Column) -> list[Keys]:
    part: dict[str, Hashes] = {
        name: column.hashes(name)
        for name in (
            "first",
            "initial",
            "last",
            "given_sound",
            "family_sound",
            "family_initial",
            "family",
            "front",
        )
    }
    return [
        value_keys("first and last name", either_way(part["first"], part["last"])),
        value_keys("first and front name", either_way(part["first"], part["front"])),
        value_keys("sound of both names", either_way(part["given_sound"], part["family_sound"])),
        value_keys("family name and initial", joined(part["family"], part["initial"]), wide=True),
        value_keys(
            "sound of family name and initial", joined(part["family_sound"], part["initial"]), wide=True
        ),
        value_keys(
            "sound of given name and initial", joined(part["given_sound"], part["family_initial"]), wide=True
        ),
        # In either place: a name alone in its column may be the other one.
        Keys(
            rule="a name",
            values=np.tile(np.arange(len(part["family"])), 2),
            hashes=np.concatenate((part["family"], part["first"])),
            wide=True,
        ),
    ]


PERSON_NAME = Kind(
    name="person_name",
    aspects=ASPECTS,
    derive=_derive,
    compare=_compare,
    keys=_keys,
    counted=counted(family="family", given="first"),
)
