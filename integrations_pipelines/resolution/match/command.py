"""``integrations match`` with plain arguments: what the command line parses, this carries out."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from integrations_pipelines.errors import UsageError
from integrations_pipelines.resolution.match.engine import MatchResult, match_files
from integrations_pipelines.resolution.match.headings import IGNORED
from integrations_pipelines.resolution.match.writing import write_clusters, write_pairs


def command(  # noqa: PLR0913 - the options of the command line
    files: Sequence[str | Path],
    entity_type: str,
    map_columns: Sequence[str] = (),
    source_column: str | None = None,
    out: str | Path | None = None,
    pairs: str | Path | None = None,
    threshold: float = 0.95,
    review_threshold: float = 0.5,
) -> MatchResult:
    """Match ``files`` and write clusters to ``out`` and scored pairs to ``pairs``, where given.

    ``map_columns`` are "column=attribute", "column=attribute:kind" or "column=ignored". Raises ``UsageError``.
    """
    result = match_files(
        files,
        entity_type,
        _mapping(map_columns),
        source_column,
        threshold=threshold,
        review_threshold=review_threshold,
    )
    if out is not None:
        text = io.StringIO()
        write_clusters(result, text)
        Path(out).write_text(text.getvalue(), encoding="utf-8")
    if pairs is not None:
        write_pairs(result, pairs)
    return result


def _mapping(words: Sequence[str]) -> dict[str, str]:
    parts = [word.rpartition("=") for word in words]
    unfit = [
        word for word, (column, _, attribute) in zip(words, parts, strict=True) if not (column and attribute)
    ]
    if unfit:
        raise UsageError(f"--map {unfit[0]}: write column=attribute")
    return {column: attribute for column, _, attribute in parts}


def report(result: MatchResult, threshold: float = 0.95) -> Iterator[str]:
    """What a person wants to know of a match, line by line: the guesses first."""
    for guess in result.guesses:
        unread = result.unread.get(guess.column, 0)
        note = f", {unread} values could not be read" if unread else ""
        yield f"{guess.column} -> {guess.attribute} (by {guess.why}{note})"
    if all(guess.attribute == IGNORED for guess in result.guesses):
        return
    clusters = len(np.unique(result.clusters))
    sure = int((result.pairs.probabilities >= threshold).sum())
    yield f"{result.rows.size} rows, {clusters} clusters; {sure} pairs link, {len(result.pairs.left) - sure} to review"
    yield f"{len(result.blocks.left)} pairs scored; skipped as too common: {sum(result.blocks.skipped.values())}"
    for rule, skipped in sorted(result.blocks.skipped.items(), key=lambda item: -item[1]):
        yield f"  {rule}: {skipped} pairs in blocks too large"
    for name in result.single_sources:
        yield f"{name} has no duplicates of its own: a cluster takes one row of it"
