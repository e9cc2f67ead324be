import pytest

from integrations_pipelines.entities import KINDS, UncleanValue


def test_controls_and_lone_surrogates_are_left_out() -> None:
    assert KINDS["text"].clean(" a\x00b\ud800c\x1b[0m\r\nd ", None) == "abc[0m\nd"


def test_one_letter_in_two_codings_is_one_text() -> None:
    assert KINDS["text"].clean("e\u0301", None) == KINDS["text"].clean("é", None)


def test_a_name_stands_on_one_line() -> None:
    assert KINDS["person_name"].clean("  Ada \n\t Lovelace ", None) == "Ada Lovelace"


def test_the_lines_of_an_address_become_commas() -> None:
    assert KINDS["address"].clean("1 High St\r\n\r\nFlat 2 ,\nLondon", None) == "1 High St, Flat 2, London"


@pytest.mark.parametrize(
    ("raw", "identifier"),
    [(12345678901234567890123, "12345678901234567890123"), (" a-1 ", "a-1"), (0, "0"), ("007", "007")],
)
def test_an_id_keeps_its_exact_text(raw: object, identifier: str) -> None:
    assert KINDS["identifier"].clean(raw, None) == identifier


@pytest.mark.parametrize("raw", [1.0, 1.2345678901234568e29, float("nan"), True, {"id": 1}, "x" * 600])
def test_an_inexact_or_compound_id_is_refused(raw: object) -> None:
    with pytest.raises(UncleanValue):
        KINDS["identifier"].clean(raw, None)


@pytest.mark.parametrize(
    ("raw", "username"), [("@Ada", "ada"), ("ADA.L", "ada.l"), ("@", None), ("Straße", "strasse")]
)
def test_a_username_is_folded(raw: str, username: str | None) -> None:
    assert KINDS["username"].clean(raw, None) == username


@pytest.mark.parametrize(
    ("raw", "truth"), [(True, True), ("Yes", True), (0, False), ("off", False), ("unknown", None)]
)
def test_a_truth_value_is_read(raw: object, truth: bool | None) -> None:
    assert KINDS["boolean"].clean(raw, None) is truth


def test_what_is_neither_true_nor_false_is_refused() -> None:
    with pytest.raises(UncleanValue):
        KINDS["boolean"].clean("maybe", None)


def test_json_is_kept_whole_but_for_what_jsonb_refuses() -> None:
    assert KINDS["json"].clean({"a\x00": ["b\x00", 1, 2.5, None, True]}, None) == {
        "a": ["b", 1, 2.5, None, True]
    }


@pytest.mark.parametrize("raw", [float("inf"), 2**70, {"a": object()}])
def test_what_json_cannot_say_is_refused(raw: object) -> None:
    with pytest.raises(UncleanValue):
        KINDS["json"].clean(raw, None)


def test_json_nested_without_end_is_refused() -> None:
    deep: list[object] = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(UncleanValue):
        KINDS["json"].clean(deep, None)
