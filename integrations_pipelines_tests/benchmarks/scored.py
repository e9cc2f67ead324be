"""All tiers inside the live product: a million people at once, ten thousand new ones among them, beside Splink 5.

    python -m integrations_pipelines_tests.benchmarks.scored [people]

Made-up people with households, skewed names and slips (``_matching.people``), through landing, apply and
``resolve``. What is timed is ``resolve`` with everything that it writes: scores, entities, record maps, sync log.
``exact_tier`` is the same without scores, and of that the part that decides. Splink does the comparing alone, on
DuckDB, on the same rows in the same run. Goals: exact tier 65,000 rows/s; new people faster than Splink, cold and
warm; delta no dearer among ten times as many.
Figures: ``.state/bench/scored.json``.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
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
from integrations_pipelines.hub import Hub, in_resolution, open_hub
from integrations_pipelines.local import embedded_database
from integrations_pipelines.registry import migrate
from integrations_pipelines.resolution import resolve as resolving
from integrations_pipelines.resolution.scored.promoting import learn_model
from integrations_pipelines.settings import read_settings
from integrations_pipelines.staging.records import record_reader
from integrations_pipelines.staging.units import rows_of
from integrations_pipelines_tests.benchmarks._matching.people import KINDS, People, people
from integrations_pipelines_tests.benchmarks.matching import asked, peer
from integrations_pipelines_tests.benchmarks.resolution import put_down, settle
from integrations_pipelines_tests.databases import short_folder

KNOWN, NEW, BATCHES = 1_000_000, 10_000, 3
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


def resolved(hub: Hub) -> dict[str, Any]:
    """Resolve what is pending; return seconds of the wall and of this process, and what was done."""
    wall, processor = time.perf_counter(), time.process_time()
    done = in_resolution(hub, "person", lambda connection: resolving.resolve(connection, PERSON))
    return {
        "seconds": round(time.perf_counter() - wall, 3),
        "processor_seconds": round(time.process_time() - processor, 3),
        **{name: value for name, value in asdict(done).items() if name != "entity_type"},
    }


def exact_tier(hub: Hub) -> dict[str, float]:
    """Resolve what is pending by identifiers alone, and take it back: rows a second, in all and to the decision."""
    writing: list[float] = []
    carry_out = resolving._carry_out

    def timed(*words: Any) -> resolving.Resolution:
        started = time.perf_counter()
        done = carry_out(*words)
        writing.append(time.perf_counter() - started)
        return done

    with (
        patch.object(resolving, "open_tier", lambda *_: None),
        patch.object(resolving, "_carry_out", timed),
        hub.engine.connect() as connection,
    ):
        started = time.perf_counter()
        resolving.resolve(connection, PERSON)
        whole = time.perf_counter() - started
        connection.rollback()
    return {
        "rows_a_second": round(NEW / whole),
        "rows_a_second_to_the_decision": round(NEW / (whole - writing[0])),
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


def measure(known: People, count: int) -> dict[str, Any]:
    """Everything at once, then three times 10,000 new people: after learning, by identifiers alone, by all tiers."""
    with short_folder() as folder, embedded_database(folder / "postgres") as url:
        migrate.upgrade(url)
        with open_hub(read_settings(state_dir=folder), url) as hub, corridor_of(hub, "crm") as corridor:
            figures: dict[str, Any] = {
                "people": count,
                "apply_seconds": round(put(corridor, known, range(count)), 2),
            }
            settle(url)
            figures["bulk"] = resolved(hub)
            figures["bulk_peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            in_resolution(hub, "person", lambda connection: learn_model(connection, PERSON))
            figures["bulk_after_learning"] = resolved(hub)
            settle(url)
            for batch in range(BATCHES):
                rows = range(count + batch * NEW, count + (batch + 1) * NEW)
                put(corridor, known, rows)
                if batch == 0:
                    figures["exact_tier"] = exact_tier(hub)
                figures[f"new_{batch + 1}"] = resolved(hub)
            figures["quality"] = quality(hub, known, count)
    print(json.dumps(figures), flush=True)
    return figures


def splink(known: People, count: int) -> dict[str, Any] | None:
    """Splink's seconds for the first batch of the same people, cold and warm; None where it cannot be had."""
    python, reason = peer()
    if python is None:
        print(f"Splink is left out: {reason}")
        return None
    table = known.table().append_column("row_number", pa.array(range(len(known.truth))))
    with tempfile.TemporaryDirectory() as folder:
        base, new = Path(folder) / "base.parquet", Path(folder) / "new.parquet"
        pa.parquet.write_table(table.slice(0, count), base)
        pa.parquet.write_table(table.slice(count, NEW), new)
        answer = asked(python, {"job": "new", "base": str(base), "new": str(new)})
    if answer is not None:
        right = sum(int(known.truth[row]) == partner for row, partner in answer.pop("links"))
        answer["recall"] = right / NEW
    return answer


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else KNOWN
    small = measure(people(count // 10, BATCHES * NEW), count // 10)
    known = people(count, BATCHES * NEW)
    large, other = measure(known, count), splink(known, count)
    warm = min(large["new_2"]["seconds"], large["new_3"]["seconds"])
    figures = {
        "small": small,
        "large": large,
        "splink": other,
        "new_large_against_small": round(warm / min(small["new_2"]["seconds"], small["new_3"]["seconds"]), 2),
        "new_warm_against_splink": round(warm / other["seconds"], 2) if other else None,
        "new_first_against_splink_cold": round(large["new_1"]["seconds"] / other["cold"], 2)
        if other
        else None,
        "goals": {"exact_rows_a_second": 65_000, "against_splink": 1.0, "large_against_small": 1.3},
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
