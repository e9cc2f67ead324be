"""`integrations matching use`: weights of one's own, or the shipped ones again, for what is stored and what comes."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.opening import actor, open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line
from integrations_pipelines.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from integrations_pipelines.promoting import Used


def use(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A model of `matching train`.")
    ] = None,
    default: Annotated[
        bool, typer.Option("--default", help="Go back to what was in force before any file.")
    ] = False,
    entity_type: Annotated[
        str | None, typer.Option("--entity-type", help="What is scored by it; else what the file says.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")] = False,
    samples: Annotated[int, typer.Option(min=0, max=1000, metavar="N", help="Samples of each kind.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Score a type's records by weights of your own: stored ones anew, and all that come. Undone by --default."""
    if (file is None) != default:
        raise UsageError("say either FILE or --default")
    weights = read_weights(file, "FILE") if file is not None else None
    name = entity_type or (weights or {}).get("entity_type")
    if not isinstance(name, str):
        raise UsageError("--entity-type: say which records are scored by it; the file does not")
    from integrations_pipelines.promoting import use_model

    with open_hub() as hub:
        done = use_model(hub, actor(), name, weights, dry_run=dry_run, samples=samples)
    print_json(asdict(done)) if as_json else show_used(done, _UNDO)


def read_weights(path: Path, option: str) -> dict[str, Any]:
    """Return the model document in a file. Raises ``UsageError`` that names what is wrong in it by its path."""
    from integrations_pipelines.resolution.scoring.checking import check_document

    try:
        document = json.loads(path.expanduser().read_text(encoding="utf-8"))
        check_document(document)
    except OSError as error:
        raise UsageError(f"{option} {path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{option} {path}: is no JSON, so no model: {error}") from error
    except ConfigurationError as error:
        raise UsageError(f"{option} {path}: is no model of matching: {error}") from error
    assert isinstance(document, Mapping)  # noqa: S101 - checked above
    return dict(document)


def show_used(done: "Used", undo: str) -> None:
    """Print what a type is, or would be, scored by; ``undo`` says how to go back, ``{}`` being the type."""
    from integrations_pipelines.cli.simulating import show_differences

    would = "would be" if done.is_dry_run else "is"
    print_line(f"{done.entity_type} {would} scored by {done.version}.")
    print_line(f"{done.scores.rescored:,} records and {done.scores.pairs:,} pairs were scored anew.")
    show_differences([done.differences])
    hint("Nothing was written." if done.is_dry_run else undo.format(done.entity_type))


_UNDO = "To go back: integrations matching use --default --entity-type {}"
