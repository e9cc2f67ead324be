"""Time kinds: date and timestamp. Ambiguous day and month are refused, never guessed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integrations_pipelines.entities.kinds.kind import JSON, UncleanValue
from integrations_pipelines.entities.kinds.texts import UNKNOWN, as_text, is_nothing
from integrations_pipelines.entities.remembered import Remembered

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
# Days that every month has; the others are asked of the calendar.
_COMMON = re.compile(rf"(?!0000)\d{{4}}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8]){_TIME}Z", re.ASCII)
_OTHER = re.compile(rf"\d{{4}}-\d\d-\d\d{_TIME}(?:\.\d{{1,6}})?Z", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_YEAR = re.compile(r"\d{4}", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4})", re.ASCII)
_DAY_NAMED = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.)?[ -]([a-z]{3,9})\.?,?[ -](\d{4})", re.ASCII | re.IGNORECASE
)
_MONTH_NAMED = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", re.ASCII | re.IGNORECASE)
_MONTHS = {
    name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}


def clean_timestamp(value: object, _region: str | None = None) -> JSON:
    """The instant as ``2024-01-02T03:04:05.000000Z``; None for nothing. Without a zone it is read as UTC.

    Takes ISO 8601, RFC 2822, and epoch seconds, milliseconds, microseconds or nanoseconds, told apart by size.
    """
    return clean_timestamps((value,))[0]


def clean_timestamps(values: Sequence[object], _region: str | None = None) -> list[JSON]:
    """``clean_timestamp`` of many values."""
    is_common = _COMMON.fullmatch
    return [
        value[:-1] + ".000000Z" if type(value) is str and is_common(value) else _read(value)
        for value in values
    ]


def _exists(day: str) -> bool:
    try:
        return bool(date.fromisoformat(day))
    except ValueError:
        return False


_is_day = Remembered(_exists)


def _read(value: object) -> str | None:
    if type(value) is str and _OTHER.fullmatch(value) and _is_day[value[:10]]:
        return f"{value[:19]}.{value[20:-1]:0<6}Z"
    text = as_text(value)
    if isinstance(value, bool):
        raise UncleanValue("not a time")
    return None if is_nothing(text, UNKNOWN) else _written(_instant(text))


def _written(instant: datetime) -> str:
    return instant.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _instant(text: str) -> datetime:
    if len(text) > 100:
        raise UncleanValue("not a time")
    if _NUMBER.fullmatch(text) and not (len(text) == 8 and text.isdigit()):
        return _from_epoch(text)
    try:
        return _from_iso(text)
    except UncleanValue:
        return _from_mail(text)


def _from_iso(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text.removesuffix(" UTC").removesuffix(" GMT"))
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise UncleanValue("not a time") from error


def _from_mail(text: str) -> datetime:
    """An RFC 2822 date, as in HTTP headers."""
    try:
        instant = parsedate_to_datetime(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise UncleanValue("not a time") from error


def _from_epoch(text: str) -> datetime:
    """Below 1e11 are seconds (until the year 5138); each thousandfold beyond is a finer unit."""
    try:
        seconds = Decimal(text[:100])
        if seconds.adjusted() > 30:
            raise UncleanValue("not a time")
        for _ in range(3):
            seconds = seconds / 1000 if abs(seconds) >= 100_000_000_000 else seconds
        return _EPOCH + timedelta(microseconds=int((seconds * 1_000_000).to_integral_value()))
    except (OverflowError, InvalidOperation, ValueError) as error:
        raise UncleanValue("not a time") from error


def clean_date(value: object, _region: str | None = None) -> str | None:
    """The calendar day as ``2024-01-02``; None for nothing. Of a timestamp: the day as written.

    "02.01.2024" has the day first, as in every locale that writes dots (https://cldr.unicode.org); "02/01/2024" is
    refused unless one number is above 12 or both are the same. Epoch numbers are read as UTC; of four digits they are
    a year, and refused.
    """
    text = as_text(value)
    if is_nothing(text, UNKNOWN):
        return None
    if _YEAR.fullmatch(text):
        raise UncleanValue("a year alone is no day")
    if _NUMBER.fullmatch(text) and not isinstance(value, bool) and not (len(text) == 8 and text.isdigit()):
        return _from_epoch(text).date().isoformat()
    return _day(text, None).isoformat()


def read_date(value: object, *, day_first: bool) -> str | None:
    """``clean_date`` for a source that is known to put the day (or the month) first."""
    text = as_text(value)
    return None if is_nothing(text, UNKNOWN) else _day(text, day_first).isoformat()


def _day(text: str, day_first: bool | None) -> date:
    try:
        return _numbered(text, day_first) or _named(text) or date.fromisoformat(text)
    except ValueError as error:
        raise UncleanValue(str(error) if isinstance(error, UncleanValue) else "not a date") from error


def _numbered(text: str, day_first: bool | None) -> date | None:
    if found := _YEAR_FIRST.match(text):
        return date(int(found[1]), int(found[3]), int(found[4]))
    if found := _YEAR_LAST.match(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        day_leads = True if found[2] == "." and day_first is None else day_first
        return _ordered(first, second, year, day_leads)
    return None


def _ordered(first: int, second: int, year: int, day_first: bool | None) -> date:
    if day_first is None and first <= 12 and second <= 12 and first != second:
        raise UncleanValue("day or month first?")
    day_leads = first > 12 if day_first is None else day_first
    return date(year, second, first) if day_leads else date(year, first, second)


def _named(text: str) -> date | None:
    if found := _DAY_NAMED.fullmatch(text):
        return date(int(found[3]), _month(found[2]), int(found[1]))
    if found := _MONTH_NAMED.fullmatch(text):
        return date(int(found[3]), _month(found[1]), int(found[2]))
    return None


def _month(name: str) -> int:
    number = _MONTHS.get(name[:3].lower())
    if number is None:
        raise UncleanValue("not a month")
    return number


@dataclass(frozen=True)
class TimeFormat:
    """How a third party writes moments: ``%Y-%m-%d.%H:%M:%S``, or with its clock, ``%d/%m/%Y %H:%M @ Asia/Tokyo``.

    Making one raises ``ValueError`` for a format or a zone that nobody can read.
    """

    text: str

    def __post_init__(self) -> None:
        try:
            self.read(self.write(_EPOCH))
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{self.text!r} is no format of a time: {error}") from error

    @property
    def _parts(self) -> tuple[str, ZoneInfo]:
        pattern, _, zone = self.text.partition(" @ ")
        return pattern, ZoneInfo(zone.strip() or "UTC")

    def read(self, value: object) -> datetime:
        """Return the moment of ``value``. Raise ``ValueError``."""
        pattern, zone = self._parts
        moment = datetime.strptime(str(value).strip(), pattern)  # noqa: DTZ007 - the zone follows
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)

    def write(self, moment: datetime) -> str:
        """Return ``moment`` as the third party writes it."""
        pattern, zone = self._parts
        return moment.astimezone(zone).strftime(pattern)
