from decimal import Decimal

import pytest

from integrations_pipelines.entities import KINDS, UncleanValue


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("12.30", "12.3"),
        (12.1, "12.1"),
        (1e21, "1000000000000000000000"),
        ("-0", "0"),
        ("1,234.50", "1234.5"),
        ("1.234,50", "1234.5"),
        ("1 234 567,5", "1234567.5"),
        ("1'234.50", "1234.5"),
        ("12,5", "12.5"),
        ("1,234,567", "1234567"),
        ("1.234", "1.234"),
        (Decimal("1E+3"), "1000"),
        ("100", "100"),
        ("0.10", "0.1"),
    ],
)
def test_a_decimal_is_exact_and_plain(raw: object, number: str) -> None:
    assert KINDS["decimal"].clean(raw, None) == number


@pytest.mark.parametrize(
    "raw", ["1,234", "12.34.56", "1,23,4", "abc", "NaN", "inf", True, "1e99999", "1_000", [1]]
)
def test_what_is_no_certain_number_is_refused(raw: object) -> None:
    with pytest.raises(UncleanValue):
        KINDS["decimal"].clean(raw, None)


@pytest.mark.parametrize(
    ("raw", "number"), [("12", 12), (12.0, 12), ("1,234,567", 1234567), (2**63 - 1, 2**63 - 1)]
)
def test_a_whole_number_is_read(raw: object, number: int) -> None:
    assert KINDS["integer"].clean(raw, None) == number


@pytest.mark.parametrize("raw", [1.5, "1.5", 2**63, "many", False])
def test_what_is_no_whole_number_is_refused(raw: object) -> None:
    with pytest.raises(UncleanValue):
        KINDS["integer"].clean(raw, None)


@pytest.mark.parametrize(
    ("raw", "amount", "currency"),
    [
        ({"amount": "12.3", "currency": "eur"}, "12.30", "EUR"),
        ({"amount": 1200, "currency": "JPY"}, "1200", "JPY"),
        ({"amount": "1.5", "currency": "KWD"}, "1.500", "KWD"),
        ({"amount": "0.123456", "currency": "USD"}, "0.123456", "USD"),
        ("12.30 EUR", "12.30", "EUR"),
        ("€ 1,234.50", "1234.50", "EUR"),
        ("-5 usd", "-5.00", "USD"),
        ("12.30", "12.3", None),
    ],
)
def test_money_is_exact(raw: object, amount: str, currency: str | None) -> None:
    assert KINDS["money"].clean(raw, None) == {"amount": amount, "currency": currency}


@pytest.mark.parametrize("raw", ["$5", "EUR 5 USD", "five EUR", {"amount": "5", "currency": "XYZ"}])
def test_money_in_no_certain_currency_is_refused(raw: object) -> None:
    with pytest.raises(UncleanValue):
        KINDS["money"].clean(raw, None)


@pytest.mark.parametrize(
    ("raw", "gtin"),
    [("4006381333931", "04006381333931"), ("96385074", "00000096385074"), (36000291452, None)],
)
def test_a_trade_item_number_has_14_digits(raw: object, gtin: str | None) -> None:
    if gtin is None:
        with pytest.raises(UncleanValue):
            KINDS["gtin"].clean(raw, None)
    else:
        assert KINDS["gtin"].clean(raw, None) == gtin


def test_a_wrong_check_digit_is_refused() -> None:
    with pytest.raises(UncleanValue):
        KINDS["gtin"].clean("4006381333932", None)
