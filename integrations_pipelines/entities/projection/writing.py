"""Writing columns as JSON objects, one a row. A tenth of the time of one call of orjson a row."""

from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import cast

import orjson

from integrations_pipelines.entities.projection.reading import Column

# Stands between values that are written at once. With its quotes it cannot occur inside a JSON string, and no cleaned
# value is a control character.
_BETWEEN = "\x01"
_SEAM = ',"\\u0001",'


def json_objects(columns: Mapping[str, Column], rows: int) -> list[str]:
    """The JSON object of each row: its values under the columns' names and in their order, without its Nones.

    Values are clean: no control characters but tab and line feed.
    """
    if not columns:
        return ["{}"] * rows
    plain = [_is_plain(column) for column in columns.values()]
    first = plain.index(True) if any(plain) else len(plain)
    pieces: list[Iterable[str]] = []
    text = "{"
    for place, (name, column) in enumerate(columns.items()):
        key = orjson.dumps(name).decode() + ":"
        if plain[place]:
            pieces += [repeat(f'{text}{"," if place > first else ""}{key}"'), cast("list[str]", column)]
            text = '"'
        else:
            # Any of them may be missing, so the comma comes and goes with the value.
            before, after = (f",{key}", "") if place > first else (key, ",")
            pieces += [repeat(text), _optional(column, before, after)]
            text = ""
    written = list(map("".join, zip(*pieces, repeat(text + "}"))))
    return written if any(plain) else [f"{one[:-2]}}}" if one.endswith(",}") else one for one in written]


def _is_plain(column: Column) -> bool:
    """Whether the column holds nothing but strings, and those as JSON writes them."""
    try:
        joined = "".join(column)  # type: ignore[arg-type] # it refuses all but strings, faster than any question
    except TypeError:
        return False
    return not ('"' in joined or "\\" in joined or "\n" in joined or "\t" in joined)


def _optional(column: Column, before: str, after: str) -> list[str]:
    """Each value as JSON between ``before`` and ``after``; "" for None."""
    listed: list[object] = [_BETWEEN] * (2 * len(column) - 1)
    listed[::2] = column
    texts = orjson.dumps(listed).decode()[1:-1].split(_SEAM)
    return [
        "" if value is None else f"{before}{text}{after}" for value, text in zip(column, texts, strict=True)
    ]
