"""Prints the report for a person, in plain tables."""

import shutil
import sys
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from integrations_pipelines.demo.copies import Organisation, organisation
from integrations_pipelines.demo.report import Report
from integrations_pipelines.demo.scores import Pair, Score
from integrations_pipelines.demo.stories import Story
from integrations_pipelines.settings import Settings


def show(report: Report, settings: Settings, console: Console) -> None:
    """Print what was synced, what became of it, how true that is, three explanations, and where to look next."""
    heading(console, "What was synced")
    console.print(_syncs(report))
    heading(console, "What became of it")
    console.print(_entities(report))
    heading(console, "Against the truth, in pairs of records")
    console.print(_scores(report))
    _show_misses(report, console)
    for number, story in enumerate(report.stories, 1):
        heading(console, f"Why, {number}: {story.title}")
        _show_story(story, console)
    _show_next(report, settings, console)
    _show_verdict(report, console)


def heading(console: Console, text: str) -> None:
    """Print a heading."""
    console.print()
    console.print(text, style="bold")


def _table(*columns: str, numbers: tuple[int, ...] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place in numbers else "left", overflow="fold")
    return table


def _syncs(report: Report) -> Table:
    table = _table("source system", "resource", "extracted", "outcomes", "balanced", numbers=(2,))
    for run in report.runs:
        for one in run.resources:
            outcomes = ", ".join(f"{count} {name}" for name, count in one.outcomes.items() if count)
            balanced = Text("yes") if one.is_balanced else Text("NO", style="bold red")
            table.add_row(run.system_key, one.resource, str(one.extracted), outcomes or "nothing", balanced)
    return table


def _entities(report: Report) -> Table:
    table = _table("entity type", "records", "entities", numbers=(1, 2))
    for kind, (records, entities) in report.counts.items():
        table.add_row(kind, str(records), str(entities))
    return table


def _scores(report: Report) -> Table:
    columns = (
        "entity type",
        "records",
        "entities",
        "truly",
        "precision",
        "recall",
        "joined wrongly",
        "missed",
    )
    table = _table(*columns, numbers=tuple(range(1, 8)))
    for kind, one in report.scores.items():
        counts = (str(one.records), str(one.entities), str(one.truly))
        share = (f"{one.precision:.4f}", f"{one.recall:.4f}")
        table.add_row(kind, *counts, *share, str(len(one.false_pairs)), str(len(one.missed_pairs)))
    return table


def _show_misses(report: Report, console: Console) -> None:
    console.print(
        "Exact identifiers first, then scores of names and addresses; what neither says for sure is left apart.",
        style="dim",
    )
    whole = organisation()
    for kind, one in report.scores.items():
        for pair in one.false_pairs:
            console.print(f"  joined wrongly: {_pair(whole, pair)}", soft_wrap=True)
        if one.missed_pairs:
            console.print(f"  missed, {kind}: {_missed(one)}", soft_wrap=True)


def _missed(one: Score) -> str:
    counts = sorted(one.missed_between().items(), key=lambda item: -item[1])
    return ", ".join(f"{count} between {tools}" for tools, count in counts)


def _pair(whole: Organisation, pair: Pair) -> str:
    cases = {one.key: f"{one.given} {one.family} ({one.case or 'no case'})" for one in whole.people}
    truths = {one.address: one.truth for one in whole.copies}
    return " and ".join(f"{':'.join(one)}, truly {cases.get(truths[one], truths[one])}" for one in pair)


def _show_story(story: Story, console: Console) -> None:
    table = _table("entity", "record", "name", "decided by")
    for one in sorted(story.tellers, key=lambda teller: teller.entity):
        table.add_row(f"#{one.entity}", one.record, one.name, one.decided_by)
    console.print(table)
    for reason in story.reasons:
        console.print(f"  {reason}", soft_wrap=True)


def _show_next(report: Report, settings: Settings, console: Console) -> None:
    heading(console, "Where to look next")
    first = report.stories[0]
    dagster = f"http://{settings.dagster_host}:{settings.dagster_port}"
    program = _program()
    lines = {
        "integrations demo": "again: everything unchanged; --fresh starts over",
        f"export INTEGRATIONS_STATE_DIR={_from_here(settings.state_dir)}": "the demo's own state, for the rest",
        "integrations status": "every resource: its last job, outcomes, balance",
        "integrations record-map list --system billing": "which record is which entity",
        f"integrations explain {first.tellers[0].record}": "a record: where from, matched to what, why",
        f"integrations explain {first.entity}": "its entity: the records, and each value's origin",
        "integrations up": f"the runs in Dagster, at {dagster}",
    }
    for command, what in lines.items():
        called = command.replace("integrations ", f"{program} ", 1)
        console.print(f"  {called:<64} {what}", soft_wrap=True)


def _program() -> str:
    """Return how this program is called from here: by its path, where it is not on the search path."""
    path = Path(sys.argv[0])
    if path.name != "integrations" or shutil.which("integrations"):
        return "integrations"
    return _from_here(path)


def _from_here(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _show_verdict(report: Report, console: Console) -> None:
    console.print()
    phases = ", ".join(f"{name} {seconds:.1f}" for name, seconds in report.seconds.items())
    console.print(
        f"Seconds: {phases}; together {sum(report.seconds.values()):.1f}", style="dim", soft_wrap=True
    )
    for fault in report.faults:
        console.print(f"RED: {fault}", style="bold red", soft_wrap=True)
    if not report.faults:
        what = "nothing was new or changed" if report.is_repeat else "every job is balanced"
        console.print(f"Green: {what}.", style="bold green")
