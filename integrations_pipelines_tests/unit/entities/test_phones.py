import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations_pipelines.entities import KINDS, UncleanValue
from integrations_pipelines.entities.kinds import phones

clean = KINDS["phone"].clean
REGIONS = [
    None,
    "US",
    "CA",
    "GB",
    "DE",
    "FR",
    "IT",
    "BR",
    "AR",
    "MX",
    "AU",
    "JP",
    "IN",
    "RU",
    "KZ",
    "CH",
    "SM",
    "CI",
    "BS",
]

written = (
    st.from_regex(r"\A\+?[ (]?\d{1,4}[ ).-]{0,2}\d{1,5}[ .-]?\d{1,5}[ .-]?\d{0,5}\Z")
    | st.from_regex(r"\A\+(1|7|20|39|44|49|52|54|55|61|81|225|378|599|800)[ .-]?\d{6,11}\Z")
    | st.from_regex(r"\A(00|011|0|1|8)?[ (]{0,2}\d{2,4}[ )-]{0,2}\d{5,8}( ?(x|ext\.? ?)\d{1,4})?\Z")
    | st.text(alphabet="0123456789+ ().-", min_size=5, max_size=18)
)


def by_the_long_way(text: str, region: str | None) -> str | None:
    try:
        return phones.parsed.__wrapped__(text, region)
    except UncleanValue:
        return None


def by_any_way(text: str, region: str | None) -> object:
    try:
        return clean(text, region)
    except UncleanValue:
        return None


@given(written, st.sampled_from(REGIONS))
@settings(max_examples=300, deadline=None)
@example("+1 (202) 555-0123", "GB")
@example("49 30 123456", "DE")
@example("(+1)2025550123", "US")
@example("011442079460958", "US")
@example("+390612345678", None)
@example("+54 9 11 2345 6789", "AR")
@example("15551234567", "AR")
@example("+7 8 495 1234567", "RU")
def test_the_short_way_gives_what_phonenumbers_gives(text: str, region: str | None) -> None:
    assert by_any_way(text, region) == by_the_long_way(text, region)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_example_of_each_region_is_read_alike_in_all_forms(region: str) -> None:
    number = phonenumbers.example_number(region)
    if number is None:
        pytest.skip("phonenumbers has no example")
    forms = [phonenumbers.format_number(number, form) for form in (0, 1, 2)]
    assert {clean(form, region) for form in forms} == {forms[0]}


def test_five_spellings_are_one_number() -> None:
    spellings = [
        "+1 202-555-0123",
        "(202) 555-0123",
        "202.555.0123",
        "1-202-555-0123",
        "tel:+12025550123",
        "+12025550123 x9",
    ]
    assert {clean(spelling, "US") for spelling in spellings} == {"+12025550123"}


@pytest.mark.parametrize(
    "raw", ["12", "+1 123 456 7890", "call me", "+999 123456", "+1 202 555", 1.5e9, True]
)
def test_what_is_no_phone_number_is_refused(raw: object) -> None:
    with pytest.raises(UncleanValue):
        clean(raw, "US")


def test_a_national_form_without_a_region_is_refused_not_guessed() -> None:
    with pytest.raises(UncleanValue):
        clean("(202) 555-0123", None)


def test_a_region_may_be_written_small() -> None:
    assert clean("030 123456", "de") == clean("030 123456", "DE") == "+4930123456"
