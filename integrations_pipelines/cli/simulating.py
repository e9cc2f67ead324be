"""`integrations matching simulate`: what other thresholds or policies would change, and whether that is too much."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.failures import FAILED
from integrations_pipelines.cli.opening import open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line, print_table

if TYPE_CHECKING:
    from integrations_pipelines.registry.simulate import Differences
    from integrations_pipelines.simulating import Simulation


def simulate(
    rules_file: Annotated[
        Path, typer.Argument(metavar="RULES.toml", help="Thresholds, policies and limits to try.")
    ],
    samples: Annotated[int, typer.Option(min=0, max=1000, metavar="N", help="Samples of each kind.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Say what other thresholds or policies would change in the stored data; nothing is written.

    Exit code 1 where a limit of the file would be exceeded.
    """
    from integrations_pipelines.cli.rules_files import read_rules
    from integrations_pipelines.simulating import simulate as tried

    rules = read_rules(rules_file.expanduser())
    with open_hub() as hub:
        found = tried(hub, rules, samples=samples)
    if as_json:
        print_json({**asdict(found), "totals": found.totals, "passed": not found.exceeded})
    else:
        _show(found)
    for one in found.exceeded:
        hint(f"{one.limit}: {one.found:,} would be {one.limit[4:].replace('_', ' ')}, {one.allowed:,} may")
    if found.exceeded:
        raise typer.Exit(FAILED)


def _show(found: "Simulation") -> None:
    print_line(f"Links from {found.thresholds.link}, asks from {found.thresholds.review}.")
    if found.pending:
        print_line(
            f"{found.pending:,} records were waiting: resolved first, by the rules in force, not counted."
        )
    show_differences(found.types)


def show_differences(types: Sequence["Differences"]) -> None:
    """Print what is different of each entity type: counts, then samples."""
    names = [name.replace("_", " ") for name in types[0].counts] if types else []
    rows = [(one.entity_type, one.entities_before, one.entities_after, *one.counts.values()) for one in types]
    print_table(("type", "entities", "would be", *names), rows)
    for one in types:
        _show_samples(one)


def _show_samples(one: "Differences") -> None:
    samples = one.samples
    _table(one, "created", ("uuid", "label", "records"), samples["created"])
    _table(one, "merged", ("uuid", "label", "into", "into_label", "records"), samples["merged"])
    _table(one, "split", ("uuid", "label", "parts"), samples["split"])
    _table(one, "emptied", ("uuid", "label", "records"), samples["emptied"])
    if one.changed_by_attribute:
        rows = list(one.changed_by_attribute.items())
        print_table(("attribute", "changed values"), rows, title=f"{one.entity_type}: changed values")
    _table(one, "changed", ("uuid", "attribute", "before", "after"), samples["changed"])


def _table(one: "Differences", kind: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        cells = [[row[name] for name in columns] for row in rows]
        title = f"{one.entity_type}: {kind}, samples"
        print_table([name.replace("_", " ") for name in columns], cells, title=title)
