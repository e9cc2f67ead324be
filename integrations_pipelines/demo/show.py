"""Prints the report for a person."""

from rich.console import Console
from rich.table import Table

from integrations_pipelines.demo.report import Report
from integrations_pipelines.settings import Settings


def show(report: Report, settings: Settings, console: Console) -> None:
    """Print tables of the syncs, the entities and the scores, and where to look next."""
    console.print(_syncs(report))
    console.print(_entities(report))
    console.print(_scores(report))
    for fault in report.faults:
        console.print(f"[red]{fault}[/red]")
    console.print(str({k: round(v, 2) for k, v in report.seconds.items()}))


def _syncs(report: Report) -> Table:
    table = Table("system", "resource", "extracted", "outcomes", "balanced")
    for run in report.runs:
        for one in run.resources:
            outcomes = ", ".join(f"{count} {name}" for name, count in one.outcomes.items())
            table.add_row(run.system_key, one.resource, str(one.extracted), outcomes, str(one.is_balanced))
    return table


def _entities(report: Report) -> Table:
    table = Table("type", "records", "entities")
    for kind, (records, entities) in report.counts.items():
        table.add_row(kind, str(records), str(entities))
    return table


def _scores(report: Report) -> Table:
    table = Table("type", "truly", "precision", "recall", "missed")
    for kind, one in report.scores.items():
        table.add_row(
            kind, str(one.truly), f"{one.precision:.4f}", f"{one.recall:.4f}", str(dict(one.missed_between()))
        )
    return table
