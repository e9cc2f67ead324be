"""Paths into a payload: read once, followed often."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from integrations_pipelines.entities.kinds.texts import is_nothing, tidy
from integrations_pipelines.errors import ContractError


class Each(NamedTuple):
    """Every item of a list, or those whose ``key`` reads as ``value``."""

    key: str | None = None
    value: str = ""


Step: TypeAlias = str | int | Each
Path: TypeAlias = tuple[Step, ...]
Follow: TypeAlias = Callable[[object], list[object]]

_TOKEN = re.compile(r"\[(\*|\d+|[^\]=]+=[^\]]*)\]|((?:\\.|[^.\[\]\\])+)|\.")
_BAR = re.compile(r"(?<!\\)\|")
_SPECIAL = re.compile(r"([\\.|\[\]])")


def literal_path(name: str) -> str:
    """The path to the top-level key ``name``, whatever characters it holds (a CSV column)."""
    escaped = _SPECIAL.sub(r"\\\1", name)
    return f"\\{escaped}" if escaped.isdigit() else escaped


def parse_path(path: str) -> tuple[Path, ...]:
    """The alternatives of ``path``, in order. Raises ``ContractError`` for what cannot be read."""
    return tuple(_parse(alternative, path) for alternative in _BAR.split(path))


def _parse(alternative: str, path: str) -> Path:
    steps: list[Step] = []
    position = 0
    while position < len(alternative):
        token = _TOKEN.match(alternative, position)
        if token is None:
            raise ContractError(f"path {path!r}: cannot be read from character {position + 1}")
        position = token.end()
        if token[0] != ".":
            steps.append(_step(token))
    if not steps:
        raise ContractError(f"path {path!r}: empty")
    return tuple(steps)


def _step(token: re.Match[str]) -> Step:
    if token[1] is None:
        return int(token[2]) if token[2].isdecimal() else re.sub(r"\\(.)", r"\1", token[2])
    if token[1] == "*":
        return Each()
    key, equals, value = token[1].partition("=")
    return Each(key, value.lower()) if equals else int(token[1])


def follow(path: str) -> Follow:
    """A function that gives the values at ``path``: those of the first alternative that has any."""
    alternatives = parse_path(path)
    if len(alternatives) == 1:
        only = alternatives[0]
        return lambda payload: list(_walk(payload, only))

    def first_that_has(payload: object) -> list[object]:
        found = ([value for value in _walk(payload, one) if has_value(value)] for one in alternatives)
        return next((values for values in found if values), [])

    return first_that_has


def has_value(value: object) -> bool:
    """Whether a raw value says anything."""
    if isinstance(value, str):
        return not is_nothing(tidy(value))
    return value is not None and value != [] and value != {}


def _walk(value: object, steps: Path) -> Iterator[object]:
    for number, step in enumerate(steps):
        if isinstance(step, Each):
            for item in _items(value, step):
                yield from _walk(item, steps[number + 1 :])
            return
        value = _into(value, step)
        if value is None:
            return
    yield value


def _into(value: object, step: str | int) -> object:
    if isinstance(value, dict):
        return value.get(str(step))
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _items(value: object, step: Each) -> list[object]:
    if not isinstance(value, list):
        return []
    if step.key is None:
        return value
    return [
        item for item in value if isinstance(item, dict) and str(item.get(step.key)).lower() == step.value
    ]
