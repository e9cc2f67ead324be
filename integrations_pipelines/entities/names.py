"""Keys that names are compared by in the exact tier: family name, initial and family name, organisation's core name.

Nicknames, transliteration and scores belong to the scored tier, not here.
"""

import re
import unicodedata
from collections.abc import Sequence

from integrations_pipelines.entities.remembered import Remembered

# Forms of address and academic titles that lead a name; those of the second list only with their dot, because without
# it they are names (Hon, Ing). Source: the lists of nameparser (titles), trimmed to what stands in CRM exports.
TITLES = frozenset(
    "mr mrs ms miss mx mister dr doctor prof professor sir dame lord lady rev reverend sr sra srta herr frau mme mlle "
    "monsieur madame dott dipl-ing dhr mevr signor signora senor senora".split()
)
DOTTED_TITLES = frozenset("hon mag fr ing sig".split())
# Generations, degrees and honours that follow a name; those of the second list only after a comma (Ma, Do, Pe).
SUFFIXES = frozenset(
    "jr jnr junior sr snr senior ii iii iv phd ph.d dphil dds dvm esq esquire mba msc bsc cpa cfa llm llb obe mbe cbe "
    "kbe".split()
)
COMMA_SUFFIXES = SUFFIXES | frozenset("md do pe rn np jd ma ba pa v".split())
# Words that belong to the family name that follows. Source: CLDR person names, "surname prefix"
# (https://cldr.unicode.org/translation/miscellaneous-person-name-formats): Dutch, German, Romance, Arabic, Celtic.
PARTICLES = frozenset(
    "van von der den de del della delle di da das do dos du des la le el al bin ibn ben abu ter ten te zu zum zur vom "
    "af av st san santa mac mc ap op 't".split()
)
_MARKS = TITLES | SUFFIXES | PARTICLES
_ASIDE = re.compile(r"\([^)]*\)|\"[^\"]*\"|“[^”]*”")
# Letters that Unicode does not decompose. Source: ICU Latin-ASCII (CLDR transforms).
_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
_ACCENTS = re.compile("[\u0300-\u036f]")


def fold(text: str) -> str:
    """``text`` in lower case without Latin accents; letters of other scripts stay."""
    if text.isascii():
        return text.lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold())).translate(_LETTERS)


def _word(written: str) -> str:
    """A word as the lists above have it."""
    return fold(written).strip(".,")


def _is_title(written: str) -> bool:
    word = _word(written)
    return word in TITLES or (word in DOTTED_TITLES and written.endswith("."))


def _core(written: str) -> list[str]:
    """The words of a name without leading titles and trailing suffixes; at least one stays."""
    words = [word for word in _ASIDE.sub(" ", written).split() if word.strip(".,;")]
    while len(words) > 1 and _is_title(words[0]):
        words = words[1:]
    while len(words) > 1 and _word(words[-1]) in SUFFIXES:
        words = words[:-1]
    return words


def split_name(name: str) -> tuple[str, str]:
    """Given and family name as written, without titles and suffixes; ("", word) for a single word.

    "Smith, John" is turned round; particles go with the family name ("Jan", "van der Berg").
    """
    head, comma, tail = name.partition(",")
    if (
        comma
        and tail.strip()
        and not all(_word(word) in SUFFIXES for word in re.split(r"[\s,]+", tail.strip()))
    ):
        return " ".join(_core(tail.rstrip(","))), " ".join(_core(head))
    words = [word.rstrip(",") for word in _core(head if comma else name)]
    start = len(words) - 1
    while start > 1 and _word(words[start - 1]) in PARTICLES:
        start -= 1
    return " ".join(words[: max(start, 0)]), " ".join(words[max(start, 0) :])


def _family(name: str) -> str:
    words = split_name(name)[1].split()
    return _letters(words[-1]) if words else ""


def _initial(given: str) -> str:
    words = _core(given)
    return _letters(words[0])[:1] if words else ""


def _letters(word: str) -> str:
    return fold(word).strip(".,;'\"’") or fold(word)


family_keys = Remembered(_family)
_initials = Remembered(_initial)


def family_key(name: str) -> str:
    """The family name alone, folded and without particles: "berg" for "Dr. Jan van der Berg" and for "Van der Berg".

    Of several family names the last counts, because sources do not agree on where given names end.
    """
    return family_keys[name]


def person_key(given: str, family: str) -> str:
    """``name_key`` of a name that comes in parts."""
    return f"{_initials[given]} {family_keys[family]}"


def _plain_initial(given: str) -> str:
    return fold(given)[:1] if given.isalpha() and fold(given) not in _MARKS else ""


def _plain_family(family: str) -> str:
    return fold(family) if family.isalpha() and fold(family) not in _MARKS else ""


# The same keys for single words of letters alone that are no title, suffix or particle; "" for all others.
_plain_initials = Remembered(_plain_initial)
_plain_families = Remembered(_plain_family)


def split_names(names: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Given name, family name and ``name_key`` of each name, as columns. Two plain words take a short way."""
    parts = [name.partition(" ") for name in names]
    givens, families = [part[0] for part in parts], [part[2] for part in parts]
    initials = [_plain_initials[given] for given in givens]
    keys = [_plain_families[family] for family in families]
    name_keys = [f"{initial} {key}" for initial, key in zip(initials, keys, strict=True)]
    if not (all(initials) and all(keys)):
        for row, (initial, key) in enumerate(zip(initials, keys, strict=True)):
            if not (initial and key):
                givens[row], families[row], name_keys[row] = _split_and_key(names[row])
    return givens, families, name_keys


def _split_and_key(name: str) -> tuple[str, str, str]:
    given, family = split_name(name)
    return given, family, person_key(given, family) if given else family_key(name)


def name_key(name: str) -> str:
    """First initial and family name ("j smith"): names that differ here count as different names.

    Coarse on purpose: "J. Smith", "John Smith" and "Smith, John" are one. A single word stands for itself.
    """
    return name_keys[name]


name_keys = Remembered(lambda name: split_names((name,))[2][0])
