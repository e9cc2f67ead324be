"""A column's heading as words, and the attribute that these say. Pure."""

import re
import unicodedata

from integrations_pipelines.entities.presets import ENTITY_TYPES
from integrations_pipelines.resolution.match.headings import (
    ANY_HEADINGS,
    CONTACTS,
    ENGLISH,
    HEADINGS,
    IDENTIFIERS,
    OWN,
    READS_AS,
    SHARED_HEADINGS,
)

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_GAP = re.compile(r"[^a-z0-9]+")
_SMALL = frozenset({"de", "du", "di", "da", "del", "la", "le", "der", "die", "das", "van", "het", "the"})


def words_of(column: str) -> str:
    """The words of ``column`` in small letters, joined by _; those of other languages and run together in English."""
    folded = unicodedata.normalize("NFKD", column.replace("ß", "ss"))
    plain = "".join(character for character in folded if not unicodedata.combining(character))
    words = [word for word in _GAP.split(_HUMP.sub("_", plain).lower()) if word and word not in _SMALL]
    return "_".join(_english(words))


def _english(words: list[str]) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(words):
        pair = "".join(words[at : at + 2])
        if at + 1 < len(words) and pair in ENGLISH and pair != "birthday":
            found.append(ENGLISH[pair])
            at += 2
        else:
            found.append(ENGLISH.get(words[at], words[at]))
            at += 1
    return found


def attribute_of_heading(column: str, entity_type: str) -> str | None:
    """What ``column`` is by its heading: an attribute, "ignored", or None where the heading says nothing."""
    name = words_of(column)
    own = HEADINGS.get(READS_AS.get(entity_type, entity_type), ())
    for pattern, attribute in (*IDENTIFIERS, *SHARED_HEADINGS, *own, *CONTACTS, *ANY_HEADINGS):
        if re.fullmatch(pattern, name):
            return f"{name}:identifier" if attribute == OWN else _labelled(attribute, entity_type)
    return name if name in ENTITY_TYPES[entity_type].attributes else None


def _labelled(attribute: str, entity_type: str) -> str:
    """What names a thing is called otherwise by some types: a ticket has a subject."""
    attributes = ENTITY_TYPES[entity_type].attributes
    return ENTITY_TYPES[entity_type].label if attribute == "name" and "name" not in attributes else attribute
