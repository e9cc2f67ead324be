"""Calendar days: slips of one digit, day and month swapped, near in time, a year alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations_pipelines.resolution.scoring.columns import (
    Booleans,
    Column,
    Integers,
    Part,
    stable_hashes,
)
from integrations_pipelines.resolution.scoring.kind import (
    Keys,
    Kind,
    Outcome,
    Side,
    counted,
    levels,
    outcome,
    value_keys,
)

LEVELS = ("exact", "swapped", "typo", "near", "same_year", "same_day", "different")
_NEAR = 400


def _derive(texts: list[str]) -> Mapping[str, Part]:
    """Texts are ISO days, or a year and a month, or a year alone."""
    padded = np.array(
        [f"{text:0<10.10}" if text else "0000-00-00" for text in texts] or ["0" * 10], dtype="S10"
    )
    digits = (
        padded.view(np.uint8)
        .reshape(len(padded), 10)[: len(texts), [0, 1, 2, 3, 5, 6, 8, 9]]
        .astype(np.int64)
        - 48
    )
    whole = np.fromiter((len(text) >= 10 for text in texts), dtype=bool, count=len(texts))
    return {
        "text": stable_hashes(texts),
        "in_month": stable_hashes([text[:7] if len(text) >= 7 else "" for text in texts]),
        **parts_of(digits, whole),
    }


def parts_of(digits: Integers, whole: Booleans) -> Mapping[str, NDArray[Any]]:
    """Return all that is compared of days: eight digits a row, and whether they are a whole date."""
    year = digits[:, :4] @ np.array([1000, 100, 10, 1])
    month, day = digits[:, 4:6] @ np.array([10, 1]), digits[:, 6:] @ np.array([10, 1])
    return {
        "digits": digits,
        "whole": whole,
        "year": year,
        "month": month,
        "day": day,
        "number": _day_numbers(year, month, day, whole),
    }


def _day_numbers(year: Integers, month: Integers, day: Integers, whole: Booleans) -> Integers:
    """Days since 1970, 0 where the date is not whole."""
    months = (np.where(whole, year, 1970) - 1970).astype("datetime64[Y]").astype("datetime64[M]")
    days = (months + np.where(whole, month - 1, 0)).astype("datetime64[D]") + np.where(whole, day - 1, 0)
    return np.asarray(days.astype(np.int64))


def _compare(left: Side, right: Side) -> list[Outcome]:
    a, b = left.numbers("digits"), right.numbers("digits")
    whole = left.numbers("whole") & right.numbers("whole")
    part = {name: (left.numbers(name), right.numbers(name)) for name in ("year", "month", "day", "number")}
    year = part["year"][0] == part["year"][1]
    turned = (part["month"][0] == part["day"][1]) & (part["day"][0] == part["month"][1])
    apart = np.abs(part["number"][0] - part["number"][1])
    same_day = (part["month"][0] == part["month"][1]) & (part["day"][0] == part["day"][1])
    level = levels(
        (left.hashes("text") == 0) | (right.hashes("text") == 0),
        whole & (a == b).all(axis=1),
        whole & year & turned,
        whole & _one_slip(a, b),
        whole & (apart <= _NEAR),
        year,
        whole & same_day,
    )
    return [outcome("value", level, left.hashes("text"))]


def _one_slip(a: Integers, b: Integers) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """One digit differs, or two neighbours changed places."""
    differs = a != b
    count = differs.sum(axis=1)
    neighbours = differs[:, :-1] & differs[:, 1:] & (a[:, :-1] == b[:, 1:]) & (a[:, 1:] == b[:, :-1])
    return np.asarray((count == 1) | ((count == 2) & neighbours.any(axis=1)))


def _keys(column: Column) -> list[Keys]:
    return [
        value_keys("date", column.hashes("text"), wide=True),
        value_keys("month", column.hashes("in_month"), wide=True),
    ]


DATE = Kind(
    name="date",
    aspects={"value": LEVELS},
    derive=_derive,
    compare=_compare,
    keys=_keys,
    counted=counted(value="text"),
)
