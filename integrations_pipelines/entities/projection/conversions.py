"""Conversions that a ``Field`` may name: what a third party's habit needs before the kind cleans."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from integrations_pipelines.entities.kinds.emails import clean_email
from integrations_pipelines.entities.kinds.kind import UncleanValue
from integrations_pipelines.entities.kinds.numbers import (
    CURRENCIES,
    clean_currency,
    minor_digits,
    plain,
    read_decimal,
)
from integrations_pipelines.entities.kinds.texts import as_text, clean_boolean
from integrations_pipelines.entities.kinds.times import TimeFormat, read_date
from integrations_pipelines.entities.mailboxes import is_free_mail
from integrations_pipelines.errors import ContractError


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """``apply`` changes one raw value, or with ``takes_parts`` the list of what each path of a tuple found."""

    apply: Callable[[object], object]
    description: str
    takes_parts: bool = False


def _split(value: object) -> object:
    return [part for part in re.split(r"[;,\n|]", as_text(value)) if part.strip()]


def _email_domain(value: object) -> object:
    domain = str(clean_email(value) or "").rpartition("@")[2]
    return None if not domain or is_free_mail(domain) else domain


def _negated(value: object) -> object:
    truth = clean_boolean(value)
    return None if truth is None else not truth


def _milliseconds(value: object) -> object:
    number = read_decimal(value)
    return None if number is None else _instant(number / 1000)


def _seconds(value: object) -> object:
    number = read_decimal(value)
    return None if number is None else _instant(number)


def _instant(seconds: Decimal) -> str:
    try:
        return (
            datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(seconds * 1_000_000))
        ).isoformat()
    except OverflowError as error:
        raise UncleanValue("not a time") from error


def _money(parts: object) -> object:
    amount, currency = _two(parts)
    return {"amount": amount, "currency": currency}


def _minor_money(parts: object) -> object:
    amount, currency = _two(parts)
    number, code = read_decimal(amount), clean_currency(currency)
    if number is None:
        return None
    if code not in CURRENCIES:
        raise UncleanValue("minor units without a currency")
    return {"amount": plain(number.scaleb(-minor_digits(code))), "currency": code}


def _two(parts: object) -> tuple[object, object]:
    if not isinstance(parts, list) or len(parts) != 2:
        raise UncleanValue("not an amount and a currency")
    return parts[0], parts[1]


def _document_text(value: object) -> object:
    """The text of a rich-text tree. Source: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/"""
    if isinstance(value, str) or value is None:
        return value
    if not isinstance(value, dict) or "type" not in value:
        raise UncleanValue("not a rich text")
    return "".join(_texts(value, _DEEPEST)).strip()


_DEEPEST = 100
_BLOCKS = frozenset(
    {"paragraph", "heading", "listItem", "codeBlock", "blockquote", "rule", "tableRow", "hardBreak"}
)


def _texts(node: object, depth: int) -> Iterator[str]:
    if depth == 0:
        raise UncleanValue("nested too deeply")
    if isinstance(node, list):
        for item in node:
            yield from _texts(item, depth - 1)
    elif isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node["text"]
        yield from _texts(node.get("content"), depth - 1)
        if node.get("type") in _BLOCKS:
            yield "\n"


def _last_segment(value: object) -> object:
    return as_text(value).rstrip("/").rpartition("/")[2].partition("?")[0] or None


CONVERSIONS: Mapping[str, Conversion] = MappingProxyType(
    {
        "split": Conversion(
            apply=_split, description="Several values in one text, by comma, semicolon, bar, line."
        ),
        "email_domain": Conversion(
            apply=_email_domain, description="The domain of an address, unless it is free mail."
        ),
        "not": Conversion(apply=_negated, description="The opposite truth value (archived, for is_active)."),
        "seconds": Conversion(apply=_seconds, description="Epoch seconds, whatever their size."),
        "milliseconds": Conversion(
            apply=_milliseconds, description="Epoch milliseconds, whatever their size."
        ),
        "day_first": Conversion(
            apply=lambda v: read_date(v, day_first=True), description="A date, the day first."
        ),
        "month_first": Conversion(
            apply=lambda v: read_date(v, day_first=False), description="A date, the month first."
        ),
        "money": Conversion(
            apply=_money, takes_parts=True, description="Amount and currency, from two paths."
        ),
        "minor_money": Conversion(
            apply=_minor_money, takes_parts=True, description="Cents and currency, from two paths."
        ),
        "document_text": Conversion(
            apply=_document_text, description="The text of a rich-text tree (Jira, ADF)."
        ),
        "last_segment": Conversion(
            apply=_last_segment, description="What stands after the last slash of a URL."
        ),
    }
)


def by_format(text: str) -> Conversion:
    """The conversion of times that are written as ``text`` says. Raises ``ContractError`` for a bad format."""
    try:
        known = TimeFormat(text)
    except ValueError as error:
        raise ContractError(f"conversion {error}") from error

    def read(value: object) -> object:
        try:
            return known.read(value).isoformat()
        except ValueError as error:
            raise UncleanValue("not a time as the format says") from error

    return Conversion(apply=read, description="A time by its format.")
