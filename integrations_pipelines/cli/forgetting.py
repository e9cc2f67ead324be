"""`integrations source forget`: what a source told since a moment has never been; what it touched follows."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from integrations_pipelines.cli.opening import actor, open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line, print_table
from integrations_pipelines.cli.simulating import show_differences
from integrations_pipelines.cli.words import moment, moment_of
from integrations_pipelines.errors import UsageError

if TYPE_CHECKING:
    from integrations_pipelines.forgetting import Forgotten


def forget(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The source system.")],
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="What was observed then or later; else all.")
    ] = None,
    resource: Annotated[
        str | None, typer.Option("--resource", "-r", help="This resource alone; else all.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")] = False,
    samples: Annotated[int, typer.Option(min=0, max=1000, metavar="N", help="Samples of each kind.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Take a source back: its records return to their state of before, and all that follows from them too."""
    when = _past(since) if since is not None else None
    from integrations_pipelines.forgetting import Wanted, forget_source

    wanted = Wanted(system_key=key, since=when, resource=resource)
    with open_hub() as hub:
        done = forget_source(hub, actor(), wanted, dry_run=dry_run, samples=samples)
    print_json(asdict(done)) if as_json else _show(done)


def _past(word: str) -> datetime:
    when = moment_of(word, "--since")
    if when > datetime.now(UTC):
        raise UsageError(f"--since {word}: is still to come")
    return when


def _show(done: "Forgotten") -> None:
    would = "would be " if done.is_dry_run else ""
    since = f" since {moment(done.since)}" if done.since else ""
    if not done.counts.get("records") and not any(done.counts.values()):
        print_line(f"{done.system_key}: there is nothing to forget{since}")
        return
    print_line(f"{done.system_key}: {done.counts['records']:,} records {would}taken back{since}")
    rows = [(name.replace("_", " "), count) for name, count in done.counts.items() if count]
    print_table(("what", "count"), rows)
    for resource, ids in done.gone.items():
        if ids:
            print_line(f"{resource}: nothing {would and 'would be '}left of {', '.join(ids)}, ...")
    show_differences(done.types)
    if lost := done.counts["gone_though_known_before"]:
        hint(f"{lost:,} of the gone had been there before, but retention has let their older versions go.")
    if done.is_dry_run:
        hint("Nothing was written.")
    else:
        hint(f"To read it all again from the third party: integrations sync {done.system_key} --full")
