"""What a column's values say it is, and whether they can be what its heading says. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from integrations_pipelines.resolution.match.cleaning import clean_values
from integrations_pipelines.resolution.match.headings import IGNORED

_CONTENT = (
    (re.compile(r"[^@\s]+@[^@\s]+\.\w+"), "email"),
    (re.compile(r"https?://\S+|www\.\S+"), "website"),
    # Digits alone are more often a key than a phone number.
    (re.compile(r"(?=.*[-+() ./])\+?[\d\s()./-]{9,}\d"), "phone"),
)
_DATE = re.compile(r"((?:19|20)\d\d)-\d\d-\d\d|\d\d?[/.]\d\d?[/.]((?:19|20)\d\d)")
_POSTCODE = re.compile(r"(?=.*\d)[\w -]{2,10}")
_SAMPLE = 1000
_MOSTLY = 0.8
# The youngest that a column of birth dates has half of its people at least.
_GROWN_UP = 15
_PARTS = {"birth_year": 9999, "birth_month": 12, "birth_day": 31}


def sample_of(values: Sequence[object]) -> list[str]:
    """The first values that are there, as text."""
    found = (str(one).strip() for value in values for one in (value if isinstance(value, list) else [value]))
    return [
        text
        for text, _ in zip((text for text in found if text and text != "None"), range(_SAMPLE), strict=False)
    ]


def attribute_of_content(values: Sequence[object], entity_type: str) -> str | None:
    """The attribute that nearly all ``values`` look like, None for none that we would swear to."""
    sample = sample_of(values)
    if not sample:
        return None
    for pattern, attribute in _CONTENT:
        share = sum(bool(pattern.fullmatch(text)) for text in sample) / len(sample)
        if share >= _MOSTLY and not (attribute == "phone" and _are_dates(sample)):
            return attribute
    return "birth_date" if entity_type == "person" and _are_birth_dates(sample) else None


def _years(sample: Sequence[str]) -> list[int]:
    found = [_DATE.fullmatch(text) for text in sample]
    return [int(one[1] or one[2]) for one in found if one]


def _are_dates(sample: Sequence[str]) -> bool:
    return len(_years(sample)) >= _MOSTLY * len(sample)


def _are_birth_dates(sample: Sequence[str]) -> bool:
    years = sorted(_years(sample))
    return _are_dates(sample) and years[len(years) // 2] <= datetime.now(UTC).year - _GROWN_UP


def fits(values: Sequence[object], attribute: str, kind: str) -> bool:
    """Whether most values can be what the heading says; a column of rows without values fits nothing."""
    sample = sample_of(values)
    if not sample:
        return not values
    if attribute in _PARTS:
        good = [text for text in sample if text.isdecimal() and 1 <= int(text) <= _PARTS[attribute]]
        return len(good) > len(sample) / 2
    if attribute == "postcode":
        return sum(bool(_POSTCODE.fullmatch(text)) for text in sample) > len(sample) / 2
    if attribute == IGNORED or kind == IGNORED:
        return True
    _, unread = clean_values(sample, kind)
    return unread <= len(sample) / 2


def names_hold(names: Sequence[object], parts: Sequence[object]) -> bool:
    """Whether a column of names holds what the other column has: full names beside given names do."""
    both = [
        (str(name).casefold(), str(part).casefold())
        for name, part in zip(names, parts, strict=True)
        if name and part
    ][:_SAMPLE]
    return sum(part in name for name, part in both) > len(both) / 5


def most_telling(columns: Mapping[str, Sequence[object]]) -> str | None:
    """The column of words with the most distinct values, None where none has words and hardly two rows alike."""
    ranked = []
    for column, values in columns.items():
        sample = sample_of(values)
        worded = [text for text in sample if sum(map(str.isalpha, text)) > len(text) / 2 and len(text) > 2]
        if sample and len(worded) > _MOSTLY * len(sample):
            whole = min(len(values), _SAMPLE)
            ranked.append((len(set(worded)) / whole, " " in "".join(worded), column))
    best = max(ranked, default=(0.0, False, ""))
    return best[2] if best[0] > 1 / 5 else None
