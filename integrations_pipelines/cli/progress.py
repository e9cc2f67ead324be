"""How far a run is, on stderr: a live table for a person, one line a finished resource for a log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from integrations_pipelines.cli.output import console, hint
from integrations_pipelines.cli.status import counted
from integrations_pipelines.cli.words import shown, told

if TYPE_CHECKING:
    from rich.table import Table

    from integrations_pipelines.orchestration.outcome import OnProgress, RunOutcome

_MARKS = {"waiting": "·", "running": "…", "succeeded": "✓", "failed": "✗", "deferred": "⏸"}


@contextmanager
def following(*, as_json: bool) -> Iterator["OnProgress"]:
    """Give the function that takes a run as it is, each time it changed."""
    screen = console(error=True)
    if as_json or not screen.is_terminal:
        yield _Lines()
        return
    from rich.live import Live

    with Live(console=screen, refresh_per_second=4, transient=True) as live:
        yield lambda outcome: live.update(_table(outcome))


class _Lines:
    """Says each resource once, when it is through."""

    def __init__(self, say: Callable[[str], None] = hint) -> None:
        self._say = say
        self._said: set[str] = set()

    def __call__(self, outcome: "RunOutcome") -> None:
        """Say what is new in ``outcome``."""
        for one in outcome.resources:
            if one.status in ("succeeded", "failed", "deferred") and one.resource not in self._said:
                self._said.add(one.resource)
                came = told(one.error) if one.error else counted(one.outcomes)
                self._say(
                    f"{outcome.system_key} {one.resource}: {one.status}, {one.extracted:,} extracted: {came}"
                )


def _table(outcome: "RunOutcome") -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    step = "resolving" if outcome.is_resolving else outcome.status
    table = Table(
        box=box.SIMPLE_HEAD, title=Text(f"{shown(outcome.system_key)}: {step}"), title_justify="left"
    )
    for name in ("", "resource", "extracted", "outcomes"):
        table.add_column(name)
    for one in outcome.resources:
        came = told(one.error) if one.error else counted(one.outcomes) if one.outcomes else ""
        table.add_row(_MARKS[one.status], Text(one.resource), f"{one.extracted:,}", Text(came))
    return table
