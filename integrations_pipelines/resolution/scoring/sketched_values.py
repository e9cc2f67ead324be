"""The sketches of dates, categories, numbers and web domains: they say all that is compared."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations_pipelines.resolution.scoring import contacts, dates, quantities
from integrations_pipelines.resolution.scoring.columns import Column
from integrations_pipelines.resolution.scoring.kind import Kind, Outcome, Side
from integrations_pipelines.resolution.scoring.sketch import Possible, Rows, Sketch, agree, known, there


def _take_date(column: Column) -> Mapping[str, NDArray[Any]]:
    digits = column.numbers("digits").astype(np.int8)
    return {
        "text": column.hashes("text"),
        "digits": np.ascontiguousarray(digits).view("<u8").ravel(),
        "whole": column.numbers("whole"),
    }


def _date_parts(rows: Rows) -> Mapping[str, NDArray[Any]]:
    digits = np.ascontiguousarray(rows["digits"]).view(np.int8).reshape(-1, 8).astype(np.int64)
    return {"text": rows["text"], **dates.parts_of(digits, rows["whole"])}


def _number_parts(rows: Rows) -> Mapping[str, NDArray[Any]]:
    return {"text": rows["text"], "figure": rows["figure"]}


def _take_number(column: Column) -> Mapping[str, NDArray[Any]]:
    return {"text": column.hashes("text"), "figure": column.numbers("figure")}


def _compared(
    kind: Kind, parts: Callable[[Rows], Mapping[str, NDArray[Any]]]
) -> Callable[[Rows, Rows], Mapping[str, Possible]]:
    """Compare as the kind does: its parts are all there."""

    def possible(one: Rows, two: Rows) -> Mapping[str, Possible]:
        found: list[Outcome] = kind.compare(_side(parts(one)), _side(parts(two)))
        return {each.aspect: known(each, len(kind.aspects[each.aspect])) for each in found}

    return possible


def _side(parts: Mapping[str, NDArray[Any]]) -> Side:
    size = len(next(iter(parts.values())))
    nothing = np.zeros(0, dtype=np.int64)
    column = Column(texts=np.zeros(0, dtype=object), starts=nothing, ids=nothing, parts=parts)
    return Side(column, np.arange(size))


def _equal(kind: Kind, part: str) -> Sketch:
    """Of a kind whose values are equal or are not."""
    (aspect,) = kind.aspects

    def possible(one: Rows, two: Rows) -> Mapping[str, Possible]:
        both, equal = there(one, two, part), agree(one, two, part)
        return {
            aspect: Possible(missing=~both, levels=(equal, both & ~equal), tokens={0: (one[part],)}),
        }

    return Sketch(fields=((part, "<u8"),), take=lambda column: {part: column.hashes(part)}, possible=possible)


DATE = Sketch(
    fields=(("text", "<u8"), ("digits", "<u8"), ("whole", "?")),
    take=_take_date,
    possible=_compared(dates.DATE, _date_parts),
)
AMOUNT, YEAR = (
    Sketch(
        fields=(("text", "<u8"), ("figure", "<f8")),
        take=_take_number,
        possible=_compared(kind, _number_parts),
    )
    for kind in (quantities.AMOUNT, quantities.YEAR)
)
CATEGORY, DOMAIN = _equal(quantities.CATEGORY, "text"), _equal(contacts.DOMAIN, "domain")
