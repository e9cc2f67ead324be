"""`integrations status`: how the last job of each resource went, and how its records stand."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.opening import open_connection
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_table
from integrations_pipelines.cli.words import told

if TYPE_CHECKING:
    from integrations_pipelines.registry.reading import ResourceStatus


def status(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="One source system only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the last job of each source system and resource: outcomes, balance, mapped, parked, quarantined."""
    from integrations_pipelines.registry.reading import resource_statuses
    from integrations_pipelines.registry.sources import all_sources, source_of

    with open_connection() as connection:
        sources = [source_of(connection, key)] if key is not None else all_sources(connection)
        found = resource_statuses(connection, key)
    if as_json:
        print_json({"resources": [outward(one) for one in found]})
        return
    if found:
        print_table(_COLUMNS, [_row(one) for one in found])
    for one in found:
        if one.error:
            hint(f"{one.system_key} {one.resource}: {told(one.error)}")
    never = [one.system_key for one in sources if one.system_key not in {found.system_key for found in found}]
    if never:
        hint(f"Never synced: {', '.join(never)}")
    if not sources:
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
