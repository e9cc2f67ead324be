"""Named converters between a third party's time stamps and ours. A connector names one; it never writes one
inline.

``read_*`` turns a value of a record into a moment and raises ``ValueError`` for anything else;
``write_*`` turns a moment into what a request wants, given the settings of the source system.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integrations_pipelines.entities.kinds.times import TimeFormat

ReadMoment = Callable[[Any], datetime]
WriteMoment = Callable[[datetime, Mapping[str, str]], str]

# The zone whose clock is furthest behind: a text written there is never later than meant, wherever it is
# read.
FURTHEST_BEHIND = "Etc/GMT+12"


def read_iso(value: Any) -> datetime:
    """Return the moment of an ISO 8601 text; without an offset it is UTC."""
    if not isinstance(value, str):
        raise ValueError(f"not an ISO 8601 text: {type(value).__name__}")  # noqa: TRY004 - one error for all
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_epoch_seconds(value: Any) -> datetime:
    """Return the moment of a number of seconds since 1970, as a number or as digits."""
    return _epoch(value, 1)


def read_epoch_milliseconds(value: Any) -> datetime:
    """Return the moment of a number of milliseconds since 1970, as a number or as digits."""
    return _epoch(value, 1000)


def _epoch(value: Any, units: int) -> datetime:
    try:
        return datetime.fromtimestamp(float(value) / units, UTC)
    except (OverflowError, OSError, TypeError) as error:
        raise ValueError("not a number of seconds that a calendar knows") from error


def write_iso(moment: datetime, config: Mapping[str, str]) -> str:
    """Return ``2026-11-22T09:30:00Z``, to the second, rounded down."""
    del config
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_epoch_seconds(moment: datetime, config: Mapping[str, str]) -> str:
    """Return whole seconds since 1970, rounded down."""
    del config
    return str(int(moment.timestamp()))


def write_epoch_milliseconds(moment: datetime, config: Mapping[str, str]) -> str:
    """Return whole milliseconds since 1970, rounded down."""
    del config
    return str(int(moment.timestamp() * 1000))


def write_minute_in_zone(moment: datetime, config: Mapping[str, str]) -> str:
    """Return ``2026-11-22 09:30``, rounded down, on the clock of the setting ``time_zone``.

    Without the setting it is the clock of the zone furthest behind: then nothing can be missed whatever the
    third party's zone is, and up to 26 hours of changes are read again, which changes nothing. Raise
    ``ValueError`` for a zone that nobody knows.
    """
    name = config.get("time_zone") or FURTHEST_BEHIND
    try:
        return moment.astimezone(ZoneInfo(name)).strftime("%Y-%m-%d %H:%M")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"no such time zone: {name}") from error


@dataclass(frozen=True)
class ReadFormat:
    """Reads a text by ``format``, as ``strptime`` writes it; ``%d.%m.%Y %H:%M @ Europe/Berlin`` names the zone too.

    Without a zone, in the text or behind the ``@``, it is UTC. Raise ``ValueError`` when made, for a bad format.
    """

    format: str

    def __post_init__(self) -> None:
        TimeFormat(self.format)

    def __call__(self, value: Any) -> datetime:
        """Return the moment of ``value``. Raise ``ValueError``."""
        return TimeFormat(self.format).read(value)


@dataclass(frozen=True)
class WriteFormat:
    """Writes a moment by ``format``, as ``strftime`` does, on the clock of the zone behind the ``@``; else in UTC."""

    format: str

    def __post_init__(self) -> None:
        TimeFormat(self.format)

    def __call__(self, moment: datetime, config: Mapping[str, str]) -> str:
        """Return the text for a request. It is never later than ``moment``: formats cut, they do not round."""
        del config
        return TimeFormat(self.format).write(moment)
