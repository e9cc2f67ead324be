"""Names of organisations and things, free text, lists of people: compared by their telling words and as a whole."""

import re
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from rapidfuzz import fuzz, process

from integrations_pipelines.entities.names import SUFFIXES
from integrations_pipelines.entities.organizations import LEGAL_FORMS
from integrations_pipelines.entities.remembered import Remembered
from integrations_pipelines.resolution.scoring.columns import (
    Booleans,
    Column,
    Floats,
    Hashes,
    Integers,
    Part,
    bag,
    either_way,
    mixed,
    words,
)
from integrations_pipelines.resolution.scoring.kind import (
    Keys,
    Kind,
    Outcome,
    Side,
    both,
    counted,
    levels,
    outcome,
    same,
    value_keys,
)
from integrations_pipelines.resolution.scoring.sounds import sound
from integrations_pipelines.resolution.scoring.transliteration import latin

LEVELS = ("exact", "near", "acronym", "contained", "strong", "some", "weak", "different")
CODE_LEVELS = ("same", "contradicts")
_NUMERALS = {
    numeral: str(number) for number, numeral in enumerate("i ii iii iv v vi vii viii ix x".split(), 1)
}
_GAP = re.compile(r"[^a-z0-9]+")
_SMALL = frozenset(
    "the of and for a an in on at to by with de la le les des du der die das und et y e".split()
)
_RAREST = 4


def _tokens(text: str) -> list[str]:
    return _GAP.sub(" ", latin(text).replace("&", " and ").replace("'", "").replace(".", "")).split()


def _organization(text: str) -> str:
    every = _tokens(text)
    telling = [word for word in every if word not in LEGAL_FORMS and word not in _SMALL]
    return " ".join(telling or every)


def _title(text: str) -> str:
    every = _GAP.sub(" ", latin(text).replace("'", "")).split()
    return " ".join([word for word in every if word not in _SMALL] or every)


def _people(text: str) -> str:
    """The family names of a list of people."""
    found = []
    for person in re.split(r"\s*(?:[,;|]|\band\b|&)\s*", latin(text)):
        names = [word for word in _GAP.sub(" ", person.replace("'", "")).split() if word not in SUFFIXES]
        found.extend(names[-1:])
    return " ".join(found)


# A model number has digits, and letters or some length; a year, a size or a price is none.
_CODE = re.compile(r"(?=[a-z0-9-]*\d)(?=[a-z0-9-]*[a-z])[a-z0-9][a-z0-9-]{3,}[a-z0-9]|\d{5,}")
_RUN = re.compile(r"\d{5,}")
_MEASURE = re.compile(
    r"\d+(?:x\d+|mb|gb|tb|hz|khz|mhz|ghz|mm|cm|inch|in|ft|w|watts?|v|volt|mah|btu|oz|lbs?|kg|g|ml|l|p|i|k|st|nd|rd|th|pin|ch|x|fps|dpi)"
)


def _codes(text: str) -> str:
    found = {code.replace("-", "") for code in _CODE.findall(latin(text).replace("/", " "))}
    codes = {code for code in found if not _MEASURE.fullmatch(code)}
    # Shops put letters around a maker's number: TV24775 is 24775.
    return " ".join(sorted(codes | {run for code in codes for run in _RUN.findall(code)}))


def _numbers(text: str) -> str:
    """What counts the names of a series: Lodge 5, Little Tykes II, Part 2."""
    found = [_NUMERALS.get(word, word) for word in text.split()[1:]]
    return " ".join(sorted({word.lstrip("0") for word in found if word.isdecimal() and len(word) <= 3}))


def _derive(normal: Callable[[str], str], texts: list[str]) -> Mapping[str, Part]:
    plain = words([normal(text) for text in texts])
    spoken = [plain.texts[code] for code in plain.codes]
    return {
        "plain": plain,
        "sorted": plain.each(lambda text: " ".join(sorted(text.split()))),
        "closed": plain.hashed(lambda text: text.replace(" ", "")),
        "numbers": plain.hashed(_numbers),
        "acronym": plain.hashed(_acronym),
        "words": bag(spoken),
        "sounds": bag([" ".join(map(_sounds.__getitem__, text.split())) for text in spoken]),
        "codes": bag([_codes(text) for text in texts]),
    }


_sounds = Remembered(lambda word: sound(word) if word.isalpha() else word)


def _acronym(text: str) -> str:
    parts = text.split()
    return "".join(part[0] for part in parts) if len(parts) >= 3 else ""


def _shared(left: Side, right: Side, part: str) -> tuple[Floats, Floats]:
    """Weighted Jaccard similarity and containment of two bags of words."""
    assert left.tells is not None and right.tells is not None  # noqa: S101 - the scorer always says
    pairs, back = np.unique(left.values * len(right.column.texts) + right.values, return_inverse=True)
    one, two = np.divmod(pairs, len(right.column.texts))
    (weights, mine), (_, theirs) = left.tells(left.column, part), right.tells(right.column, part)
    common = np.zeros(len(pairs))
    for start in range(0, len(pairs), 100_000):
        stop = start + 100_000
        a, b = weights[one[start:stop]], right.column.bag(part).counts[two[start:stop]]
        common[start:stop] = a.multiply(b).sum(axis=1)
    least, most = np.minimum(mine[one], theirs[two]), mine[one] + theirs[two] - common
    jaccard = np.divide(common, most, out=np.zeros_like(common), where=most > 0)
    contained = np.divide(common, least, out=np.zeros_like(common), where=least > 0)
    return jaccard[back], contained[back]


def _ratio(left: Side, right: Side, part: str, where: Booleans) -> Floats:
    result = np.zeros(len(where))
    at = np.flatnonzero(where)
    if len(at):
        mine, theirs = left.words(part), right.words(part)
        a, b = mine.codes[left.values[at]], theirs.codes[right.values[at]]
        pairs, back = np.unique(a * len(theirs.texts) + b, return_inverse=True)
        one, two = np.divmod(pairs, len(theirs.texts))
        result[at] = process.cpdist(mine.texts[one], theirs.texts[two], scorer=fuzz.ratio)[back] / 100
    return result


def _compare(left: Side, right: Side) -> list[Outcome]:
    equal = same(left, right, "closed") | same(left, right, "sorted")
    jaccard, contained = _shared(left, right, "words")
    asked = both(left, right, "plain") & ~equal
    ratio = np.maximum(_ratio(left, right, "sorted", asked), _ratio(left, right, "plain", asked))
    acronym = same(left, right, "acronym", "closed") | same(left, right, "closed", "acronym")
    level = levels(
        ~both(left, right, "plain"),
        equal,
        (ratio >= 0.93) | (jaccard >= 0.85),
        acronym,
        (contained >= 0.9) & (jaccard >= 0.25),
        (ratio >= 0.85) | (jaccard >= 0.6),
        (jaccard >= 0.35) | (contained >= 0.6) | (ratio >= 0.75),
        jaccard >= 0.12,
    )
    numbers = levels(~both(left, right, "numbers"), same(left, right, "numbers"))
    return [outcome("words", level, left.hashes("closed")), outcome("number", numbers)]


def _compare_things(left: Side, right: Side) -> list[Outcome]:
    mine, theirs = left.column.bag("codes").counts, right.column.bag("codes").counts
    count = [np.diff(counts.indptr)[side.values] for counts, side in ((mine, left), (theirs, right))]
    some = (count[0] > 0) & (count[1] > 0)
    shared = np.zeros(len(some))
    at = np.flatnonzero(some)
    if len(at):
        shared[at] = mine[left.values[at]].multiply(theirs[right.values[at]]).sum(axis=1)
    return [*_compare(left, right), outcome("code", levels(~some, shared > 0))]


def _rare_keys(column: Column) -> list[Keys]:
    """Whole names, pairs of words, and single words; the limits of blocks choose the rare ones."""
    tokens = column.bag("sounds")
    owners, hashes = tokens.owners, tokens.tokens
    first = np.flatnonzero(np.diff(owners, prepend=-1) != 0)
    pairs = _neighbours(owners, hashes)
    codes = column.bag("codes")
    return (
        [
            value_keys("name", column.hashes("closed")),
            value_keys("acronym", _acronyms(column)),
            Keys(rule="two words", values=pairs[0], hashes=pairs[1], wide=True),
            Keys(rule="word", values=owners, hashes=mixed(hashes, 5), wide=True),
            Keys(rule="code", values=codes.owners, hashes=mixed(codes.tokens, 11), wide=True),
        ]
        if len(first)
        else []
    )


def _acronyms(column: Column) -> Hashes:
    own = column.hashes("acronym")
    return np.where(own == 0, column.hashes("closed"), own)


def _neighbours(owners: Integers, hashes: Hashes) -> tuple[Integers, Hashes]:
    """Pairs of words that stand within three places of each other in sorted order."""
    found: list[tuple[Integers, Hashes]] = []
    for step in (1, 2, 3):
        inside = owners[step:] == owners[:-step]
        found.append((owners[step:][inside], either_way(hashes[step:][inside], hashes[:-step][inside])))
    return np.concatenate([one for one, _ in found]), np.concatenate([two for _, two in found])


def _kind(name: str, normal: Callable[[str], str], *, codes: bool = False, blocks: bool = True) -> Kind:
    return Kind(
        name=name,
        aspects={"words": LEVELS, "number": CODE_LEVELS} | ({"code": CODE_LEVELS} if codes else {}),
        derive=partial(_derive, normal),
        compare=_compare_things if codes else _compare,
        keys=_rare_keys if blocks else lambda _column: [],
        counted=counted(words="closed"),
    )


ORGANIZATION_NAME = _kind("organization_name", _organization)
AFFILIATION = _kind("affiliation", _organization, blocks=False)
TITLE = _kind("title", _title, codes=True)
TEXT = _kind("text", _title, codes=True, blocks=False)
PEOPLE = _kind("people", _people)
