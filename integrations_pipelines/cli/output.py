"""Where output goes: data to stdout, as tables or as JSON alone; hints and progress to stderr."""

import json
import sys
import uuid as uuidlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.words import moment, on_one_line, shown

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH_OF_A_PIPE = 180

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")]


def print_json(data: Any) -> None:
    """Print ``data`` as JSON on stdout; moments are ISO 8601 in UTC, uuids are text."""
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False, default=_plain))


def hint(text: str) -> None:
    """Say something on stderr that is not the result."""
    typer.echo(on_one_line(text), err=True)


def console(*, error: bool = False) -> "Console":
    """Return a console on stdout, or on stderr; text is shown as it is, never read as markup."""
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else get_terminal_size((_WIDTH_OF_A_PIPE, 50)).columns
    return Console(stderr=error, width=width, markup=False, emoji=False, highlight=False)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """Print ``rows`` under ``columns``; a column whose values are all numbers stands to the right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    cells = [[cell(value) for value in row] for row in rows]
    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for number, name in enumerate(columns):
        is_number = cells and all(row[number].replace(",", "").isdigit() or not row[number] for row in cells)
        table.add_column(Text(name), justify="right" if is_number else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(value) for value in row))
    console().print(table)


def print_line(text: str, *, style: str = "") -> None:
    """Print one line of text on stdout, folded by the terminal and not by us."""
    console().print(shown(text), style=style or None, soft_wrap=True)


def cell(value: object) -> str:
    """Return ``value`` as it stands in a table."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case datetime():
            return moment(value)
        case Mapping() | list() | tuple():
            return shown(json.dumps(value, ensure_ascii=False, default=_plain))
    return shown(str(value))


def _plain(value: object) -> str:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case uuidlib.UUID():
            return str(value)
        case bytes() | memoryview():
            return bytes(value).hex()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
