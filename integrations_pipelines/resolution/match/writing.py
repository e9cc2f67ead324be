"""What a match found, as files: a row a row of input, and a JSON object a scored pair."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import orjson

from integrations_pipelines.resolution.match.engine import MatchResult
from integrations_pipelines.resolution.scoring.evidence import evidence

HEADER = ("file", "row", "cluster_id", "probability")


def cluster_rows(result: MatchResult) -> Iterator[tuple[str, int, int, float]]:
    """``HEADER`` for each row of input, in its order. Clusters are numbered from 1 as they first appear."""
    _, first, back = np.unique(result.clusters, return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(first)) + 1
    rows = result.rows
    for at, cluster in enumerate(number[back]):
        yield rows.files[rows.file_of[at]], rows.row_of[at], int(cluster), float(result.probabilities[at])


def write_clusters(result: MatchResult, out: TextIO) -> None:
    """Write ``cluster_rows`` as CSV."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((*row[:3], f"{row[3]:.6f}") for row in cluster_rows(result))


def pair_documents(result: MatchResult) -> Iterator[dict[str, Any]]:
    """Each scored pair of at least the review threshold, with its evidence; the surest first."""
    order = np.lexsort((result.pairs.right, result.pairs.left, -result.pairs.weights))
    ranked = result.pairs.where(order)
    found = evidence(ranked, result.records, result.records, result.model)
    for left, right, one in zip(ranked.left, ranked.right, found, strict=True):
        joined = bool(result.clusters[left] == result.clusters[right])
        yield {
            "left": _place(result, left),
            "right": _place(result, right),
            "same_cluster": joined,
            **one.document(),
        }


def _place(result: MatchResult, row: int) -> dict[str, Any]:
    return {"file": result.rows.files[result.rows.file_of[row]], "row": result.rows.row_of[row]}


def write_pairs(result: MatchResult, path: str | Path) -> None:
    """Write ``pair_documents`` as JSON Lines."""
    with Path(path).open("wb") as out:
        for document in pair_documents(result):
            out.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))
