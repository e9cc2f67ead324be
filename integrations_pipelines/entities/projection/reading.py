"""Reading values: from the words of a projection to columns of cleaned values, one entry a document."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import orjson

from integrations_pipelines.entities.kinds import JSON, AttributeKind, UncleanValue
from integrations_pipelines.entities.kinds.texts import as_text
from integrations_pipelines.entities.projection.conversions import CONVERSIONS, Conversion, by_format
from integrations_pipelines.entities.projection.paths import Follow, follow, has_value, parse_path
from integrations_pipelines.entities.projection.words import Field
from integrations_pipelines.errors import ContractError

Fetch: TypeAlias = Callable[[object], list[object]]
Documents: TypeAlias = Sequence[dict[str, object]]
Column: TypeAlias = list[JSON]
# By row: what could not be read, with the reason.
Reasons: TypeAlias = dict[int, str]
# One region for all rows, or one a row.
Region: TypeAlias = str | list[str | None] | None


class PlainReader(NamedTuple):
    """A single value under plain keys: by far the most common, so it is read by the column."""

    name: str
    keys: tuple[str, ...]
    kind: AttributeKind


class OtherReader(NamedTuple):
    """Any other value: fallbacks, list items, joined or converted parts, many values."""

    name: str
    fetch: Fetch
    kind: AttributeKind
    many: bool


Reader: TypeAlias = PlainReader | OtherReader


def reader(name: str, words: Field | str, kind: AttributeKind, *, many: bool) -> Reader:
    """The reader of the value that ``words`` describe. Raises ``ContractError`` for what cannot be read."""
    field = as_field(words)
    keys = None if many else plain_keys(field)
    if keys:
        return PlainReader(name, keys, kind)
    return OtherReader(name, fetcher(field, flatten=many and kind.name != "json"), kind, many)


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
    if "%" in field.convert:
        return by_format(field.convert)
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


def read_column(one: Reader, documents: Documents, region: Region) -> tuple[Column, Reasons]:
    """The cleaned value of each document, None for nothing, and why others could not be read."""
    if isinstance(one, PlainReader):
        return _clean_column(one.kind, _values(documents, one.keys), region)
    return _by_row(partial(_read_many if one.many else _read_single, one), documents, region)


def _values(documents: Documents, keys: tuple[str, ...]) -> list[object]:
    if len(keys) == 1:
        key = keys[0]
        return [document.get(key) for document in documents]
    holders: Sequence[object] = documents
    for key in keys[:-1]:
        holders = [holder.get(key) if type(holder) is dict else None for holder in holders]
    last = keys[-1]
    return [holder.get(last) if type(holder) is dict else None for holder in holders]


def _clean_column(kind: AttributeKind, values: list[object], region: Region) -> tuple[Column, Reasons]:
    """All at once, until one cannot be read: then one by one."""
    try:
        if isinstance(region, list) and kind.regional:
            return [kind.clean(value, own) for value, own in zip(values, region, strict=True)], {}
        own = None if isinstance(region, list) else region
        if kind.clean_column:
            return kind.clean_column(values, own), {}
        return [None if value is None else kind.clean(value, own) for value in values], {}
    except UncleanValue:
        return _by_row(lambda value, own: (kind.clean(value, own), ""), values, region)


def _by_row(
    read: Callable[[Any, str | None], tuple[JSON, str]], values: Sequence[object], region: Region
) -> tuple[Column, Reasons]:
    column: Column = []
    reasons: Reasons = {}
    for row, value in enumerate(values):
        try:
            cleaned, reason = read(value, region[row] if isinstance(region, list) else region)
        except UncleanValue as unclean:
            cleaned, reason = None, str(unclean)
        column.append(cleaned)
        if reason:
            reasons[row] = reason
    return column, reasons


def _read_single(one: OtherReader, document: object, region: str | None) -> tuple[JSON, str]:
    """The first value that says something; a reason only where there is none."""
    cleaned, reason = _cleaned(one, document, region)
    return (cleaned[0], "") if cleaned else (None, reason)


def _read_many(one: OtherReader, document: object, region: str | None) -> tuple[JSON, str]:
    """Every distinct value, sorted, so that their order in the source means nothing; and why others were left out."""
    cleaned, reason = _cleaned(one, document, region)
    distinct = {orjson.dumps(value, option=orjson.OPT_SORT_KEYS): value for value in cleaned}
    return [distinct[key] for key in sorted(distinct)] or None, reason


def _cleaned(one: OtherReader, document: object, region: str | None) -> tuple[list[JSON], str]:
    cleaned: list[JSON] = []
    reasons: set[str] = set()
    for value in one.fetch(document):
        try:
            cleaned.append(one.kind.clean(value, region))
        except UncleanValue as reason:
            reasons.add(str(reason))
    return [value for value in cleaned if value is not None], "; ".join(sorted(reasons))
