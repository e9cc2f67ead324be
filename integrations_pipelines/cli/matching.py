"""`integrations match` and `matching train`: files' rows through the engine of resolution, without a database."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.output import AsJson, hint, print_json
from integrations_pipelines.cli.words import pairs as pairs_of_words
from integrations_pipelines.errors import UsageError

if TYPE_CHECKING:
    from integrations_pipelines.resolution.match import MatchResult
    from integrations_pipelines.resolution.scoring.model import Model


def match(  # noqa: PLR0913 - its options
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV, JSON lines or Parquet.")],
    entity_type: Annotated[str, typer.Option("--entity-type", help="person, organization, product, ...")],
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="column=attribute", help="Instead of the guess. May be repeated."),
    ] = None,
    source_column: Annotated[
        str | None, typer.Option(metavar="column", help="Names each row's source; else each file is one.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the clusters here as CSV.")] = None,
    pairs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the scored pairs here as JSON lines.")
    ] = None,
    threshold: Annotated[float, typer.Option(metavar="P", help="From this probability on, it links.")] = 0.95,
    review_threshold: Annotated[
        float | None, typer.Option(metavar="P", help="From this on, it would ask: 0.5, or --threshold.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A model of `matching train` instead of the shipped one."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Cluster the rows of files: who is who, by the default settings, untrained. Needs no database.

    Without --out the clusters go to stdout. What each column was taken for goes to stderr.
    """
    _check_written(files, out, pairs)
    mapping = pairs_of_words(map_ or [], "--map", split_last=True)
    from integrations_pipelines.resolution.match import match_files, report, write_clusters, write_pairs

    result = match_files(
        [file.expanduser() for file in files],
        entity_type,
        mapping,
        source_column,
        threshold=threshold,
        review_threshold=min(0.5, threshold) if review_threshold is None else review_threshold,
        model=_model(model),
    )
    if pairs is not None:
        write_pairs(result, pairs)
    if out is not None:
        with out.open("w", encoding="utf-8", newline="") as file:
            write_clusters(result, file)
    if as_json:
        print_json(_document(result, with_rows=out is None))
        return
    for line in report(result):
        hint(line)
    if out is None:
        write_clusters(result, typer.get_text_stream("stdout"))


def train(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV, JSON lines or Parquet.")],
    entity_type: Annotated[str, typer.Option("--entity-type", help="person, organization, product, ...")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Write the model here as JSON.")],
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="file,row,cluster_id: rows known to be one.")
    ] = None,
    map_: Annotated[
        list[str] | None, typer.Option("--map", metavar="column=attribute", help="As for match.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Learn weights from files' rows, with labels or without, into a model that `match --model` takes. Optional."""
    _check_written([*files, *([labels] if labels else [])], out, None)
    mapping = pairs_of_words(map_ or [], "--map", split_last=True)
    from integrations_pipelines.resolution.match import match_files, report, trained

    result = match_files([file.expanduser() for file in files], entity_type, mapping)
    document = {**trained(result, labels), "entity_type": entity_type}
    out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json({"model": str(out), "version": document["version"], "rows": result.rows.size})
        return
    for line in report(result):
        hint(line)
    hint(f"{out}: {document['version']}; try it with integrations match --model {out}")
    hint(f"What it would change in the stored data: integrations matching use {out} --dry-run")


def _model(path: Path | None) -> "Model | None":
    """Return the model in a file. Raises ``UsageError`` for one that is none."""
    if path is None:
        return None
    from integrations_pipelines.cli.matching_weights import read_weights
    from integrations_pipelines.resolution.scoring.model import read_model

    if not path.is_file():
        raise UsageError(f"--model {path}: there is no such file")
    return read_model(read_weights(path, "--model"))


def _document(result: "MatchResult", *, with_rows: bool) -> dict[str, Any]:
    from integrations_pipelines.resolution.match import HEADER, cluster_rows, summary

    rows = {"matches": [dict(zip(HEADER, row, strict=True)) for row in cluster_rows(result)]}
    return {**summary(result), **(rows if with_rows else {})}


def _check_written(files: list[Path], out: Path | None, pairs: Path | None) -> None:
    """Raise ``UsageError`` before the work is done, not after, for files that cannot or must not be written."""
    read = {file.expanduser().resolve() for file in files}
    for option, path in (("--out", out), ("--pairs", pairs)):
        if path is None:
            continue
        if path.resolve() in read:
            raise UsageError(f"{option} {path}: is a file to be read; it would be overwritten")
        if path.is_dir() or not path.absolute().parent.is_dir():
            raise UsageError(f"{option} {path}: there is no such folder, or it is a folder itself")
    if out is not None and pairs is not None and out.resolve() == pairs.resolve():
        raise UsageError(f"--pairs {pairs}: is also --out")
