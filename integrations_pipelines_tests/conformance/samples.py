"""Records as a resource describes them: made from its key, version, flag and paths, as they write."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from integrations_pipelines.contract import (
    DeletedFlag,
    ReadFormat,
    Resource,
    SecondListing,
    Version,
    placed_at,
    read_epoch_milliseconds,
    read_epoch_seconds,
    read_iso,
    steps,
    write_epoch_milliseconds,
    write_epoch_seconds,
    write_iso,
    write_minute_in_zone,
    write_minute_up_in_zone,
)
from integrations_pipelines.contract.moments import WriteFormat
from integrations_pipelines.entities.kinds.times import TimeFormat
from integrations_pipelines.entities.projection import Field, Link

WRITERS: Mapping[Any, Callable[[datetime], Any]] = {
    read_iso: lambda moment: moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    read_epoch_seconds: lambda moment: int(moment.timestamp()),
    read_epoch_milliseconds: lambda moment: int(moment.timestamp() * 1000),
}
READERS: Mapping[Any, Callable[[str], datetime]] = {
    write_iso: lambda text: datetime.fromisoformat(text),
    write_epoch_seconds: lambda text: datetime.fromtimestamp(int(text), UTC),
    write_epoch_milliseconds: lambda text: datetime.fromtimestamp(int(text) / 1000, UTC),
    # The third party's clock is UTC here; the account does not say so, and nothing may be missed.
    write_minute_in_zone: lambda text: datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC),
    write_minute_up_in_zone: lambda text: datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC),
}


def written(version: Version, moment: datetime) -> Any:
    """Return ``moment`` as the third party writes it."""
    if isinstance(version.read, ReadFormat):
        return TimeFormat(version.read.format).write(moment)
    return WRITERS[version.read](moment)


def understood(write: Any, text: str) -> datetime:
    """Return the moment that the third party understands by what a request says."""
    return TimeFormat(write.format).read(text) if isinstance(write, WriteFormat) else READERS[write](text)


def record(resource: Resource, number: int, moment: datetime, *, gone: bool = False) -> dict[str, Any]:
    """Return record ``number`` in its version of ``moment``."""
    made: Any = {}
    for path in simple_paths(resource):
        made = placed_at(made, path, f"{path.rpartition('.')[2]} {number}")
    for path in resource.key:
        made = placed_at(made, path, str(number))
    for rule in resource.passed_over:
        made = made if rule.path in resource.key else placed_at(made, rule.path, "something else")
    if resource.version is not None:
        made = placed_at(made, resource.version.path, written(resource.version, moment))
    if isinstance(resource.deleted, DeletedFlag):
        made = _flagged(made, resource.deleted, gone=gone)
    return dict(made)


def _flagged(made: Any, rule: DeletedFlag, *, gone: bool) -> Any:
    if rule.present:
        return placed_at(made, rule.path, {"reason": "deleted"}) if gone else made
    live = (not rule.equals) if isinstance(rule.equals, bool) else "open"
    return placed_at(made, rule.path, rule.equals if gone else live)


def tombstone(resource: Resource, number: int, moment: datetime) -> dict[str, Any]:
    """Return what the second listing says of a deleted record."""
    rule = resource.deleted
    assert isinstance(rule, SecondListing)
    made: Any = record(resource, number, moment)
    for path in rule.key:
        made = placed_at(made, path, str(number))
    return dict(placed_at(made, rule.version.path, written(rule.version, moment)) if rule.version else made)


def simple_paths(resource: Resource) -> list[str]:
    """Return the paths that the projection reads and that are keys alone, less those below or above the key."""
    links = [
        link
        for target in resource.projection.relations.values()
        for link in (target if isinstance(target, tuple) else (target,))
    ]
    fields = [
        *resource.projection.attributes.values(),
        *[link.key if isinstance(link, Link) else link.value for link in links],
    ]
    found = [
        path for one in fields for path in paths_of(one) if re.fullmatch(r"[\w]+(\.[A-Za-z_]\w*)*", path)
    ]
    taken = [*resource.key, *([resource.version.path] if resource.version else [])]
    return [
        path for path in dict.fromkeys(found) if not any(_overlap(path, one) for one in [*taken, "_parent"])
    ]


def _overlap(path: str, other: str) -> bool:
    first, second = steps(path), steps(other)
    return first[: len(second)] == second or second[: len(first)] == first


def paths_of(item: Field | str) -> Iterator[str]:
    """Yield every path that a field reads."""
    path = item.path if isinstance(item, Field) else item
    yield from (one for whole in (path if isinstance(path, tuple) else (path,)) for one in whole.split("|"))
