"""Reading attributes: from the words of a projection to functions that fetch and clean."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple, TypeAlias

import orjson

from integrations_pipelines.entities.kinds import JSON, AttributeKind, UncleanValue
from integrations_pipelines.entities.kinds.kind import Cleaner
from integrations_pipelines.entities.kinds.texts import as_text
from integrations_pipelines.entities.projection.conversions import CONVERSIONS, Conversion
from integrations_pipelines.entities.projection.paths import Follow, follow, has_value, parse_path
from integrations_pipelines.entities.projection.words import Field
from integrations_pipelines.errors import ContractError

Fetch: TypeAlias = Callable[[object], list[object]]
Attributes: TypeAlias = dict[str, JSON]
Rejected: TypeAlias = dict[str, str]


class PlainField(NamedTuple):
    """A single value under ``key`` of some object: the common case, kept free of calls."""

    attribute: str
    key: str
    clean: Cleaner


class OtherField(NamedTuple):
    """Any other attribute; ``read`` raises ``UncleanValue``, and names what it left out."""

    attribute: str
    read: Callable[[object, str | None], tuple[JSON, str]]


def as_field(field: Field | str) -> Field:
    """``field`` in its long form."""
    return Field(field) if isinstance(field, str) else field


def plain_keys(field: Field) -> tuple[str, ...] | None:
    """The keys that lead to the value, when nothing but keys does; else None."""
    if not isinstance(field.path, str) or field.convert:
        return None
    alternatives = parse_path(field.path)
    keys = tuple(step for step in alternatives[0] if isinstance(step, str))
    return keys if len(alternatives) == 1 and len(keys) == len(alternatives[0]) else None


def fetcher(field: Field, *, flatten: bool) -> Fetch:
    """A function that gives the raw values of ``field``; it raises ``UncleanValue`` where a conversion fails.

    ``flatten``: a list found at a path counts as its items. Raises ``ContractError`` for unknown conversions.
    """
    conversion = _conversion(field)
    follows = [follow(path) for path in ((field.path,) if isinstance(field.path, str) else field.path)]
    if conversion and conversion.takes_parts:
        return partial(_converted_parts, follows, conversion)
    gather = (
        partial(_joined, follows, field.join)
        if field.join is not None
        else partial(_gathered, follows, flatten)
    )
    return partial(_converted, gather, conversion) if conversion else gather


def _conversion(field: Field) -> Conversion | None:
    if field.convert is None:
        return None
    if field.convert not in CONVERSIONS:
        raise ContractError(f"unknown conversion {field.convert!r}; known: {', '.join(sorted(CONVERSIONS))}")
    return CONVERSIONS[field.convert]


def _gathered(follows: list[Follow], flatten: bool, payload: object) -> list[object]:
    found = [value for one in follows for value in one(payload)]
    if not flatten:
        return found
    return [item for value in found for item in (value if isinstance(value, list) else [value])]


def _parts(follows: list[Follow], payload: object) -> list[object]:
    return [next(filter(has_value, one(payload)), None) for one in follows]


def _joined(follows: list[Follow], join: str, payload: object) -> list[object]:
    texts = [as_text(part) for part in _parts(follows, payload) if part is not None]
    return [join.join(texts)] if texts else []


def _converted(gather: Fetch, conversion: Conversion, payload: object) -> list[object]:
    results = [conversion.apply(value) for value in gather(payload) if has_value(value)]
    return [item for result in results for item in (result if isinstance(result, list) else [result])]


def _converted_parts(follows: list[Follow], conversion: Conversion, payload: object) -> list[object]:
    parts = _parts(follows, payload)
    return [conversion.apply(parts)] if any(part is not None for part in parts) else []


def read_single(fetch: Fetch, kind: AttributeKind, payload: object, region: str | None) -> tuple[JSON, str]:
    """The first value that says something. Raises ``UncleanValue`` where none can be read."""
    cleaned, reason = _cleaned(fetch(payload), kind, region)
    if not cleaned and reason:
        raise UncleanValue(reason)
    return (cleaned[0] if cleaned else None), ""


def read_many(fetch: Fetch, kind: AttributeKind, payload: object, region: str | None) -> tuple[JSON, str]:
    """Every distinct value, sorted, so that their order in the source means nothing; and why others were left out."""
    cleaned, reason = _cleaned(fetch(payload), kind, region)
    distinct = {orjson.dumps(value, option=orjson.OPT_SORT_KEYS): value for value in cleaned}
    return [distinct[key] for key in sorted(distinct)] or None, reason


def _cleaned(values: list[object], kind: AttributeKind, region: str | None) -> tuple[list[JSON], str]:
    cleaned: list[JSON] = []
    reasons: set[str] = set()
    for value in values:
        try:
            cleaned.append(kind.clean(value, region))
        except UncleanValue as reason:
            reasons.add(str(reason))
    return [value for value in cleaned if value is not None], "; ".join(sorted(reasons))


def read_plain(
    attributes: Attributes,
    rejected: Rejected,
    groups: Mapping[tuple[str, ...], tuple[PlainField, ...]],
    payload: object,
    region: str | None,
) -> None:
    """Add the attributes that lie under plain keys; ``groups`` has them by the keys of the object that holds them."""
    for keys, fields in groups.items():
        holder = payload
        for key in keys:
            holder = holder.get(key) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            _read_into(attributes, rejected, holder, fields, region)


def _read_into(
    attributes: Attributes,
    rejected: Rejected,
    holder: dict[str, object],
    fields: tuple[PlainField, ...],
    region: str | None,
) -> None:
    """The inner loop of every sync, so it fills what it is given instead of returning."""
    get = holder.get
    for attribute, key, clean in fields:
        raw = get(key)
        if raw is None:
            continue
        try:
            value = clean(raw, region)
        except UncleanValue as reason:
            rejected[attribute] = str(reason)
        else:
            if value is not None:
                attributes[attribute] = value


def read_others(
    attributes: Attributes,
    rejected: Rejected,
    fields: tuple[OtherField, ...],
    payload: object,
    region: str | None,
) -> None:
    """Add the attributes of ``fields``."""
    for attribute, read in fields:
        try:
            value, reason = read(payload, region)
        except UncleanValue as unclean:
            value, reason = None, str(unclean)
        if value is not None:
            attributes[attribute] = value
        if reason:
            rejected[attribute] = reason
