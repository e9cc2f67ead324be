"""What a person wants to know of a match: as lines, and as one document."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from integrations_pipelines.resolution.match.engine import MatchResult


def report(result: MatchResult) -> Iterator[str]:
    """What was found, line by line: the guesses first."""
    found = summary(result)
    for column in found["columns"]:
        note = f", {column['unread']} values could not be read" if column["unread"] else ""
        yield f"{column['column']} -> {column['attribute']} (by {column['why']}{note})"
    yield from result.rows.remarks
    pairs = found["pairs"]
    yield (
        f"{found['rows']} rows, {found['clusters']} clusters; "
        f"{pairs['linked']} pairs link, {pairs['to_review']} to review"
    )
    yield f"{pairs['scored']} pairs scored; skipped as too common: {sum(found['skipped'].values())}"
    for rule, skipped in found["skipped"].items():
        yield f"  {rule}: {skipped} pairs in blocks too large"
    for name in result.single_sources:
        yield f"{name} has no duplicates of its own: a cluster takes one row of it"


def summary(result: MatchResult) -> dict[str, Any]:
    """The match in numbers, as the command line's JSON has it; ``skipped`` are pairs by rule, the most first."""
    sure = int((result.pairs.probabilities >= result.threshold).sum())
    return {
        "entity_type": result.entity_type,
        "rows": result.rows.size,
        "clusters": len(np.unique(result.clusters)),
        "threshold": result.threshold,
        "review_threshold": result.review_threshold,
        "columns": [
            {
                "column": one.column,
                "attribute": one.attribute,
                "why": one.why,
                "unread": result.unread.get(one.column, 0),
            }
            for one in result.guesses
        ],
        "pairs": {
            "scored": len(result.blocks.left),
            "linked": sure,
            "to_review": len(result.pairs.left) - sure,
        },
        "skipped": dict(sorted(result.blocks.skipped.items(), key=lambda item: -item[1])),
        "single_sources": list(result.single_sources),
        "remarks": list(result.rows.remarks),
    }
