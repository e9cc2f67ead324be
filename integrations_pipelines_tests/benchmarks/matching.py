"""Matching measured: quality on labelled sets beside Splink 5, shared mailboxes, speed. ``make bench-matching``.

Splink is no dependency of ours: it is installed into a virtual environment under the state folder, and left out with
a reason where that fails. Figures go to .state/bench/matching.json.
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from integrations_pipelines.resolution.match import match_files
from integrations_pipelines_tests.benchmarks._matching.scale import JOBS
from integrations_pipelines_tests.benchmarks._matching.sets import (
    DATA,
    LabelledSet,
    Pairs,
    labelled_sets,
    pairs_of,
    quality,
)

STATE = Path(__file__).parents[2] / ".state" / "bench"
PEER = Path(__file__).parent / "_matching" / "splink_peer.py"
REQUIREMENTS = ("splink>=5,<6", "duckdb>=1.5,<2", "pandas", "pyarrow")
KNOWN, NEW = 1_000_000, 10_000


def peer() -> tuple[Path | None, str]:
    """Splink's interpreter, or None and why there is none."""
    home = STATE / "splink-venv"
    python = home / "bin" / "python"
    steps = [
        [sys.executable, "-m", "venv", str(home)],
        [str(python), "-m", "pip", "install", "--quiet", *REQUIREMENTS],
    ]
    for step in () if (home / "ready").exists() else steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            return None, (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    (home / "ready").touch()
    return python, ""


def asked(python: Path, job: dict[str, Any]) -> dict[str, Any] | None:
    """Splink's answer to a job; None, with its last words, where it fails."""
    done = subprocess.run(
        [str(python), str(PEER)], input=json.dumps(job), capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"splink failed on {job}: {done.stderr[-300:]}")
        return None
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def across(pairs: Pairs, sources: tuple[int, ...] | None) -> Pairs:
    return {(a, b) for a, b in pairs if sources is None or sources[a] != sources[b]}


def ours(one: LabelledSet) -> dict[str, Any]:
    start = time.perf_counter()
    result = match_files(one.files, one.entity_type)
    seconds = time.perf_counter() - start
    sure = result.pairs.where(result.pairs.probabilities >= 0.95)
    pairs = across({(int(a), int(b)) for a, b in zip(sure.left, sure.right, strict=True)}, one.sources)
    return measured(one, pairs, [int(label) for label in result.clusters], seconds)


def measured(one: LabelledSet, pairs: Pairs, labels: list[int], seconds: float) -> dict[str, Any]:
    return {
        "pairs": asdict(quality(pairs, one.pairs)),
        "clusters": asdict(quality(pairs_of(labels, one.sources), one.pairs)),
        "seconds": round(seconds, 2),
    }


def theirs(one: LabelledSet, python: Path | None) -> dict[str, Any] | None:
    answer = (
        asked(python, {"job": "set", "name": one.name, "files": [str(path) for path in one.files]})
        if python
        else None
    )
    if answer is None:
        return None
    pairs = across({(a, b) for a, b in answer["pairs"]}, one.sources)
    return measured(one, pairs, answer["labels"], answer["seconds"])


def written(figures: dict[str, Any] | None) -> str:
    if figures is None:
        return f"{'-':>19} | {'-':>19} | {'-':>6}"
    shown = (
        "{precision:.3f} {recall:.3f} {f1:.3f}".format(**figures[kind]) for kind in ("pairs", "clusters")
    )
    return " | ".join(f"{text:>19}" for text in shown) + f" | {figures['seconds']:6.1f}"


def quality_table(python: Path | None) -> dict[str, Any]:
    print(f"{'set':10} | {'ours: pairs P R F1':>19} | {'clusters P R F1':>19} | {'s':>6} ||"
          f" {'Splink: pairs':>19} | {'clusters':>19} | {'s':>6} | bar")  # fmt: skip
    found = {}
    for one in labelled_sets():
        mine, other = ours(one), theirs(one, python)
        verdict = (
            "-"
            if one.bar is None
            else f"{one.bar} {'met' if mine['clusters']['f1'] >= one.bar else 'MISSED'}"
        )
        print(f"{one.name:10} | {written(mine)} || {written(other)} | {verdict}", flush=True)
        found[one.name] = {"ours": mine, "splink": other, "bar": one.bar}
    return found


def in_a_process(job: str, *arguments: object) -> dict[str, Any]:
    """A job of ``scale`` in a process of its own, so that peak memory is its own."""
    words = [
        sys.executable,
        "-m",
        "integrations_pipelines_tests.benchmarks.matching",
        job,
        *map(str, arguments),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    print(job, *arguments, json.dumps(answer), flush=True)
    return answer


def speed(python: Path | None) -> dict[str, Any]:
    """10,000 new people against 100,000 and 1,000,000 known, beside Splink on the larger; and all of them at once."""
    with tempfile.TemporaryDirectory() as folder:
        made = in_a_process("make", folder, KNOWN, NEW)
        small = in_a_process("delta", folder, KNOWN // 10)
        delta = in_a_process("delta", folder, KNOWN)
        job = {"job": "new", "base": f"{folder}/base.parquet", "new": f"{folder}/new.parquet"}
        other = asked(python, job) if python else None
        if other is not None:
            truth = pa.parquet.read_table(f"{folder}/truth.parquet")["person"].to_pylist()
            links = other.pop("links")
            right = sum(truth[new - KNOWN] == known for new, known in links)
            other |= {"precision": right / max(len(links), 1), "recall": right / NEW}
            print("splink", json.dumps(other))
            print(f"ratio to Splink, warm: {delta['seconds'] / other['seconds']:.2f}")
        bulk = in_a_process("bulk", folder)
    return {"made": made, "delta_100k": small, "delta_1m": delta, "splink_1m": other, "bulk": bulk}


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(JOBS[sys.argv[1]](*sys.argv[2:])))
        return
    STATE.mkdir(parents=True, exist_ok=True)
    python, reason = peer()
    if python is None:
        print(f"Splink is left out: {reason}")
    if not DATA.exists():
        print("the labelled sets are left out: they are not beside the project")
    figures = {
        "sets": quality_table(python) if DATA.exists() else None,
        "role_mailboxes": in_a_process("mailboxes", 100_000),
        "speed": speed(python),
    }
    (STATE / "matching.json").write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
