"""Postal addresses, in parts or as one text: the street with its house number, and the place."""

import re
from collections.abc import Mapping

import numpy as np
from rapidfuzz import fuzz, process

from integrations_pipelines.entities.remembered import Remembered
from integrations_pipelines.resolution.scoring.columns import Booleans, Column, Part, joined, mixed, words
from integrations_pipelines.resolution.scoring.kind import (
    SEPARATOR,
    Keys,
    Kind,
    Outcome,
    Side,
    both,
    fields,
    levels,
    likeness,
    outcome,
    same,
    value_keys,
)
from integrations_pipelines.resolution.scoring.sounds import sound
from integrations_pipelines.resolution.scoring.transliteration import latin

FIELDS = ("street", "number", "city", "postcode", "state", "full")
ASPECTS = {
    "street": ("exact", "close", "street_alone", "other_number", "number_alone", "different"),
    "place": ("postcode", "postcode_typo", "city", "city_close", "state", "different"),
}
# Street types, directions and parts of a building, in the languages that the lists of libpostal begin with
# (https://github.com/openvenues/libpostal/tree/master/resources/dictionaries).
_TYPES = frozenset(
    """
    street st str strasse avenue ave av avenida road rd drive dr lane ln boulevard blvd bvd court ct crt
    place pl plaza square sq terrace tce ter circuit cct crescent cres cr close cl way highway hwy
    parkway pkwy rue calle via ul ulica ulitsa weg platz gasse straat laan plein parade pde grove gr
    north south east west n s e w ne nw se sw
    """.split()
)
_UNITS = re.compile(
    r"(?:\b(?:apt|appt|apartments?|unit|suite|ste|floor|fl|room|rm|no|number|bld|building|flat)\b\.?|#)\s*(?=[\w-]*\d)"
)
_UNIT = re.compile(
    r"\b(?:apt|appt|apartment|unit|suite|ste|floor|fl|room|rm|flat)\b\.?\s*#?\s*[\w-]*\d[\w-]*"
)
_BOX = re.compile(r"\bp\W{0,2}o\W{0,2}box\W*(\d+)")
_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_NUMBER = re.compile(r"(?<![\w-])(\d{1,6})(?:\s?[a-d])?(?![\w])")
_COMPOUNDS = ("strasse", "str", "straat", "gasse", "weg", "platz", "laan")
_COMPOUND = re.compile(rf"(?<=\w{{3}})(?:{'|'.join(_COMPOUNDS)})$")
_GAP = re.compile(r"[^a-z0-9]+")
# British, Canadian, then runs of five or six digits, with or without the American four.
_POSTCODE = re.compile(
    r"\b([a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}|[a-z]\d[a-z]\s*\d[a-z]\d|\d{5}(?:-?\d{4})?|\d{6})\b(?!.*\b\d{5,6}\b)"
)


def _postcode(text: str) -> str:
    code = "".join(character for character in latin(text) if character.isalnum())
    return code[:5] if len(code) == 9 and code.isdecimal() else code


def _found_postcode(text: str) -> str:
    found = _POSTCODE.search(latin(text))
    return found[1] if found and found.start() > 0 else ""


def _street_parts(street: str) -> tuple[str, str]:
    """House number, and the telling words of the street in order."""
    text = latin(street).replace("'", "")
    if "box" in text and (box := _BOX.search(text)):
        return box[1], "pobox"
    text = _ORDINAL.sub(r"\1th", _UNITS.sub(" ", _UNIT.sub(" ", text)))
    number = _NUMBER.search(text)
    rest = text if number is None else text[: number.start()] + " " + text[number.end() :]
    written = [word for word in _GAP.split(rest) if word]
    every = [_COMPOUND.sub("", word) if word.endswith(_COMPOUNDS) else word for word in written]
    telling = [word for word in every if word not in _TYPES]
    return (number[1].lstrip("0") if number else ""), " ".join(telling or every)


_parsed = Remembered(_street_parts)
_sounds = Remembered(lambda name: max(map(sound, name.split()), key=len, default=""))


def _derive(texts: list[str]) -> Mapping[str, Part]:
    street, number, city, postcode, state, full = fields(texts, len(FIELDS))
    for row in range(len(texts)):
        # An address line may hold the whole address.
        if whole := full[row] or ("" if city[row] or postcode[row] else street[row]):
            code = _found_postcode(whole)
            street[row] = "" if street[row] == whole else street[row]
            postcode[row] = postcode[row] or code
            street[row] = street[row] or (whole if not code else re.sub(re.escape(code), " ", latin(whole)))
    lines = words([f"{one} {two}".strip() for one, two in zip(number, street, strict=True)])
    cities = words(city).each(lambda name: " ".join(_GAP.split(latin(name))).strip())
    codes = words(postcode).each(_postcode)
    # Once a line, however many there are: house number and street in one text.
    parsed = lines.each(lambda line: SEPARATOR.join(_parsed[line]))
    streets = parsed.each(lambda both: both.partition(SEPARATOR)[2])
    return {
        "house": parsed.hashed(lambda both: both.partition(SEPARATOR)[0]),
        "street": streets,
        "closed": streets.hashed(lambda name: name.replace(" ", "")),
        "sound": streets.hashed(_sounds.__getitem__),
        "city": cities,
        "postcode": codes,
        "state": words(state).hashed(latin),
    }


def _street_alike(left: Side, right: Side) -> tuple[Booleans, Booleans]:
    """The same but for writing; close."""
    equal = same(left, right, "closed")
    # Another house in another street is no slip.
    asked = same(left, right, "house") | ~both(left, right, "house") | same(left, right, "sound")
    at = np.flatnonzero(both(left, right, "street") & ~equal & asked)
    near, whole = np.zeros(len(equal), dtype=np.float32), np.zeros(len(equal), dtype=np.float32)
    if len(at):
        mine, theirs = left.words("street"), right.words("street")
        a, b = mine.codes[left.values[at]], theirs.codes[right.values[at]]
        pairs, back = np.unique(a * len(theirs.texts) + b, return_inverse=True)
        one, two = np.divmod(pairs, len(theirs.texts))
        near[at] = process.cpdist(mine.texts[one], theirs.texts[two], scorer=fuzz.token_set_ratio)[back]
        whole[at] = process.cpdist(mine.texts[one], theirs.texts[two], scorer=fuzz.ratio)[back]
    return equal | (whole >= 92), (near >= 88) | (whole >= 80)


def _compare(left: Side, right: Side) -> list[Outcome]:
    equal, close = _street_alike(left, right)
    houses, house = both(left, right, "house"), same(left, right, "house")
    streets = both(left, right, "street")
    street = levels(
        ~streets & ~houses,
        equal & house,
        close & house,
        (equal | close) & ~houses,
        equal | close,
        house,
    )
    tokens = np.where(street == 0, joined(left.hashes("closed"), left.hashes("house")), left.hashes("closed"))
    return [outcome("street", street, tokens, told=3), _compare_places(left, right)]


def _compare_places(left: Side, right: Side) -> Outcome:
    codes, cities = both(left, right, "postcode"), both(left, right, "city")
    code, city = same(left, right, "postcode"), same(left, right, "city")
    city_near = likeness(left, right, "city", cities & ~city & ~code) >= 0.88
    code_near = (
        codes
        & ~code
        & (likeness(left, right, "postcode", codes & ~code) >= 0.85)
        & (city | city_near | ~cities)
    )
    state = same(left, right, "state")
    place = levels(
        ~codes & ~cities & ~both(left, right, "state"),
        code,
        code_near,
        city,
        city_near,
        state & ~codes & ~cities,
    )
    tokens = np.where(place == 0, left.hashes("postcode"), mixed(left.hashes("city"), 7))
    return outcome(
        "place", np.where((place == 5) & ~codes & ~cities & state, 4, place).astype(np.int8), tokens, told=3
    )


def _keys(column: Column) -> list[Keys]:
    part = {name: column.hashes(name) for name in ("house", "closed", "sound", "postcode", "city")}
    return [
        value_keys("postcode and house number", joined(part["postcode"], part["house"]), wide=True),
        value_keys("street and house number", joined(part["sound"], part["house"]), wide=True),
        value_keys("postcode and street", joined(part["postcode"], part["closed"]), wide=True),
        value_keys("street", part["closed"], wide=True),
    ]


def _kind(name: str) -> Kind:
    return Kind(
        name=name,
        aspects=ASPECTS,
        derive=_derive,
        compare=_compare,
        keys=_keys,
        counted=lambda column: {
            "street.0": joined(column.hashes("closed"), column.hashes("house")),
            "place.0": column.hashes("postcode"),
            "place.2": mixed(column.hashes("city"), 7),
        },
    )


# People move and share a house; an organisation's address is its site, and its branches lie elsewhere.
ADDRESS, SITE = _kind("address"), _kind("site")
