"""Single values of a manifest: texts, numbers, durations, and what a projection reads."""

import re
from datetime import timedelta
from typing import cast

from integrations_pipelines.entities.projection import Field, Link, LinkByIdentifier
from integrations_pipelines.manifest.document import Said, kind_of

_DURATION = re.compile(r"(\d{1,6})\s*(s|m|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def text(said: Said) -> str:
    """Return a text; a number counts as one."""
    if isinstance(said.value, bool) or not isinstance(said.value, str | int | float):
        said.fail(f"must be text, and is {kind_of(said.value)}")
    return str(said.value)


def truth(said: Said) -> bool:
    """Return true or false."""
    return said.value if isinstance(said.value, bool) else said.fail("must be true or false")


def whole(said: Said) -> int:
    """Return a whole number."""
    if isinstance(said.value, bool) or not isinstance(said.value, int):
        said.fail(f"must be a whole number, and is {kind_of(said.value)}")
    return said.value


def number(said: Said) -> float:
    """Return a number."""
    if isinstance(said.value, bool) or not isinstance(said.value, int | float):
        said.fail(f"must be a number, and is {kind_of(said.value)}")
    return float(said.value)


def duration(said: Said) -> timedelta:
    """Return a duration: ``90s``, ``15m``, ``6h``, ``1d``, ``2w``."""
    match = _DURATION.fullmatch(str(said.value).strip())
    if match is None:
        said.fail("must be a duration such as 90s, 15m, 6h, 1d or 2w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def field(said: Said) -> Field | str:
    """A path alone, several, or ``{path, convert, join}``."""
    if isinstance(said.value, str):
        return said.value
    if isinstance(said.value, list):
        return Field(tuple(text(one) for one in said.items()))
    table = said.only({"path", "convert", "join"})
    if "path" not in table:
        said.fail("'path' is missing")
    path = table["path"]
    paths = tuple(text(one) for one in path.items()) if isinstance(path.value, list) else text(path)
    more = {name: text(table[name]) for name in ("convert", "join") if name in table}
    return Field(paths, **more)


def link(said: Said) -> Link | LinkByIdentifier | tuple[Link | LinkByIdentifier, ...]:
    """``{to, key}`` leads to a record, ``{kind, value, place}`` to whoever holds an identifier; or several of them."""
    if isinstance(said.value, list):
        return tuple(cast(Link | LinkByIdentifier, link(one)) for one in said.items())
    table = said.only({"to", "key", "kind", "value", "place"})
    if set(table) == {"to", "key"}:
        return Link(to=text(table["to"]), key=field(table["key"]))
    if {"kind", "value"} <= set(table) <= {"kind", "value", "place"}:
        place = text(table["place"]) if "place" in table else None
        return LinkByIdentifier(kind=text(table["kind"]), value=field(table["value"]), place=place)
    return said.fail("must hold 'to' and 'key', or 'kind' and 'value'")
