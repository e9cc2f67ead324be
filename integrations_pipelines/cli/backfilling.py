"""`integrations backfill`: a span of time read again in windows, a Dagster run each, beside the live sync."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.failures import FAILED
from integrations_pipelines.cli.opening import open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_table
from integrations_pipelines.cli.status import counted
from integrations_pipelines.cli.words import moment, moment_of, seconds, told

if TYPE_CHECKING:
    from integrations_pipelines.hub import Hub
    from integrations_pipelines.orchestration.backfills import Wanted
    from integrations_pipelines.registry.windows import BackfillWindow


def backfill(  # noqa: PLR0913 - its options
    key: Annotated[str, typer.Argument(metavar="KEY", help="The source system.")],
    resource: Annotated[str, typer.Option("--resource", "-r", help="What to read.")],
    from_: Annotated[str, typer.Option("--from", metavar="2025-01-01", help="The first moment (UTC).")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="2026-01-01", help="The first moment after; else now.")
    ] = None,
    window: Annotated[str, typer.Option("--window", metavar="7d", help="How much at a time.")] = "7d",
    parallel: Annotated[int, typer.Option("--parallel", min=1, max=32, help="So many windows at once.")] = 1,
    newest_first: Annotated[
        bool, typer.Option("--newest-first", help="From the last window to the first.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Windows that are done, too.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be read, and read nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a span of time in windows. Windows that are done are left out: run it again for those that failed."""
    from integrations_pipelines import backfill as backfills

    ends = moment_of(from_, "--from"), moment_of(to, "--to") if to else _this_minute()
    width = timedelta(seconds=seconds(window, "--window"))
    wanted = backfills.spans(*ends, width, newest_first=newest_first)
    with open_hub() as hub:
        if dry_run:
            _show_plan(hub, key, resource, wanted, as_json=as_json)
            return
        from integrations_pipelines.orchestration.backfills import Wanted

        order = Wanted(system_key=key, resource=resource, spans=wanted, parallel=parallel, again=again)
        _run(hub, order, as_json=as_json)


def _run(hub: "Hub", wanted: "Wanted", *, as_json: bool) -> None:
    from integrations_pipelines.cli.opening import current_settings
    from integrations_pipelines.orchestration.backfills import run_backfill

    done = run_backfill(current_settings(), hub, wanted, _saying(wanted))
    if as_json:
        print_json(
            {
                "system_key": wanted.system_key,
                "resource": wanted.resource,
                "job": done.import_job,
                "status": done.status,
                "done_before": done.done_before,
                "windows": [outward(one) for one in done.windows],
            }
        )
    else:
        print_table(_COLUMNS, [_row(one) for one in done.windows])
    ran = len(done.windows) - done.done_before
    hint(
        f"{wanted.system_key} {wanted.resource}: {done.status}; {ran} windows run, {done.done_before} done before"
    )
    if done.status == "failed":
        raise typer.Exit(FAILED)


def _saying(wanted: "Wanted") -> "Callable[[BackfillWindow], None]":
    def say(one: "BackfillWindow") -> None:
        came = told(one.error) if one.error else counted(one.outcomes)
        hint(
            f"{wanted.system_key} {wanted.resource} {moment(one.from_at)} to {moment(one.to_at)}: {one.status}: {came}"
        )

    return say


def _show_plan(
    hub: "Hub", key: str, resource: str, wanted: Sequence[tuple[datetime, datetime]], *, as_json: bool
) -> None:
    from integrations_pipelines import backfill as backfills
    from integrations_pipelines.registry import windows
    from integrations_pipelines.registry.sources import source_of

    with hub.engine.begin() as connection:
        source = source_of(connection, key)
        backfills.require(source, resource)
        found = windows.planned(connection, source, resource, wanted)
    if as_json:
        print_json({"system_key": key, "resource": resource, "windows": [outward(one) for one in found]})
        return
    print_table(_COLUMNS, [_row(one) for one in found])
    hint(f"{key} {resource}: {sum(not one.is_done for one in found)} of {len(found)} windows would be read")


def outward(one: "BackfillWindow") -> dict[str, Any]:
    """Return the window as other programs read it."""
    return {
        "from": one.from_at,
        "to": one.to_at,
        "status": one.status,
        "job": one.job,
        "extracted": one.extracted,
        "outcomes": dict(one.outcomes),
        "error": one.error,
        "next_try_at": one.next_try_at,
    }


_COLUMNS = ("from", "to", "status", "extracted", "outcomes", "error", "job")


def _row(one: "BackfillWindow") -> tuple[object, ...]:
    came = counted(one.outcomes) if one.outcomes else ""
    return (one.from_at, one.to_at, one.status, one.extracted, came, told(one.error or ""), one.job)


def _this_minute() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)
