"""The words by which a person is found: what has to go wherever else it stands, and what may stay.

A word is blotted out in other records only where it means this person alone: an e-mail address, a phone number or a
login that nobody else holds, a whole name that nobody else bears. A city or a job title means many.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import orjson
import phonenumbers

from integrations_pipelines.entities.kinds import KINDS, UncleanValue
from integrations_pipelines.entities.model import EntityType

# Shorter words stand in too many others to be anybody's.
_SHORTEST = 5
_TELLING_KINDS = ("email", "phone", "username")
_NAMES = ("name", "legal_name")
_E164 = re.compile(r"\+\d{8,15}")


def personal_values(entity_type: EntityType, attributes: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the values that tell who a record is, by attribute kind; whole names under ``name``."""
    found: dict[str, set[str]] = {}
    for name, attribute in entity_type.attributes.items():
        values = attributes.get(name)
        if values is None or (attribute.kind not in _TELLING_KINDS and name not in _NAMES):
            continue
        kind = attribute.kind if attribute.kind in _TELLING_KINDS else "name"
        found.setdefault(kind, set()).update(
            str(one) for one in (values if isinstance(values, list) else [values])
        )
    return found


def spellings(
    payloads: Iterable[str | bytes | None], values: Mapping[str, Iterable[str]], regions: Iterable[str | None]
) -> set[str]:
    """Return the texts of ``payloads`` that clean to one of ``values``: ``(030) 1234`` for ``+49301234``.

    ``regions`` read national phone numbers.
    """
    leaves, places = {leaf for payload in payloads for leaf in _leaves(payload)}, {None, *regions}
    cleaned = {kind: set(ones) for kind, ones in values.items()}
    return {
        text
        for text in leaves
        if any(_clean(kind, text, place) in wanted for kind, wanted in cleaned.items() for place in places)
    }


def telling(words: Iterable[str]) -> frozenset[str]:
    """Return the words that are long enough to mean somebody."""
    return frozenset(word.strip() for word in words if len(word.strip()) >= _SHORTEST)


def text_pattern(words: Iterable[str]) -> str:
    """Return a PostgreSQL pattern that finds each word as it stands in text, JSON and URLs; "" for no word.

    A number in E.164 is found however it is grouped, with and without its country.
    """
    found = list(words)
    return _whole([re.escape(form) for form in _forms(found)], found)


def bytes_pattern(words: Iterable[str]) -> str:
    """Return a pattern for the words in PostgreSQL's ``escape`` form of bytes; "" for no word.

    Source: https://www.postgresql.org/docs/current/functions-binarystring.html (``escape``: bytes above 127 in octal).
    """
    found = list(words)
    return _whole(["".join(_escaped(byte) for byte in form.encode()) for form in _forms(found)], found)


def _forms(words: Iterable[str]) -> set[str]:
    return {form for word in words for form in (word, _json(word), _ascii_json(word), quote(word, safe=""))}


def _escaped(byte: int) -> str:
    if byte >= 128:
        return f"\\\\{byte:03o}"
    return "\\\\\\\\" if byte == ord("\\") else re.escape(chr(byte))


def _phone(word: str) -> str:
    """The pattern of a number in E.164 in any grouping; its national part alone has to be long enough."""
    number = phonenumbers.parse(word)
    digits = "[ ()./-]{0,3}".join(phonenumbers.national_significant_number(number))
    country = rf"(?:\+|00)?{number.country_code}[ ()./-]{{0,3}}"
    return rf"(?:{country})?(?:\(?0\)?[ ()./-]{{0,3}})?{digits}"


def _whole(forms: Iterable[str], words: Iterable[str]) -> str:
    """Longest first, and not as a part of a longer word."""
    numbers = [_phone(word) for word in words if _E164.fullmatch(word)]
    ordered = [*numbers, *sorted(forms, key=lambda form: (-len(form), form))]
    return f"(?<![[:alnum:]])(?:{'|'.join(ordered)})(?![[:alnum:]])" if ordered else ""


def _json(word: str) -> str:
    return orjson.dumps(word)[1:-1].decode()


def _ascii_json(word: str) -> str:
    return json.dumps(word)[1:-1]


def _clean(kind: str, text: str, region: str | None) -> str | None:
    if kind == "name":
        return " ".join(text.split())
    try:
        return str(KINDS[kind].clean(text, region))
    except UncleanValue:
        return None


def _leaves(payload: str | bytes | None) -> Iterator[str]:
    try:
        yield from _texts(orjson.loads(payload or b"null"))
    except orjson.JSONDecodeError:
        return


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
