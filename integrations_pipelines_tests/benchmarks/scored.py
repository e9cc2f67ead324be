"""All tiers inside the live product: a million people at once, ten thousand new ones among them, beside Splink 5.

    make bench-scored [PEOPLE=1000000]

Made-up people with households, skewed names and slips (``_matching.people``), through landing, apply and ``resolve``.
What is timed is ``resolve`` with everything that it writes: scores, entities, record maps, sync log. Bulk, and the
first new people ("cold": from the start of the process), are resolved in processes of their own, so that peak memory
is theirs; the next ones in one process ("warm"). ``exact_tier`` is the same without scores, and of that the part that
decides. Splink does the comparing alone, on DuckDB, on the same rows in the same run; it too once from the start of a
process that has a trained model and the known people in a file, and once warm. Beside seconds of the wall stand
seconds of the processor, for a machine that others use too: ours are those of Python and of PostgreSQL.
Goals: exact tier 65,000 rows/s; new people faster than Splink, cold and warm; no dearer among ten times as many.
Figures: ``.state/bench/scored.json``.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pyarrow as pa
import pyarrow.parquet

from integrations_pipelines import sync
from integrations_pipelines.connectors.files import file_resource
from integrations_pipelines.contract import Resource
from integrations_pipelines.corridor import Corridor, open_corridor, take_waiting
from integrations_pipelines.entities import ENTITY_TYPES
from integrations_pipelines.hub import Hub, in_resolution, open_hub, resolution_transaction
from integrations_pipelines.local import embedded_database
from integrations_pipelines.registry import migrate
from integrations_pipelines.resolution import resolve as resolving
from integrations_pipelines.resolution.scored.promoting import learn_model
from integrations_pipelines.settings import read_settings
from integrations_pipelines.staging.records import record_reader
from integrations_pipelines.staging.units import rows_of
from integrations_pipelines_tests.benchmarks._matching.people import KINDS, People, people
from integrations_pipelines_tests.benchmarks._matching.server import peak_megabytes, processor_seconds
from integrations_pipelines_tests.benchmarks.matching import asked, peer
from integrations_pipelines_tests.benchmarks.resolution import put_down, settle
from integrations_pipelines_tests.databases import short_folder

KNOWN, NEW, BATCHES = 1_000_000, 10_000, 4
RESULT = Path(".state/bench/scored.json")
PERSON = ENTITY_TYPES["person"]


def people_resource() -> Resource:
    return file_resource("people", "person", {name: name for name in KINDS}, "id")


@contextmanager
def corridor_of(hub: Hub, key: str) -> Iterator[Corridor]:
    sync.file_system(hub, key)
    with sync.running_job(hub, key, job_type="bench") as job:
        with open_corridor(hub, job, people_resource(), origin="poll") as corridor:
            yield corridor
        sync.close(hub, job, [])


def put(corridor: Corridor, known: People, rows: range) -> float:
    """Land and apply these rows of ``known``; return the seconds of applying."""
    read = record_reader(people_resource())
    for start in range(rows.start, rows.stop, 200_000):
        chosen = range(start, min(start + 200_000, rows.stop))
        records = [
            read({"id": str(row), **{name: values[row] for name, values in known.columns.items()}})
            for row in chosen
        ]
        put_down(corridor, rows_of(records))
    started = time.perf_counter()
    take_waiting(corridor)
    return time.perf_counter() - started


def timed(folder: Path, work: Callable[[], object]) -> dict[str, float]:
    """Do ``work``; return seconds of the wall and of the processor, Python's and those of the server in ``folder``."""
    wall, ours, server = time.perf_counter(), time.process_time(), processor_seconds(folder)
    work()
    return {
        "seconds": round(time.perf_counter() - wall, 3),
        "python_processor_seconds": round(time.process_time() - ours, 3),
        "database_processor_seconds": round(processor_seconds(folder) - server, 3),
    }


def resolved(hub: Hub, folder: Path) -> dict[str, Any]:
    """Resolve what is pending; return what it took and what was done."""
    done: list[resolving.Resolution] = []
    took = timed(
        folder,
        lambda: done.append(
            in_resolution(hub, "person", lambda connection: resolving.resolve(connection, PERSON))
        ),
    )
    return took | {name: value for name, value in asdict(done[0]).items() if name != "entity_type"}


def learnt(hub: Hub, folder: Path) -> dict[str, Any]:
    """Learn a model from what is stored; return what it took."""
    return timed(
        folder, lambda: in_resolution(hub, "person", lambda connection: learn_model(connection, PERSON))
    )


JOBS = {"resolve": resolved, "learn": learnt}


def in_a_process(job: str, folder: Path, url: str) -> dict[str, Any]:
    """Do one of ``JOBS`` in a process of its own; its peak memory, and seconds from its start, stand beside."""
    words = [sys.executable, "-m", "integrations_pipelines_tests.benchmarks.scored", job, str(folder), url]
    started, server = time.perf_counter(), processor_seconds(folder)
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    wall, used = time.perf_counter() - started, processor_seconds(folder) - server
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    answer["from_start"] = {
        "seconds": round(wall, 3),
        "processor_seconds": round(answer.pop("process_seconds") + used, 3),
    }
    print(job, json.dumps(answer), flush=True)
    return answer


def exact_tier(hub: Hub, folder: Path, new: int) -> dict[str, Any]:
    """Resolve what is pending by identifiers alone, and take it back; rows a second, in all and to the decision."""
    deciding: dict[str, float] = {}
    carry_out, started = resolving._carry_out, time.perf_counter()
    used = time.process_time() + processor_seconds(folder)

    def carried_out(*words: Any) -> resolving.Resolution:
        deciding["seconds"] = time.perf_counter() - started
        deciding["processor"] = time.process_time() + processor_seconds(folder) - used
        return carry_out(*words)

    with (
        patch.object(resolving, "open_tier", lambda *_: None),
        patch.object(resolving, "_carry_out", carried_out),
        resolution_transaction(hub, "person") as connection,
    ):
        started = time.perf_counter()
        resolving.resolve(connection, PERSON)
        whole = time.perf_counter() - started
        processor = time.process_time() + processor_seconds(folder) - used
        connection.rollback()
    return {
        "rows_a_second": round(new / whole),
        "rows_a_second_to_the_decision": round(new / deciding["seconds"]),
        "rows_a_processor_second": round(new / processor),
        "rows_a_processor_second_to_the_decision": round(new / max(deciding["processor"], 0.01)),
    }


def quality(hub: Hub, known: People, first: int) -> dict[str, float]:
    """Of the copies that came as new: how many share their original's entity, and how many of their links are right."""
    query = "select source_record_id::int, target_uuid from integrations.record_map where resource = 'people'"
    with psycopg.connect(hub.url) as connection:
        entity: dict[int, Any] = dict(connection.execute(query).fetchall())
    linked = right = 0
    members: dict[Any, list[int]] = {}
    for row, uuid in entity.items():
        members.setdefault(uuid, []).append(row)
    copies = [row for row in entity if row >= first]
    for row in copies:
        others = [other for other in members[entity[row]] if other != row]
        linked += len(others)
        right += sum(int(known.truth[other]) == int(known.truth[row]) for other in others)
    found = sum(entity[row] == entity.get(int(known.truth[row])) for row in copies)
    return {
        "precision": round(right / max(linked, 1), 4),
        "recall": round(found / max(len(copies), 1), 4),
    }


def measure(known: People, count: int, new: int) -> dict[str, Any]:
    """Everything at once, then new people four times: in a process of their own, and in one that goes on."""
    with short_folder() as folder, embedded_database(folder / "postgres") as url:
        migrate.upgrade(url)
        with open_hub(read_settings(state_dir=folder), url) as hub, corridor_of(hub, "crm") as corridor:
            figures: dict[str, Any] = {
                "people": count,
                "new": new,
                "apply_seconds": round(put(corridor, known, range(count)), 2),
            }
            settle(url)
            figures["bulk"] = in_a_process("resolve", folder, url)
            figures["learning"] = in_a_process("learn", folder, url)
            figures["bulk_after_learning"] = in_a_process("resolve", folder, url)
            settle(url)
            for batch in range(BATCHES):
                put(corridor, known, range(count + batch * new, count + (batch + 1) * new))
                if batch == 0:
                    figures["new_cold"] = in_a_process("resolve", folder, url)
                    continue
                if batch == 1:
                    exact_tier(hub, folder, new)
                    figures["exact_tier"] = exact_tier(hub, folder, new)
                figures[f"new_warm_{batch}"] = resolved(hub, folder)
            figures["quality"] = quality(hub, known, count)
    print(json.dumps(figures), flush=True)
    return figures


def splink(known: People, count: int, new: int) -> dict[str, Any] | None:
    """Splink's seconds for the first batch of the same people, cold and warm; None where it cannot be had."""
    python, reason = peer()
    if python is None:
        print(f"Splink is left out: {reason}")
        return None
    table = known.table().append_column("row_number", pa.array(range(len(known.truth))))
    with tempfile.TemporaryDirectory() as folder:
        files = {name: str(Path(folder) / f"{name}.parquet") for name in ("base", "new")}
        pa.parquet.write_table(table.slice(0, count), files["base"])
        pa.parquet.write_table(table.slice(count, new), files["new"])
        warm = asked(python, {"job": "new", "home": folder, **files})
        started = time.perf_counter()
        cold = asked(python, {"job": "cold", "home": folder, **files})
        wall = time.perf_counter() - started
    if warm is None or cold is None:
        return None
    right = sum(int(known.truth[row]) == partner for row, partner in warm.pop("links"))
    return {"warm": warm, "cold": {**cold, "seconds": round(wall, 3)}, "recall": right / new}


def warm_of(figures: dict[str, Any]) -> dict[str, float]:
    """The best of the warm batches, in seconds of the wall and of the processor."""
    batches = [figures[f"new_warm_{batch}"] for batch in range(1, BATCHES)]
    return {
        "seconds": min(one["seconds"] for one in batches),
        "processor_seconds": round(
            min(one["python_processor_seconds"] + one["database_processor_seconds"] for one in batches), 3
        ),
    }


def ratios(ours: dict[str, float], theirs: dict[str, float]) -> dict[str, float]:
    return {name: round(ours[name] / theirs[name], 2) for name in ("seconds", "processor_seconds")}


def main() -> None:
    if sys.argv[1:2] and sys.argv[1] in JOBS:
        job, folder, url = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
        with open_hub(read_settings(state_dir=folder), url) as hub:
            answer = JOBS[job](hub, folder)
        peak = peak_megabytes()
        print(json.dumps({**answer, "peak_megabytes": peak, "process_seconds": time.process_time()}))
        return
    count = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PEOPLE", KNOWN))
    # Every new one is a copy of another: among few people there are fewer of them.
    new = min(NEW, count // 10 // BATCHES)
    small = measure(people(count // 10, BATCHES * new), count // 10, new)
    known = people(count, BATCHES * new)
    large, other = measure(known, count, new), splink(known, count, new)
    figures = {
        "small": small,
        "large": large,
        "splink": other,
        "new_large_against_small": ratios(warm_of(large), warm_of(small)),
        "new_warm_against_splink": ratios(warm_of(large), other["warm"]) if other else None,
        "new_cold_against_splink": ratios(large["new_cold"]["from_start"], other["cold"]) if other else None,
        "goals": {"exact_rows_a_second": 65_000, "against_splink": 1.0, "large_against_small": 1.3},
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
