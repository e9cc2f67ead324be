"""Whether a JSON document is a model: every number that scoring needs, where it has to be, named by its path."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from integrations_pipelines.errors import ConfigurationError
from integrations_pipelines.resolution.scoring.register import COMPARISON_KINDS

# Numbers of the document's head, by path; whether they are probabilities, or just above zero.
_SHARES = (
    "thresholds.link", "thresholds.review", "guards.name_alone", "guards.other_person", "guards.veto",
    "guards.least_households", "guards.least_branches",
)  # fmt: skip
_SIZES = (
    "blending.pairs", "blending.matches", "blending.values", "blending.least_frequency", "partners.first",
    "partners.least", "partners.most", "guards.together_assumed",
)  # fmt: skip
_MOST_TOLD = 3


def check_document(document: object) -> None:
    """Raise ``ConfigurationError`` unless ``document`` is a model, with the paths of what is wrong in it."""
    wrong = list(_wrong(document))
    if wrong:
        more = f"; and {len(wrong) - _MOST_TOLD} more" if len(wrong) > _MOST_TOLD else ""
        raise ConfigurationError("; ".join(wrong[:_MOST_TOLD]) + more)


def _wrong(document: object) -> Iterator[str]:
    if not isinstance(document, Mapping):
        yield "a model is a JSON object"
        return
    version = document.get("version")
    if not isinstance(version, str) or not version.strip():
        yield "version: must be a text"
    for path in _SHARES:
        yield from _wrong_number(path, _at(document, path), most=1)
    for path in _SIZES:
        yield from _wrong_number(path, _at(document, path), most=math.inf)
    yield from _wrong_order(document, "thresholds.review", "thresholds.link")
    yield from _wrong_order(document, "partners.least", "partners.most")
    for name, kind in COMPARISON_KINDS.items():
        for aspect, levels in kind.aspects.items():
            path = f"kinds.{name}.{aspect}"
            yield from _wrong_aspect(path, _at(document, path), levels)


def _wrong_aspect(path: str, rows: object, levels: Sequence[str]) -> Iterator[str]:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        yield f"{path}: must be a list of levels: {', '.join(levels)}"
        return
    names = [row.get("name") for row in rows]
    if names != list(levels):
        yield f"{path}: its levels must be {', '.join(levels)}, in this order"
        return
    for number, row in enumerate(rows):
        for share in ("m", "u"):
            yield from _wrong_number(f"{path}[{number}].{share}", row.get(share), most=1)
        for flag in ("rare", "veto"):
            if not isinstance(row.get(flag, False), bool):
                yield f"{path}[{number}].{flag}: must be true or false"


def _wrong_number(path: str, value: object, *, most: float) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield f"{path}: {'is missing' if value is None else 'must be a number'}"
    elif not 0 < value < most:
        between = "between 0 and 1" if most == 1 else "a number above 0"
        yield f"{path}: must be {between}, is {value}"


def _wrong_order(document: Mapping[str, Any], lower: str, higher: str) -> Iterator[str]:
    one, other = _at(document, lower), _at(document, higher)
    if isinstance(one, int | float) and isinstance(other, int | float) and one > other:
        yield f"{lower}: {one} is above {higher}, {other}"


def _at(document: Mapping[str, Any], path: str) -> Any:
    found: Any = document
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
