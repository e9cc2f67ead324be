"""Where one value sits in JSON: ``properties.email``, ``data.-1.id``, ``@odata\\.nextLink``. No I/O.

The same writing as in a projection's paths, less what finds several values.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

_STEP = re.compile(r"(?:\\.|[^.\\])+")


class _Missing:
    """The one value that JSON cannot hold: nothing is there, not even null."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()


@cache
def steps(path: str) -> tuple[str, ...]:
    """Return the keys of ``path``. A backslash takes the next character literally; "" is the whole document."""
    return tuple(re.sub(r"\\(.)", r"\1", step) for step in _STEP.findall(path))


def value_at(document: Any, path: str) -> Any:
    """Return what ``path`` leads to, or ``MISSING``. A number is a list index; -1 is the last item."""
    for step in steps(path):
        if isinstance(document, Mapping):
            document = document.get(step, MISSING)
        elif isinstance(document, list) and step.lstrip("-").isdigit():
            index = int(step)
            document = document[index] if -len(document) <= index < len(document) else MISSING
        else:
            return MISSING
    return document


def placed_at(document: Any, path: str, value: Any) -> Any:
    """Return a copy of ``document`` that holds ``value`` at ``path``; missing objects on the way are made."""
    return _placed(document, steps(path), value)


def _placed(document: Any, keys: tuple[str, ...], value: Any) -> Any:
    if not keys:
        return value
    first, rest = keys[0], keys[1:]
    if isinstance(document, list):
        index = int(first)
        return [_placed(item, rest, value) if n == index else item for n, item in enumerate(document)]
    branch = dict(document or {})
    return {**branch, first: _placed(branch.get(first), rest, value)}


def without(document: Any, paths: tuple[str, ...]) -> Any:
    """Return a copy of ``document`` that lacks what is at ``paths``."""
    for path in paths:
        document = _without(document, steps(path))
    return document


def _without(document: Any, keys: tuple[str, ...]) -> Any:
    if not isinstance(document, Mapping) or keys[0] not in document:
        return document
    if len(keys) == 1:
        return {key: value for key, value in document.items() if key != keys[0]}
    return {**document, keys[0]: _without(document[keys[0]], keys[1:])}
