"""How to ask for a span of time, and how to see which records are still there: backfills and sweeps. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integrations_pipelines.contract.moments import WriteMoment, write_iso
from integrations_pipelines.contract.pages import Pages, Place
from integrations_pipelines.contract.request import Request

FURTHEST_AHEAD = "Pacific/Kiritimati"


def write_minute_up_in_zone(moment: datetime, config: Mapping[str, str]) -> str:
    """Return ``2026-11-22 09:30``, rounded up, on the clock of the setting ``time_zone``: the end of a window.

    Without the setting it is the clock of the zone furthest ahead, as ``write_minute_in_zone`` takes the one furthest
    behind. Raise ``ValueError`` for a zone that nobody knows.
    """
    name = config.get("time_zone") or FURTHEST_AHEAD
    try:
        return (moment + timedelta(seconds=59.999999)).astimezone(ZoneInfo(name)).strftime("%Y-%m-%d %H:%M")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"no such time zone: {name}") from error


@dataclass(frozen=True, kw_only=True)
class WindowPart:
    """One place of a request that holds an end of the window, or both: ``template`` takes ``{from}`` and ``{to}``."""

    into: Place
    template: str


@dataclass(frozen=True, kw_only=True)
class Window:
    """How to list what lies within a half-open span of time, from ``{from}`` up to and without ``{to}``.

    ``parts`` go into the resource's own request, without its water mark, or into ``request`` with ``records`` and
    ``pages`` of its own. ``write_from`` may write an earlier moment and
    ``write_to`` a later one (an API that counts minutes, a clock of unknown zone): what comes twice changes nothing.
    ``of`` says which moment of a record lies in the span.
    """

    parts: tuple[WindowPart, ...]
    write_from: WriteMoment = write_iso
    write_to: WriteMoment = write_iso
    of: str = "updated"
    request: Request | None = None
    records: str | None = None
    pages: Pages | None = None

    def written(
        self, from_: datetime, to: datetime, config: Mapping[str, str]
    ) -> tuple[tuple[Place, str], ...]:
        """Return what goes where for one window. Raise ``ValueError`` where a writer does."""
        values = {"from": self.write_from(from_, config), "to": self.write_to(to, config)}
        return tuple((part.into, part.template.format_map(values)) for part in self.parts)


def _nothing() -> Mapping[str, str | int]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """How to see which records are still there, where that is cheaper than the resource's whole list.

    ``params``: beside the resource's own, to get little more than ids. ``every``: how often. ``pages``: where the
    resource's own do not fit. A record that is missing is asked for by the resource's ``single``, where it has one.
    """

    params: Mapping[str, str | int] = field(default_factory=_nothing)
    every: timedelta = timedelta(days=1)
    pages: Pages | None = None
