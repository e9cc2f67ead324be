import re
import time

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations_pipelines.entities import JSON, KINDS, UncleanValue
from integrations_pipelines_tests.unit.entities.strategies import kinds_with_raw_values, raw_values

REGION = "US"


def cleaned(kind: str, value: object) -> JSON:
    try:
        return KINDS[kind].clean(value, REGION)
    except UncleanValue:
        return None


@given(kinds_with_raw_values)
@settings(max_examples=800, deadline=None)
@example(("username", "İ"))
@example(("email", "K@x.org"))
@example(("language", "eng"))
def test_cleaning_twice_changes_nothing(kind_and_value: tuple[str, object]) -> None:
    kind, value = kind_and_value
    once = cleaned(kind, value)
    assert cleaned(kind, once) == once


@given(kinds_with_raw_values)
@settings(max_examples=400, deadline=None)
def test_a_cleaned_value_holds_nothing_that_postgresql_refuses(kind_and_value: tuple[str, object]) -> None:
    text = orjson.dumps(cleaned(*kind_and_value)).decode()
    assert "\\u0000" not in text


@given(kinds_with_raw_values)
@settings(max_examples=500, deadline=None)
def test_what_cannot_be_read_says_why_without_its_value(kind_and_value: tuple[str, object]) -> None:
    kind, value = kind_and_value
    try:
        KINDS[kind].clean(value, REGION)
    except UncleanValue as reason:
        assert re.fullmatch(r"[A-Za-z0-9 ,?;-]+", str(reason))
        assert not re.search(r"\d{3}", str(reason))


@given(st.data(), st.sampled_from(sorted(name for name, kind in KINDS.items() if kind.clean_column)))
@settings(max_examples=500, deadline=None)
def test_a_column_is_cleaned_as_its_values_are_one_by_one(data: st.DataObject, kind: str) -> None:
    values = [value for value in data.draw(st.lists(raw_values(kind))) if is_readable(kind, value)]
    clean_column = KINDS[kind].clean_column
    assert clean_column
    assert clean_column(values, REGION) == [KINDS[kind].clean(value, REGION) for value in values]


def is_readable(kind: str, value: object) -> bool:
    try:
        KINDS[kind].clean(value, REGION)
    except UncleanValue:
        return False
    return True


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"json"}))
@pytest.mark.parametrize("nothing", [None, "", "  ", "n/a", "NULL", "-", " None\x00 "])
def test_nothing_is_read_as_nothing(kind: str, nothing: object) -> None:
    assert KINDS[kind].clean(nothing, REGION) is None


@pytest.mark.parametrize("kind", ["email", "phone", "domain", "url", "username", "person_name", "country"])
def test_unknown_is_no_value_where_it_cannot_be_one(kind: str) -> None:
    assert KINDS[kind].clean("Unknown", REGION) is None


def test_unknown_stays_where_it_may_be_meant() -> None:
    assert KINDS["text"].clean("Unknown", None) == "Unknown"


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_kind_is_registered_under_its_name_and_described(name: str) -> None:
    assert (KINDS[name].name, bool(KINDS[name].description)) == (name, True)


MONSTERS = {
    "integer": 10**5000,
    "digits": "9" * 100_000,
    "exponent": "1e999999",
    "spaces": " " * 50_000 + "x",
    "inner spaces": "1" + " " * 50_000 + "x",
    "addresses": "a@" * 50_000,
    "brackets": "(" * 50_000,
    "dots": "." * 50_000,
    "labels": "a-." * 30_000,
}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("monster", sorted(MONSTERS))
def test_a_monster_is_read_or_refused_in_no_time(kind: str, monster: str) -> None:
    start = time.process_time()
    cleaned(kind, MONSTERS[monster])
    assert time.process_time() - start < 1
