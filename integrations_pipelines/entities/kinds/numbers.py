"""Number kinds: integer, decimal, currency, money. Numbers stay exact: decimals are text, never floats."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from integrations_pipelines.entities.kinds.kind import JSON, UncleanValue
from integrations_pipelines.entities.kinds.texts import UNKNOWN, as_text, is_nothing

# ISO 4217 list one, funds codes included, and codes withdrawn since 2005 that old invoices still carry.
# Source: https://www.six-group.com/en/products-services/financial-information/data-standards.html
CURRENCIES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD
    CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL
    GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW
    KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD
    NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS
    VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    ANG BGN BYR CUC CYP EEK GHC HRK LTL LVL MRO MTL ROL SIT SKK SLL STD TRL VEF VEB ZMK ZWL
    """.split()
)
# Digits after the point where they are not two. Source: ISO 4217, column "minor unit".
_MINOR_DIGITS = dict.fromkeys(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
) | (dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3) | {"CLF": 4, "UYW": 4})
_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₩": "KRW",
    "₽": "RUB",
    "₺": "TRY",
    "₴": "UAH",
    "zł": "PLN",
    "US$": "USD",
}
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([,. '\u00a0\u202f’])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_LARGEST_INTEGER = 2**63 - 1


def read_decimal(value: object) -> Decimal | None:
    """The exact number; None for nothing. Raises ``UncleanValue``.

    Group marks are taken where they cannot be mistaken; "1,234" (1234 or 1.234?) is refused, not guessed.
    """
    if isinstance(value, bool):
        raise UncleanValue("not a number")
    text = as_text(value)
    if is_nothing(text, UNKNOWN):
        return None
    try:
        number = Decimal(_point(text[:200]))
    except InvalidOperation as error:
        raise UncleanValue("not a number") from error
    if not number.is_finite() or not -40 < number.adjusted() < 40 or len(number.as_tuple().digits) > 60:
        raise UncleanValue("not a number of usable size")
    return number


def _point(text: str) -> str:
    """``text`` with its group marks taken out and a point before the fraction."""
    if "," not in text and _GROUPED.fullmatch(text) is None:
        return text.replace("_", "x")
    last = max(text.rfind(","), text.rfind("."))
    marks = set(re.findall(r"[^\d+-]", text))
    if len(marks) == 1 and marks <= {",", "."} and text.count(text[last]) == 1:
        if len(text) - last - 1 == 3 and text[last] == ",":
            raise UncleanValue("group mark or decimal mark?")
        return text.replace(",", ".")
    if not _GROUPED.fullmatch(text):
        raise UncleanValue("not a number")
    return _ungrouped(text, marks, last)


def _ungrouped(text: str, marks: set[str], last: int) -> str:
    if len(marks) == 1:
        return re.sub(r"[^\d+-]", "", text)
    whole, fraction = text[:last], text[last + 1 :]
    return re.sub(r"[^\d+-]", "", whole) + "." + fraction


def plain(number: Decimal, digits: int = 0) -> str:
    """``number`` without exponent or needless zeros, with at least ``digits`` after the point."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    whole, _, fraction = ("0" if text in ("-0", "") else text).partition(".")
    fraction = fraction.ljust(digits, "0")
    return f"{whole}.{fraction}" if fraction else whole


def clean_decimal(value: object, _region: str | None = None) -> str | None:
    """An exact decimal number as text; None for nothing."""
    number = read_decimal(value)
    return None if number is None else plain(number)


def clean_integer(value: object, _region: str | None = None) -> int | None:
    """A whole number of at most 64 bits; None for nothing."""
    number = read_decimal(value)
    if number is None:
        return None
    if number != number.to_integral_value() or abs(number) > _LARGEST_INTEGER:
        raise UncleanValue("not a whole number of 64 bits")
    return int(number)


def clean_currency(value: object, _region: str | None = None) -> str | None:
    """An ISO 4217 code; None for nothing. A bare $ is refused: more than twenty currencies use it."""
    text = as_text(value)
    if is_nothing(text, UNKNOWN):
        return None
    code = _SYMBOLS.get(text, text.upper())
    if code not in CURRENCIES:
        raise UncleanValue("not a currency code")
    return code


def clean_money(value: object, region: str | None = None) -> JSON:
    """``{"amount": "12.30", "currency": "EUR"}``; None for nothing; currency None where the source names none.

    Takes that object, "12.30 EUR", "EUR 12.30", or a bare number.
    """
    amount, currency = _parts(value)
    number, code = read_decimal(amount), clean_currency(currency, region)
    if number is None:
        return None
    return {"amount": plain(number, minor_digits(code)), "currency": code}


def minor_digits(currency: str | None) -> int:
    """How many digits the currency has after the point; 0 where it is not known."""
    return _MINOR_DIGITS.get(currency, 2) if currency else 0


def _parts(value: object) -> tuple[object, object]:
    if isinstance(value, Mapping):
        return value.get("amount"), value.get("currency")
    if isinstance(value, str) and len(value) <= 100:
        found = re.fullmatch(r"\s*(US\$|[^\d\s.,+-]*)\s*([\d.,+\-\s'’]*?)\s*([^\d\s.,+-]*)\s*", value)
        if found and found[2] and not (found[1] and found[3]):
            return found[2], found[1] or found[3]
    return value, None


def clean_gtin(value: object, _region: str | None = None) -> str | None:
    """A GTIN (EAN, UPC, ISBN-13) as 14 digits; None for nothing. Raises ``UncleanValue`` for a wrong check digit.

    Source: GS1 General Specifications section 7.9 (check digit), 4.13 (GTIN in 14 digits).
    """
    if isinstance(value, float | bool):
        raise UncleanValue("an inexact number cannot be an id")
    text = as_text(value)
    digits = re.sub(r"[\s-]", "", text)
    if is_nothing(text, UNKNOWN) or (digits and not digits.strip("0")):
        return None
    if not re.fullmatch(r"(\d{8}|\d{12,14})", digits, re.ASCII):
        raise UncleanValue("not a GTIN")
    padded = digits.zfill(14)
    if sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(padded)) % 10:
        raise UncleanValue("a wrong check digit")
    return padded
