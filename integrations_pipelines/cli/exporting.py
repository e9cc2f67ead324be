"""`integrations export` and `integrations restore`: mappings, entities, relations and the log as files, and back."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from integrations_pipelines.cli.opening import open_connection
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line
from integrations_pipelines.cli.words import moment_of
from integrations_pipelines.errors import UsageError

if TYPE_CHECKING:
    from integrations_pipelines.registry.exporting import Export

What = Annotated[str, typer.Argument(metavar="WHAT", help="record-maps, entities, relations or sync-log.")]
Form = Annotated[str | None, typer.Option("--format", "-f", help="csv, jsonl or parquet.")]


def export(
    what: What,
    form: Form = None,
    since: Annotated[
        str | None, typer.Option(metavar="2026-01-31", help="Only what was changed then or later (UTC).")
    ] = None,
    system: Annotated[str | None, typer.Option(metavar="KEY", help="One source system.")] = None,
    entity_type: Annotated[
        str | None, typer.Option("--entity-type", help="person, organization, ...")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to; stdout where not given.")
    ] = None,
) -> None:
    """Write everything of one kind to a file or to stdout; `integrations restore` takes it in again."""
    from integrations_pipelines.registry import exporting
    from integrations_pipelines.registry.sources import source_of
    from integrations_pipelines.registry.types import type_named

    kind, form = _kind(what), _form(form, out)
    if entity_type is not None and not kind.by_type:
        raise UsageError(f"--entity-type: {what} has none")
    chosen = exporting.Chosen(
        system_key=system,
        entity_type=entity_type,
        since=moment_of(since, "--since") if since else None,
    )
    with open_connection() as connection:
        if system is not None:
            source_of(connection, system)
        if entity_type is not None:
            type_named(connection, entity_type)
        with _opened(out, form) as file:
            rows = exporting.export(connection, kind, chosen, form, file)
    hint(f"{what}: {rows:,} rows{f' in {out}' if out else ''}")


def restore(what: What, file: Path, form: Form = None, as_json: AsJson = False) -> None:
    """Take an export in again: adds what is missing and changes nothing that is there."""
    from integrations_pipelines.registry import restoring

    kind, form = _kind(what), _form(form, file)
    with file.open("rb"):
        pass  # a file that cannot be read is told before a database is started
    with open_connection(begins=True) as connection:
        done = restoring.restore(connection, kind, file, form)
    if as_json:
        print_json({"what": what, **vars(done)})
        return
    print_line(
        f"{what}: {done.rows:,} rows: {done.added:,} added, {done.unchanged:,} unchanged, {done.kept:,} kept"
    )
    if done.kept:
        hint(f"{done.kept:,} rows are here already and say something else; what is here was kept.")


def _kind(what: str) -> "Export":
    from integrations_pipelines.registry.exporting import EXPORTS

    if what not in EXPORTS:
        raise UsageError(f"{what!r} cannot be exported; what can: {', '.join(EXPORTS)}")
    return EXPORTS[what]


def _form(form: str | None, file: Path | None) -> str:
    """Return the format that was asked for, else the one that the file's name tells, else CSV."""
    from integrations_pipelines.registry.exporting import FORMATS

    told = file.suffix.removeprefix(".").lower() if file else ""
    found = form or (told if told in FORMATS else "csv")
    if found not in FORMATS:
        raise UsageError(f"--format {found!r}: must be one of {', '.join(FORMATS)}")
    return found


@contextmanager
def _opened(out: Path | None, form: str) -> Iterator[BinaryIO]:
    """Give where to write. A file gets its name when it is whole, so that a broken export leaves none behind."""
    if out is None:
        if form == "parquet" and sys.stdout.isatty():
            raise UsageError("--format parquet: is no text for a terminal; --out FILE says where it goes")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if not out.parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}")
    unfinished = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as file:
            yield file
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
