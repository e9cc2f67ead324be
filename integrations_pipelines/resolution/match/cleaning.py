"""Raw columns to cleaned attributes, through the attribute kinds; what cannot be read is counted and left out."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from integrations_pipelines.entities.kinds import JSON, KINDS, UncleanValue
from integrations_pipelines.entities.kinds.texts import clean_line
from integrations_pipelines.entities.kinds.times import clean_date, read_date

_V = TypeVar("_V")
_NUMBERED = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{2}|\d{4})")
_EIGHT = re.compile(r"((?:1[89]|20)\d\d)([-/.]?)(\d\d)\2(\d\d)")
_SHORT_YEAR = re.compile(r"(.*[-/. ,'])(\d{2})")
_DIGITS = re.compile(r"\d")


def clean_values(values: Sequence[object], kind: str) -> tuple[list[JSON], int]:
    """Cleaned values, None where there is none or it cannot be read; and how many could not. Lists stay lists."""
    clean = _cleaner(kind, values)
    cleaned: list[JSON] = []
    unread = 0
    for value in values:
        items = value if isinstance(value, list) else [value]
        kept: list[JSON] = []
        for item in items:
            found = clean(item)
            unread += found is None and not _is_empty(item)
            if found is not None:
                kept.append(found)
        cleaned.append(kept if len(kept) > 1 else kept[0] if kept else None)
    return cleaned, unread


def _is_empty(value: object) -> bool:
    return value is None or not str(value).strip()


def _cleaner(kind: str, values: Sequence[object]) -> Callable[[object], JSON]:
    if kind == "date":
        day_first = _day_leads(values)
        return lambda value: _day(value, day_first)
    if kind == "phone":
        return _phone
    if kind in ("email", "domain", "username"):
        return lambda value: _quiet(KINDS[kind].clean, value)
    if kind == "money":
        return lambda value: re.sub(r"[^\d.]", "", str(value)) or None if value is not None else None
    return lambda value: _quiet(clean_line, _one_line(value))


def _one_line(value: object) -> object:
    return " ".join(str(value).split()) if value is not None else None


def _quiet(clean: Callable[[object, str | None], JSON], value: object) -> JSON:
    try:
        return clean(value, None)
    except UncleanValue:
        return None


def _phone(value: object) -> JSON:
    """E.164 where the country is said, else the digits as they stand."""
    found = _quiet(KINDS["phone"].clean, value)
    if found is not None or value is None:
        return found
    digits = "".join(_DIGITS.findall(str(value)))
    return digits if len(digits) >= 6 else None


def _day_leads(values: Sequence[object]) -> bool:
    """Whether the column writes the day first: what its unmistakable dates do; the month, where none is."""
    day = month = 0
    for value in values:
        found = _NUMBERED.fullmatch(str(value).strip()) if isinstance(value, str) else None
        if found:
            day += int(found[1]) > 12
            month += int(found[2]) > 12
    return day > month


def _day(value: object, day_first: bool) -> JSON:
    text = _full_year(" ".join(str(value).split())) if value is not None else ""
    for leads in (None, day_first, not day_first):
        try:
            return clean_date(text) if leads is None else read_date(text, day_first=leads)
        except UncleanValue:
            continue
    return text if re.fullmatch(r"(1[89]|20)\d\d(-\d\d)?", text) else _slipped(text, day_first)


def _slipped(text: str, day_first: bool) -> str | None:
    """A day that no calendar has, as 1994-11-71 has it: it is compared by its digits, and one of them may be wrong."""
    numbered = _NUMBERED.fullmatch(text)
    if numbered:
        one, two = numbered[1].zfill(2), numbered[2].zfill(2)
        text = numbered[3] + (two + one if day_first else one + two)
    found = _EIGHT.fullmatch(text)
    return _digits(found[1], found[3], found[4]) if found else None


def _digits(year: str, month: str, day: str) -> str:
    """As much of a date as is said: 00 stands for what is not known."""
    if day != "00":
        return f"{year}-{month}-{day}"
    return f"{year}-{month}" if "01" <= month <= "12" else year


def _full_year(text: str) -> str:
    """A year of two digits in full: the latest that is not to come."""
    found = _NUMBERED.fullmatch(text) or _SHORT_YEAR.fullmatch(text)
    if not found or len(found[found.re.groups]) != 2 or re.match(r"\d{4}", text):
        return text
    year = int(found[found.re.groups]) + 2000
    return f"{text[:-2]}{year if year <= datetime.now(UTC).year else year - 100}"


def attributes_of(
    columns: Mapping[str, Sequence[object]], taken: Sequence[tuple[str, str, str]]
) -> tuple[dict[str, list[JSON]], dict[str, int]]:
    """Attributes from (column, attribute, kind); several columns of one attribute make lists. And unread values."""
    attributes: dict[str, list[JSON]] = {}
    unread: dict[str, int] = {}
    for name, attribute, kind in taken:
        cleaned, bad = clean_values(columns[name], kind)
        if bad:
            unread[name] = bad
        attributes[attribute] = _together(attributes.get(attribute), cleaned)
    return attributes, unread


_BIRTH = ("birth_year", "birth_month", "birth_day")


def with_birth_dates(
    attributes: Mapping[str, list[JSON]], kinds: Mapping[str, str]
) -> tuple[dict[str, list[JSON]], dict[str, str]]:
    """Year, month and day of birth as one date; what a row does not say is left out from the right."""
    if "birth_year" not in attributes or "birth_date" in attributes:
        return _without(attributes, _BIRTH), _without(kinds, _BIRTH)
    empty: list[JSON] = [None] * len(attributes["birth_year"])
    rows = zip(*[attributes.get(name, empty) for name in _BIRTH], strict=True)
    dates = [_born(*[str(part or "") for part in row]) for row in rows]
    return (
        {**_without(attributes, _BIRTH), "birth_date": dates},
        {**_without(kinds, _BIRTH), "birth_date": "date"},
    )


def _without(held: Mapping[str, _V], names: Sequence[str]) -> dict[str, _V]:
    return {name: value for name, value in held.items() if name not in names}


def _born(year: str, month: str, day: str) -> JSON:
    if not re.fullmatch(r"(1[89]|20)\d\d", year):
        return None
    if not re.fullmatch(r"[0-9]{1,2}", month):
        return year
    return _digits(year, month.zfill(2), day.zfill(2) if re.fullmatch(r"[0-9]{1,2}", day) else "00")


def _together(before: list[JSON] | None, values: list[JSON]) -> list[JSON]:
    if before is None:
        return values
    return [_both(one, two) for one, two in zip(before, values, strict=True)]


def _both(one: JSON, two: JSON) -> JSON:
    if one is None or two is None or one == two:
        return two if one is None else one
    return [*(one if isinstance(one, list) else [one]), *(two if isinstance(two, list) else [two])]
