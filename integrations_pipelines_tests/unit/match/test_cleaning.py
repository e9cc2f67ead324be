"""Dates of files as they are compared: real days, days that no calendar has, and what is not known."""

import pytest

from integrations_pipelines.entities.kinds import JSON
from integrations_pipelines.resolution.match.cleaning import clean_values, with_birth_dates


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1994-11-21", "1994-11-21"),
        ("1994-11-71", "1994-11-71"),
        ("19941171", "1994-11-71"),
        ("1949-00-13", "1949-00-13"),
        ("31/13/1999", "1999-31-13"),
        ("1994-05-00", "1994-05"),
        ("1994-00-00", "1994"),
        ("1994", "1994"),
        ("1994-05", "1994-05"),
        ("0000-00-00", None),
        ("9999-99-99", None),
        ("soon", None),
    ],
)
def test_a_day_that_no_calendar_has_keeps_its_digits(written: str, read: str | None) -> None:
    assert clean_values([written], "date") == ([read], int(read is None))


def test_the_day_leads_where_the_column_says_so() -> None:
    assert clean_values(["25.12.1999", "71.11.1994"], "date")[0] == ["1999-12-25", "1994-11-71"]


@pytest.mark.parametrize(
    ("parts", "read"),
    [
        (("1994", "11", "21"), "1994-11-21"),
        (("1994", "1", "2"), "1994-01-02"),
        (("1994", "11", "71"), "1994-11-71"),
        (("1994", "13", "1"), "1994-13-01"),
        (("1994", "11", ""), "1994-11"),
        (("1994", "", "7"), "1994"),
        (("94", "11", "21"), None),
    ],
)
def test_parts_of_a_birth_date_make_one(parts: tuple[str, str, str], read: str | None) -> None:
    names = ("birth_year", "birth_month", "birth_day")
    given: dict[str, list[JSON]] = {name: [part or None] for name, part in zip(names, parts, strict=True)}
    assert with_birth_dates(given, dict.fromkeys(names, "text"))[0] == {"birth_date": [read]}
