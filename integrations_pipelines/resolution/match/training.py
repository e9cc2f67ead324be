"""A model of one's own: the weights that a file's rows speak for, in the form of the one that ships. Optional."""

import copy
import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from integrations_pipelines.errors import UsageError
from integrations_pipelines.resolution.match.engine import MatchResult
from integrations_pipelines.resolution.match.reading import Rows
from integrations_pipelines.resolution.scoring.columns import Floats, Integers
from integrations_pipelines.resolution.scoring.model import Model, read_model
from integrations_pipelines.resolution.scoring.scorer import Scored, Scorer

# So many matching pairs does the given model stand for: fewer of one's own change little.
_KNOWN_PAIRS = 100.0
_LEAST, _MOST_ROWS = 1e-6, 200
_LABELS = ("file", "row", "cluster_id")


def trained(result: MatchResult, labels: Path | None = None) -> dict[str, Any]:
    """Return the model document that ``result``'s rows speak for; ``read_model`` reads it.

    Matching pairs are those of ``labels`` (a CSV of file, row, cluster_id, as ``match --out`` writes it), or, without,
    every pair that was scored, by its probability. Raises ``UsageError`` for labels that do not fit the rows.
    """
    scored, chance = _matching_pairs(result, labels)
    found: dict[tuple[str, str], Floats] = {}
    kinds = {comparison.name: comparison.kind for comparison in result.records.scheme}
    for one in scored.compared:
        comparison, _, aspect = one.name.partition(".")
        size = len(result.model.kinds[kinds[comparison]][aspect].levels)
        there = one.levels >= 0
        counts = np.bincount(one.levels[there], weights=chance[there], minlength=size)
        slot = kinds[comparison], aspect
        found[slot] = found.get(slot, np.zeros(size)) + counts
    return _document(result.model, found, how="labels" if labels else "the data")


def _document(model: Model, counts: Mapping[tuple[str, str], Floats], *, how: str) -> dict[str, Any]:
    document = copy.deepcopy(dict(model.document))
    document["version"] = f"{model.version}+trained"
    document["about"] = f"{document.get('about', '')} Trained on {how}.".strip()
    for (kind, aspect), matching in counts.items():
        known = model.kinds[kind][aspect].m
        shares = (matching + _KNOWN_PAIRS * known) / (matching.sum() + _KNOWN_PAIRS)
        for row, share in zip(document["kinds"][kind][aspect], shares, strict=True):
            row["m"] = float(min(max(share, _LEAST), 1 - _LEAST))
    read_model(document)
    return document


def _matching_pairs(result: MatchResult, labels: Path | None) -> tuple[Scored, Floats]:
    scorer = Scorer(result.model, result.statistics)
    if labels is None:
        pairs = result.blocks.left, result.blocks.right
        scored = scorer.score(result.records, result.records, pairs)
        return scored, scored.probabilities
    scored = scorer.score(result.records, result.records, _labelled(result.rows, labels))
    return scored, np.ones(len(scored.left))


def _labelled(rows: Rows, labels: Path) -> tuple[Integers, Integers]:
    place = {(rows.files[rows.file_of[at]], rows.row_of[at]): at for at in range(rows.size)}
    clusters: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(_lines(labels), 2):
        at = place.get((line["file"], int(line["row"]) if line["row"].isdecimal() else 0))
        if at is None:
            raise UsageError(f"{labels.name}: line {number} names a row that no file has")
        clusters[line["cluster_id"]].append(at)
    pairs = [pair for held in clusters.values() for pair in combinations(sorted(held)[:_MOST_ROWS], 2)]
    if not pairs:
        raise UsageError(f"{labels.name}: no two rows are of one cluster")
    left, right = np.array(pairs, dtype=np.int64).T
    return left, right


def _lines(labels: Path) -> Sequence[Mapping[str, str]]:
    if not labels.is_file():
        raise UsageError(f"--labels {labels}: there is no such file")
    with labels.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not set(_LABELS) <= set(reader.fieldnames or ()):
            raise UsageError(f"{labels.name}: its first line must name {', '.join(_LABELS)}")
        return [{name: row[name] or "" for name in _LABELS} for row in reader]
