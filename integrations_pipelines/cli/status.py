"""`integrations status`: how the last job of each resource went, and how its records stand."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.opening import open_connection
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_table
from integrations_pipelines.cli.words import told
from integrations_pipelines.errors import NotFound

if TYPE_CHECKING:
    from integrations_pipelines.registry.reading import ResourceStatus


def status(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="One source system only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how each last job went, and how its records stand."""
    from integrations_pipelines.registry.reading import resource_statuses, system_keys

    with open_connection() as connection:
        keys = [one for one in system_keys(connection) if key in (None, one)]
        found = resource_statuses(connection, key)
    if key is not None and not keys:
        raise NotFound(f"no source system is called {key!r}; `integrations source list` shows them all")
    if as_json:
        print_json({"resources": [outward(one) for one in found]})
        return
    if found:
        print_table(_COLUMNS, [_row(one) for one in found])
    _hint(found, keys)


def _hint(found: "Sequence[ResourceStatus]", keys: "Sequence[str]") -> None:
    for one in found:
        if one.error:
            hint(f"{one.system_key} {one.resource}: {told(one.error)}")
    never = sorted(set(keys) - {one.system_key for one in found})
    if never:
        hint(f"Never synced: {', '.join(never)}")
    if not keys:
        hint("No source systems yet; `integrations source add KEY --type T` connects one.")


def outward(one: "ResourceStatus") -> dict[str, Any]:
    """Return the status as other programs read it."""
    return {
        "system_key": one.system_key,
        "resource": one.resource,
        "job": one.job,
        "status": one.status,
        "extracted": one.extracted,
        "outcomes": dict(one.outcomes),
        "balanced": one.is_balanced,
        "mapped": one.mapped,
        "parked": one.parked,
        "quarantined": one.quarantined,
    }


_COLUMNS = (
    "source system",
    "resource",
    "status",
    "ended",
    "extracted",
    "outcomes",
    "balanced",
    "mapped",
    "parked",
    "quarantined",
    "job",
)


def _row(one: "ResourceStatus") -> tuple[object, ...]:
    counts = (one.extracted, counted(one.outcomes), one.is_balanced, one.mapped, one.parked, one.quarantined)
    return (one.system_key, one.resource, one.status, one.completed_at, *counts, one.job)


def counted(outcomes: Any) -> str:
    """Return outcomes as a person reads them: those that occurred."""
    return ", ".join(f"{count:,} {name}" for name, count in outcomes.items() if count) or "nothing"
