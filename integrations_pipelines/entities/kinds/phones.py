"""The phone kind: any written form to E.164, through ``phonenumbers``, with a fast path that gives the same answer."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, ValidationResult

from integrations_pipelines.entities.kinds.kind import JSON, UncleanValue
from integrations_pipelines.entities.kinds.texts import UNKNOWN, as_text, is_nothing, joined_lines
from integrations_pipelines.entities.remembered import Remembered

_SEPARATORS = str.maketrans("", "", " ().-")


def clean_phone(value: object, region: str | None = None) -> JSON:
    """The number in E.164, its extension dropped; None for nothing.

    Takes what has the length and the leading digits of a number of its country. Whether a number is assigned is not
    asked: the assignment tables age faster than a CRM. ``region`` reads national forms; without it they raise
    ``UncleanValue``. Source: ITU-T E.164, with the metadata of https://github.com/google/libphonenumber
    """
    return clean_phones((value,), region)[0]


def clean_phones(values: Sequence[object], region: str | None = None) -> list[JSON]:
    """``clean_phone`` of many values, where the usual forms take a short way to the same answer."""
    if not values:
        return []
    region = region.upper() if region else None
    # All at once, because ``translate`` spends most of its time on setting out.
    bare = joined_lines(values).translate(_SEPARATORS).split("\n")
    plan = (national_plan(region) if region else None) or _NO_PLAN
    sizes, own, whole, prefix = plan.sizes, plan.national.fullmatch, plan.whole.fullmatch, f"+{plan.code}"
    return [
        prefix + digits
        if len(digits) in sizes and own(digits)
        else digits
        if _foreign[digits[:4]](digits) or whole(digits)
        else _read(value, region)
        for value, digits in zip(values, bare, strict=True)
    ]


def _read(value: object, region: str | None) -> str | None:
    if isinstance(value, float | bool):
        raise UncleanValue("not a phone number")
    text = as_text(value)
    return None if is_nothing(text, UNKNOWN) else parsed(text, region)


@lru_cache(maxsize=8_192)
def parsed(text: str, region: str | None) -> str:
    """The number as ``phonenumbers`` itself reads it: the slow path, and the meaning of the fast one."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise UncleanValue(
            "not a phone number" if region else "not an international phone number, and no region is set"
        ) from error
    national = phonenumbers.national_significant_number(number)
    length = phonenumbers.is_possible_number_with_reason(number)
    code = number.country_code or 0
    if length != ValidationResult.IS_POSSIBLE or not any(one.fullmatch(national) for one in _patterns(code)):
        raise UncleanValue("not a phone number of its country")
    return f"+{code}{national}"


class Plan(NamedTuple):
    """The numbers of a region that need no second thought: ``national`` without, ``whole`` with the country code."""

    code: str
    sizes: frozenset[int]
    national: re.Pattern[str]
    whole: re.Pattern[str]


_NO_PLAN = Plan("", frozenset(), re.compile("(?!)"), re.compile("(?!)"))


@lru_cache(maxsize=1_024)
def plan_of(leading: str) -> Plan | None:
    """The plan behind the country calling code that ``leading`` (three digits) starts with; codes are prefix-free."""
    for size in (1, 2, 3):
        code = leading[:size]
        if code.isdecimal() and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            region = phonenumbers.region_code_for_country_code(int(code))
            metadata = PhoneMetadata.metadata_for_region(region, None) if region != "001" else None
            return _plan(metadata, ()) if metadata else None
    return None


def _fullmatch(start: str) -> Callable[[str], object]:
    plan = plan_of(start[1:]) if start[:1] == "+" else None
    return (plan or _NO_PLAN).whole.fullmatch


# By the first four characters: whether a number is unmistakably a whole one with its country code.
_foreign = Remembered(_fullmatch, 1_024)


@lru_cache(maxsize=512)
def national_plan(region: str) -> Plan | None:
    """The plan for numbers written without a country code in ``region``.

    What could be an international prefix or the country code itself goes the long way.
    """
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None:
        return None
    return _plan(metadata, (str(metadata.country_code), metadata.international_prefix or ""))


def _plan(metadata: PhoneMetadata, detours: tuple[str, ...]) -> Plan:
    """Left out is whatever ``phonenumbers`` may strip: leading zeros, a trunk prefix, a carrier code."""
    code = metadata.country_code or 0
    main = (
        PhoneMetadata.metadata_for_region(phonenumbers.region_code_for_country_code(code), None) or metadata
    )
    sizes = frozenset(main.general_desc.possible_length if main.general_desc else ())
    strip = "|".join(
        f"(?:{one})" for one in ("0", metadata.national_prefix_for_parsing or "", *detours) if one
    )
    national = rf"(?!{strip})(?:{_pattern(metadata).pattern})"
    lookahead = "|".join(rf"\d{{{size}}}" for size in sizes if size > 0) or "(?!)"
    whole = rf"\+{code}(?=(?:{lookahead})\Z){national}"
    return Plan(str(code), sizes, re.compile(national, re.ASCII), re.compile(whole, re.ASCII))


def _pattern(metadata: PhoneMetadata) -> re.Pattern[str]:
    """What every national number of the region looks like."""
    return re.compile((metadata.general_desc and metadata.general_desc.national_number_pattern) or r"(?!)")


@lru_cache(maxsize=512)
def _patterns(code: int) -> tuple[re.Pattern[str], ...]:
    """The patterns of all regions that share a country calling code."""
    regions = phonenumbers.region_codes_for_country_code(code)
    every = (PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in regions)
    return tuple(_pattern(metadata) for metadata in every if metadata)
