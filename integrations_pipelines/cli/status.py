"""`integrations status`: how the last job of each resource went, and how its records stand."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.opening import open_connection
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_table
from integrations_pipelines.cli.words import moment, told
from integrations_pipelines.errors import NotFound

if TYPE_CHECKING:
    from integrations_pipelines.registry.budgets import Standing as Budget
    from integrations_pipelines.registry.reading import ResourceStatus
    from integrations_pipelines.registry.windows import Standing as Backfilled


def status(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="One source system only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how each last job went, and how its records stand."""
    from integrations_pipelines.registry import budgets, missed, windows
    from integrations_pipelines.registry.grants import ended_grants
    from integrations_pipelines.registry.reading import resource_statuses, system_keys

    with open_connection() as connection:
        keys = [one for one in system_keys(connection) if key in (None, one)]
        found = resource_statuses(connection, key)
        backfills = windows.standings(connection, key)
        ended = ended_grants(connection, key)
        told_by_webhooks = missed.standings(connection, key)
        paused = [one for one in budgets.standings(connection, key) if one.blocked_until]
    if key is not None and not keys:
        raise NotFound(f"no source system is called {key!r}; `integrations source list` shows them all")
    if as_json:
        more = {
            "backfills": list(map(vars, backfills)),
            "pauses": [_pause(one) for one in paused],
            "missed_events": list(map(vars, told_by_webhooks)),
            "reauth_required": [{"system_key": one, "reason": why} for one, why in ended.items()],
        }
        print_json({"resources": [outward(one) for one in found], **{k: v for k, v in more.items() if v}})
        return
    if found:
        print_table(_COLUMNS, [_row(one) for one in found])
    if backfills:
        print_table(_BACKFILLED, [_backfill_row(one) for one in backfills], title="Backfills")
    if told_by_webhooks:
        print_table(
            _MISSED, [(*vars(one).values(),) for one in told_by_webhooks], title="What webhooks missed"
        )
    _wanting(paused, ended)
    _hint(found, keys)


def _wanting(paused: "Sequence[Budget]", ended: Mapping[str, str]) -> None:
    """Say who asks for a pause, and who for a person."""
    for one in paused:
        hint(f"{one.system_key}: asks for a pause until {moment(one.blocked_until)} ({one.name})")
    for key, why in ended.items():
        hint(f"{key}: reauth_required: {why}")


def _pause(one: "Budget") -> dict[str, Any]:
    return {"system_key": one.system_key, "budget": one.name, "until": one.blocked_until}


_MISSED = ("source system", "resource", "no webhook told", "told late", "polled every (s)")
_BACKFILLED = ("source system", "resource", "from", "to", "windows", "by status", "goes on")


def _backfill_row(one: "Backfilled") -> tuple[object, ...]:
    ends = (one.from_at, one.to_at)
    return (one.system_key, one.resource, *ends, one.windows, counted(one.by_status), one.next_try_at)


def _hint(found: "Sequence[ResourceStatus]", keys: "Sequence[str]") -> None:
    for one in found:
        if one.status == "deferred":
            hint(f"{one.system_key} {one.resource}: goes on at {moment(one.next_try_at)}")
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
        **({"next_try_at": one.next_try_at} if one.next_try_at else {}),
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
