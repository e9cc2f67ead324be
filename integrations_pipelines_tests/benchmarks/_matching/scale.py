"""Speed and memory of the scored tier on made-up people; each job runs in a process of its own."""

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from integrations_pipelines.resolution.scoring import (
    Records,
    Scored,
    Scorer,
    cluster,
    content_hashes,
    indexes,
    learn,
    pairs_between,
    pairs_within,
    records,
    scheme_of,
    untrained_model,
)
from integrations_pipelines_tests.benchmarks._matching.people import (
    KINDS,
    People,
    people,
    with_role_mailboxes,
)

SCHEME = scheme_of(KINDS)


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def make(folder: str, known: str, new: str) -> dict[str, Any]:
    """Write known and new people, each new one a copy of a known one with slips."""
    everybody = people(int(known), int(new))
    table = everybody.table().append_column("row_number", pa.array(range(int(known) + int(new))))
    home = Path(folder)
    pa.parquet.write_table(table.slice(0, int(known)), home / "base.parquet")
    pa.parquet.write_table(table.slice(int(known)), home / "new.parquet")
    pa.parquet.write_table(pa.table({"person": everybody.truth[int(known) :]}), home / "truth.parquet")
    return {"known": int(known), "new": int(new)}


def read(path: Path, rows: int | None = None) -> Records:
    table = pa.parquet.read_table(path)
    table = table if rows is None else table.slice(0, rows)
    return records({name: table[name].to_pylist() for name in KINDS}, SCHEME, table.num_rows)


def delta(folder: str, known: str) -> dict[str, Any]:
    """New people against the known ones, whose columns, keys and statistics are ready; the best of three."""
    start = time.perf_counter()
    base = read(Path(folder) / "base.parquet", int(known))
    kept = indexes(base)
    model = untrained_model()
    statistics = learn(base, model, kept)
    once = time.perf_counter() - start
    scorer = Scorer(model, statistics)
    table = pa.parquet.read_table(Path(folder) / "new.parquet")
    seconds, cpu = [], []
    for _ in range(3):
        start, before = time.perf_counter(), time.process_time()
        new = records({name: table[name].to_pylist() for name in KINDS}, SCHEME, table.num_rows)
        between, within = (
            pairs_between(new, base, statistics.limits, kept),
            pairs_within(new, statistics.limits),
        )
        scored = scorer.score(new, base, (between.left, between.right), at_least=model.review)
        scorer.score(new, new, (within.left, within.right), at_least=model.review)
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - before)
    return {
        "once": round(once, 2),
        "seconds": round(min(seconds), 3),
        "cpu_seconds": round(min(cpu), 3),
        "pairs": len(between.left),
        "peak_mb": peak(),
        **best_links(scored, folder),
    }


def best_links(scored: Scored, folder: str) -> dict[str, float]:
    """Precision and recall of the surest link of each new record."""
    truth = pa.parquet.read_table(Path(folder) / "truth.parquet")["person"].to_numpy()
    sure = scored.where(scored.probabilities >= 0.95)
    order = np.lexsort((sure.weights, sure.left))
    last = np.append(np.diff(sure.left[order]) > 0, True) if len(order) else np.zeros(0, dtype=bool)
    best = order[last]
    right = int((truth[sure.left[best]] == sure.right[best]).sum())
    return {"precision": right / max(len(best), 1), "recall": right / len(truth)}


def bulk(folder: str) -> dict[str, Any]:
    """All people at once, from columns to clusters."""
    start = time.perf_counter()
    everybody = read(Path(folder) / "base.parquet")
    steps = {"prepare": time.perf_counter() - start}
    kept, model = indexes(everybody), untrained_model()
    statistics = learn(everybody, model, kept)
    steps["learn"] = time.perf_counter() - start - sum(steps.values())
    blocks = pairs_within(everybody, statistics.limits, kept)
    steps["block"] = time.perf_counter() - start - sum(steps.values())
    scorer = Scorer(model, statistics)
    scored = scorer.score(everybody, everybody, (blocks.left, blocks.right), at_least=model.link)
    steps["score"] = time.perf_counter() - start - sum(steps.values())
    keys = content_hashes(everybody)
    cluster(
        everybody.size,
        (scored.left, scored.right, scored.weights),
        [(int(key), row) for row, key in enumerate(keys)],
        lambda left, right: scorer.evidence(everybody, everybody, (left, right)),
        scorer.prior,
    )
    steps["cluster"] = time.perf_counter() - start - sum(steps.values())
    rounded = {name: round(seconds, 1) for name, seconds in steps.items()}
    return {**rounded, "pairs": len(blocks.left), "links": len(scored.left), "peak_mb": peak()}


def precision_of(known: People) -> tuple[float, float]:
    """Precision and recall of the links among ``known``."""
    everybody = records(known.columns, SCHEME, len(known.truth))
    kept, model = indexes(everybody), untrained_model()
    statistics = learn(everybody, model, kept)
    blocks = pairs_within(everybody, statistics.limits, kept)
    scored = Scorer(model, statistics).score(
        everybody, everybody, (blocks.left, blocks.right), at_least=model.link
    )
    right = known.truth[scored.left] == known.truth[scored.right]
    copies = len(known.truth) - len(np.unique(known.truth))
    return float(np.mean(right)), float(right.sum() / copies)


def mailboxes(size: str) -> dict[str, Any]:
    """Precision of the same people without, and with 2 % of them under shared role mailboxes."""
    plain = people(int(size) * 4 // 5, int(size) // 5)
    shared = with_role_mailboxes(plain, 0.02)
    without, with_them = precision_of(plain), precision_of(shared)
    return {
        "without": {"precision": without[0], "recall": without[1]},
        "with": {"precision": with_them[0], "recall": with_them[1]},
        "precision_lost": without[0] - with_them[0],
    }


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    "make": make,
    "delta": delta,
    "bulk": bulk,
    "mailboxes": mailboxes,
}
