"""The phone kind: any written form to E.164, through ``phonenumbers``, with a fast path that gives the same answer."""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, ValidationResult

from integrations_pipelines.entities.kinds.kind import UncleanValue
from integrations_pipelines.entities.kinds.texts import UNKNOWN, as_text, is_nothing

_SEPARATORS = str.maketrans("", "", " ().-")
_LEADING = frozenset("+(0123456789")


def clean_phone(value: object, region: str | None = None) -> str | None:
    """The number in E.164, its extension dropped; None for nothing.

    Takes what has the length and the leading digits of a number of its country. Whether a number is assigned is not
    asked: the assignment tables age faster than a CRM. ``region`` reads national forms; without it they raise
    ``UncleanValue``. Source: ITU-T E.164, with the metadata of https://github.com/google/libphonenumber
    """
    if type(value) is str and value and value[0] in _LEADING and value.isascii():
        quick = _quick(value.translate(_SEPARATORS), region)
        if quick is not None:
            return quick
    text = as_text(value)
    return None if is_nothing(text, UNKNOWN) else parsed(text, region)


@lru_cache(maxsize=8_192)
def parsed(text: str, region: str | None) -> str:
    """The number as ``phonenumbers`` itself reads it: the slow path, and the meaning of the fast one."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise UncleanValue("not a phone number" if region else "not an international phone number") from error
    national = phonenumbers.national_significant_number(number)
    length = phonenumbers.is_possible_number_with_reason(number)
    code = number.country_code or 0
    if length != ValidationResult.IS_POSSIBLE or not any(one.fullmatch(national) for one in _patterns(code)):
        raise UncleanValue("not a phone number of its country")
    return f"+{code}{national}"


class _Plan(NamedTuple):
    """What the fast path must know of a region; ``plain`` takes the national numbers that need no second thought."""

    code: str
    lengths: frozenset[int]
    plain: re.Pattern[str]
    detour: re.Pattern[str]


def _quick(digits: str, region: str | None) -> str | None:
    """The number, when it is unmistakably a whole one; None sends it the long way."""
    if digits[:1] == "+":
        return _international(digits)
    plan = _national_plan(region) if region and digits.isdigit() else None
    if (
        plan
        and len(digits) in plan.lengths
        and plan.plain.fullmatch(digits)
        and not plan.detour.match(digits)
    ):
        return f"+{plan.code}{digits}"
    return None


def _international(digits: str) -> str | None:
    plan = _plan_of(digits[1:4])
    if plan is None:
        return None
    national = digits[len(plan.code) + 1 :]
    if len(national) in plan.lengths and plan.plain.fullmatch(national) and not plan.detour.match(national):
        return digits
    return None


@lru_cache(maxsize=1_024)
def _plan_of(leading: str) -> _Plan | None:
    """The plan behind the country calling code that ``leading`` (three digits) starts with; codes are prefix-free."""
    for size in (1, 2, 3):
        code = leading[:size]
        if code.isdigit() and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            region = phonenumbers.region_code_for_country_code(int(code))
            metadata = PhoneMetadata.metadata_for_region(region, None) if region != "001" else None
            return _plan(metadata, ()) if metadata else None
    return None


@lru_cache(maxsize=512)
def _national_plan(region: str) -> _Plan | None:
    """The plan for numbers written without a country code in ``region``.

    The detour also covers what could be an international prefix or the country code itself.
    """
    metadata = PhoneMetadata.metadata_for_region(region.upper(), None)
    if metadata is None:
        return None
    return _plan(metadata, (str(metadata.country_code), metadata.international_prefix or ""))


def _plan(metadata: PhoneMetadata, also: tuple[str, ...]) -> _Plan:
    """A detour is whatever ``phonenumbers`` may strip: leading zeros, a trunk prefix, a carrier code."""
    code = metadata.country_code or 0
    main = (
        PhoneMetadata.metadata_for_region(phonenumbers.region_code_for_country_code(code), None) or metadata
    )
    detours = filter(None, ("0", metadata.national_prefix_for_parsing or "", *also))
    return _Plan(
        str(code),
        frozenset(main.general_desc.possible_length if main.general_desc else ()),
        _pattern(metadata),
        re.compile("|".join(f"(?:{detour})" for detour in detours)),
    )


def _pattern(metadata: PhoneMetadata) -> re.Pattern[str]:
    """What every national number of the region looks like."""
    return re.compile((metadata.general_desc and metadata.general_desc.national_number_pattern) or r"(?!)")


@lru_cache(maxsize=512)
def _patterns(code: int) -> tuple[re.Pattern[str], ...]:
    """The patterns of all regions that share a country calling code."""
    regions = phonenumbers.region_codes_for_country_code(code)
    every = (PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in regions)
    return tuple(_pattern(metadata) for metadata in every if metadata)
