import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.cli.words import (
    on_one_line,
    pairs,
    record_key_of,
    resource_of,
    seconds,
    shown,
    system_key_of,
    told,
    uuid_of,
)
from integrations_pipelines.errors import UsageError


@given(st.text())
def test_no_shown_text_holds_a_control_character(text: str) -> None:
    assert not [
        one for one in shown(text) if ord(one) < 32 or 0x7F <= ord(one) < 0xA0 or one in "\u202e\u2066"
    ]


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(on_one_line(text).splitlines()) <= 1


@given(st.text(min_size=1))
def test_a_record_id_may_hold_anything_colons_too(record: str) -> None:
    assert record_key_of(f"crm:contacts:{record}") == ("crm", "contacts", record)


@pytest.mark.parametrize("word", ["", "crm", "crm:contacts", "crm:contacts:", ":contacts:1", "crm::1", "::"])
def test_half_a_record_key_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        record_key_of(word)


@pytest.mark.parametrize("word", ["crm", "crm-eu", "a.b_c-1", "7"])
def test_a_plain_name_can_name_a_source_system(word: str) -> None:
    assert system_key_of(word) == word


@pytest.mark.parametrize("word", ["", "Crm", "a:b", "a b", "-a", "a..b", "a/b", "a" * 64, "ä", "a\n"])
def test_what_would_break_keys_and_paths_cannot_name_a_source_system(word: str) -> None:
    with pytest.raises(UsageError):
        system_key_of(word)


@pytest.mark.parametrize("word", ["", "Rows", "a-b", "a__b", "_a", "1a", "a" * 41])
def test_what_would_break_a_table_name_cannot_name_a_resource(word: str) -> None:
    with pytest.raises(UsageError):
        resource_of(word)


def test_durations_come_in_four_units() -> None:
    assert [seconds(word, "--poll") for word in ("90", "90s", "15m", "6h", "1d")] == [
        90,
        90,
        900,
        21600,
        86400,
    ]


@pytest.mark.parametrize("word", ["", "0", "-5m", "soon", "1w", "99999999999d", "9999999d"])
def test_what_is_no_duration_is_refused_by_name(word: str) -> None:
    with pytest.raises(UsageError, match="--poll"):
        seconds(word, "--poll")


def test_a_pair_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        pairs(["a=1", "hunter2-is-my-secret"], "--set")
    assert "hunter2" not in str(caught.value)


def test_a_column_may_hold_an_equals_sign() -> None:
    assert pairs(["a=b=email"], "--map", split_last=True) == {"a=b": "email"}


def test_a_uuid_is_told_from_a_record_key() -> None:
    one = uuid.uuid4()
    assert [uuid_of(word) for word in (str(one), one.hex, "crm:contacts:1", "x" * 36)] == [
        one,
        one,
        None,
        None,
    ]


def test_a_reason_names_classes_without_their_modules() -> None:
    reason = (
        "integrations_pipelines.errors.RateLimited: slow <- httpx.ReadTimeout: no answer from api.example"
    )
    assert told(reason) == "RateLimited: slow <- ReadTimeout: no answer from api.example"
