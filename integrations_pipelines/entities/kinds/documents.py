"""The json kind: a whole value kept as it is, without what PostgreSQL's jsonb cannot hold."""

import math
from collections.abc import Mapping

from integrations_pipelines.entities.kinds.kind import JSON, UncleanValue
from integrations_pipelines.entities.kinds.texts import tidy

_DEEPEST = 100  # orjson writes 254 levels; https://github.com/ijl/orjson#serialize


def clean_json(value: object, _region: str | None = None) -> JSON:
    """The value with tidy strings and keys; None for nothing. Raises ``UncleanValue`` for what JSON cannot say."""
    return _clean(value, _DEEPEST)


def _clean(value: object, depth: int) -> JSON:
    if depth == 0:
        raise UncleanValue("nested too deeply")
    match value:
        case None | bool():
            return value
        case str():
            return tidy(value)
        case int() | float():
            return _number(value)
        case list() | tuple():
            return [_clean(item, depth - 1) for item in value]
        case Mapping():
            return {tidy(str(key)): _clean(item, depth - 1) for key, item in value.items()}
    raise UncleanValue("not JSON")


def _number(value: int | float) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise UncleanValue("not a finite number")
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise UncleanValue("an integer beyond 64 bits")
    return value
