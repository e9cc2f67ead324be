"""Text kinds: text, names, addresses, ids, usernames, booleans; and what every other cleaner starts from."""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

from integrations_pipelines.entities.kinds.kind import JSON, UncleanValue
from integrations_pipelines.entities.remembered import LONGEST_REMEMBERED, Remembered

# What tools write where they mean nothing. "na" is left out: Na is a family name, and Namibia.
NOTHING = frozenset(
    {"", "-", "--", "n/a", "#n/a", "none", "null", "nil", "undefined", "<null>", "(null)", "\\n"}
)
UNKNOWN = NOTHING | {
    "unknown",
    "(unknown)",
    "not available",
    "not provided",
    "not specified",
    "anonymous",
    "?",
}
LONGEST_NOTHING = max(map(len, UNKNOWN))
LONGEST_LINE = 1000

# Controls but tab and newline, invisible joins that carry no meaning, and lone surrogates.
# PostgreSQL's jsonb refuses U+0000 and surrogates: https://www.postgresql.org/docs/current/datatype-json.html
_JUNK = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u2060\ufeff\ud800-\udfff]")


def tidy(value: str) -> str:
    """``value`` in NFC, trimmed, with plain newlines and without what a database or a reader cannot use."""
    if value.isascii() and value.isprintable():
        return value.strip()
    lines = _JUNK.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", lines).strip()


def is_nothing(text: str, nothing: frozenset[str] = NOTHING) -> bool:
    """Whether tidy ``text`` only says that there is no value."""
    return len(text) <= LONGEST_NOTHING and text.lower() in nothing


def joined_lines(values: Sequence[object]) -> str:
    """The values one a line, those that are no ASCII text or hold a line feed as an empty line.

    What works on one long string costs a fraction of what it costs on many short ones.
    """
    try:
        joined = "\n".join(values)  # type: ignore[arg-type] # it refuses all but strings, faster than any question
        if joined.isascii() and joined.count("\n") == len(values) - 1:
            return joined
    except TypeError:
        pass
    return "\n".join(
        [value if type(value) is str and value.isascii() and "\n" not in value else "" for value in values]
    )


def as_text(value: object) -> str:
    """The tidy text of a JSON scalar; "" for None. Raises ``UncleanValue`` for lists and objects."""
    match value:
        case str():
            return tidy(value)
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() if abs(value) >= 10**100:
            raise UncleanValue("a number beyond reason")
        case int() | float() | Decimal():
            return str(value)
    raise UncleanValue("not a single value")


def one_line(value: object, nothing: frozenset[str] = UNKNOWN) -> str | None:
    """The tidy text on one line, runs of white space made one space; None for nothing."""
    text = as_text(value)
    if "  " in text or not text.isprintable():
        text = " ".join(text.split())
    if len(text) <= LONGEST_NOTHING and text.lower() in nothing:
        return None
    if len(text) > LONGEST_LINE:
        raise UncleanValue("too long")
    return text


def clean_text(value: object, _region: str | None = None) -> str | None:
    """Text of any length, newlines kept; None for nothing. "Unknown" may be meant, so it stays."""
    text = as_text(value)
    return None if is_nothing(text) else text


def clean_line(value: object, _region: str | None = None) -> str | None:
    """A name on one line, as its source writes it; None for nothing or unknown."""
    return one_line(value)


_lines: Remembered[str | None] = Remembered(one_line)


def clean_lines(values: Sequence[object], _region: str | None = None) -> list[JSON]:
    """``clean_line`` of many values."""
    return [_lines[value] if type(value) is str else one_line(value) for value in values]


def clean_person_names(values: Sequence[object], _region: str | None = None) -> list[JSON]:
    """``clean_line`` of many people's names, which do not repeat as cities do: most are clean as they stand."""
    return [
        value
        if type(value) is str
        and value.isascii()
        and value.isprintable()
        and "  " not in value
        and value.strip() == value
        and (LONGEST_NOTHING < len(value) <= LONGEST_LINE or value.lower() not in UNKNOWN)
        else one_line(value)
        for value in values
    ]


def clean_address(value: object, _region: str | None = None) -> str | None:
    """Address text on one line: line breaks become commas."""
    lines = (" ".join(line.split()).strip(", ") for line in as_text(value).split("\n"))
    return one_line(", ".join(line for line in lines if line))


def clean_identifier(value: object, _region: str | None = None) -> str | None:
    """An external id as exact text, case kept.

    Raises ``UncleanValue`` for floats: orjson, like JavaScript, reads an integer beyond 64 bits as a float, and a
    rounded id is another record's id (https://www.rfc-editor.org/rfc/rfc8259#section-6).
    """
    if isinstance(value, float | Decimal):
        raise UncleanValue("an inexact number cannot be an id")
    if isinstance(value, bool):
        raise UncleanValue("a truth value cannot be an id")
    text = one_line(value, NOTHING)
    if text and len(text) > 512:
        raise UncleanValue("too long for an id")
    return text


def clean_identifiers(values: Sequence[object], _region: str | None = None) -> list[JSON]:
    """``clean_identifier`` of many values: letters and digits alone need no cleaning."""
    return [
        value
        if type(value) is str
        and value.isascii()
        and value.isalnum()
        and len(value) <= LONGEST_REMEMBERED
        and value.lower() not in NOTHING
        else clean_identifier(value)
        for value in values
    ]


def clean_username(value: object, _region: str | None = None) -> str | None:
    """A login, case-folded, without the leading @. Case folding: https://www.unicode.org/reports/tr31/#NFKC_Folding"""
    if isinstance(value, float | bool | Decimal):
        raise UncleanValue("not a username")
    text = one_line(value)
    folded = unicodedata.normalize("NFC", text.lstrip("@ ").casefold()) if text else ""
    if len(folded) > 255:
        raise UncleanValue("too long for a username")
    return None if is_nothing(folded, UNKNOWN) else folded


_TRUE = frozenset({"true", "t", "yes", "y", "1", "on"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "off"})


def clean_boolean(value: object, _region: str | None = None) -> bool | None:
    """True or False from a truth value, 1 or 0, or an English word for them."""
    word = as_text(value).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    if word in UNKNOWN:
        return None
    raise UncleanValue("not a truth value")
