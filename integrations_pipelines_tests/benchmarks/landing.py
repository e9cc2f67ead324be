"""Landing 200,000 tickets: ours, dlt's default path, and bare COPY of the same rows, side by side in one run.

    python -m integrations_pipelines_tests.benchmarks.landing

Goals: 8 times dlt's default path or more, and half of bare COPY or more. Figures: ``.state/bench/landing.json``.
"""

import gc
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import dlt
import psycopg
import pyarrow as pa
from dlt.destinations import postgres

from integrations_pipelines.connectors.files import file_resource
from integrations_pipelines.contract import Resource, Version
from integrations_pipelines.entities.projection import Projection
from integrations_pipelines.staging import Landing, Limits, create_landing_table, land, read_file, rows_of
from integrations_pipelines.staging.dlt_runtime import isolate_dlt
from integrations_pipelines.staging.land import enveloped
from integrations_pipelines.staging.records import record_reader
from integrations_pipelines_tests.databases import copied_database, server_for_tests, short_folder

ROWS, ROUNDS, SMALL = 200_000, 3, 20
RESULT = Path(".state/bench/landing.json")
START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = "the printer on floor four does not answer since this morning please help order invoice login reset".split()
TICKETS = Resource(
    name="tickets",
    projection=Projection(entity_type="ticket", place="bench", attributes={"subject": "subject"}),
    key=("id",),
    version=Version(path="updated_at"),
)


def ticket(number: int, chance: random.Random) -> dict[str, Any]:
    """Return one ticket as a support desk serves it: nested, about 1 kB."""
    moment = (START + timedelta(seconds=number)).isoformat()
    return {
        "id": number,
        "url": f"https://acme.example/api/v2/tickets/{number}.json",
        "external_id": None,
        "subject": " ".join(chance.choices(WORDS, k=7)),
        "description": " ".join(chance.choices(WORDS, k=60)),
        "status": chance.choice(["new", "open", "pending", "solved"]),
        "priority": chance.choice(["low", "normal", "high", None]),
        "requester_id": chance.randrange(50_000),
        "assignee_id": chance.randrange(200),
        "organization_id": chance.randrange(5_000),
        "tags": chance.choices(WORDS, k=4),
        "custom_fields": [{"id": 1000 + n, "value": chance.choice(WORDS)} for n in range(5)],
        "via": {
            "channel": "email",
            "source": {"from": {"address": f"p{number % 50_000}@x.example"}, "rel": None},
        },
        "satisfaction_rating": {"score": "unoffered"},
        "created_at": moment,
        "updated_at": moment,
    }


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def landing(number: int) -> Landing:
    return Landing(
        landing=number, source_system=UUID(int=1), import_job=UUID(int=2), origin="poll", observed_at=START
    )


def by_copy(url: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Bare COPY of the same rows into a table of the same shape and indexes: psycopg, binary, from tuples at hand."""
    types = "int8 int4 text text timestamptz bytea bool text text timestamptz json".split()
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        create_landing_table(connection, "bench", "copied")
        with cursor.copy("copy staging_bench.copied from stdin (format binary)") as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)


def by_dlt_default(url: str, tickets: list[dict[str, Any]]) -> None:
    """dlt as its documentation starts: a list of dicts, normalised into columns and child tables, insert statements."""
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            pipeline_name=f"default_{uuid4().hex}",
            pipelines_dir=folder,
            destination=postgres(credentials=url),
            dataset_name="dlt_default",
        )
        pipeline.run(tickets, table_name="tickets", write_disposition="append")


def observed(tickets: list[dict[str, Any]]) -> pa.Table:
    read = record_reader(TICKETS)
    return rows_of([read(one) for one in tickets])


def csv_file(folder: Path) -> Path:
    path = folder / "people.csv"
    lines: Iterator[str] = (f'{n},p{n}@x.example,Ann,"Doe, jr",+49 30 {n:07},Berlin\n' for n in range(ROWS))
    path.write_text("id,email,first,last,phone,city\n" + "".join(lines))
    return path


def read_csv(path: Path) -> int:
    people = file_resource("people", "person", {"email": "email"}, "id")
    return sum(unit.rows.num_rows for unit in read_file(path, people, limits=Limits()))


def count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute(f"select count(*) from {table}").fetchone()
    return int(found[0]) if found else 0


def measure(url: str, folder: Path) -> dict[str, Any]:
    """Return seconds and rates; the ways take turns, so that a busy moment hits them alike."""
    chance = random.Random(7)
    tickets = [ticket(number, chance) for number in range(ROWS)]
    rows, path = observed(tickets), csv_file(folder)
    tuples = list(zip(*(column.to_pylist() for column in enveloped(rows, landing(0)).columns), strict=True))
    # A sync holds some pages, not all tickets at once: the collector shall not walk over them all the time.
    gc.freeze()
    took: dict[str, list[float]] = {"serialise": [], "land": [], "copy": [], "csv": []}
    for number in range(ROUNDS):
        took["serialise"].append(seconds(partial(observed, tickets)))
        took["land"].append(seconds(partial(land, url, "bench", "tickets", rows, landing(number))))
        took["copy"].append(seconds(partial(by_copy, url, tuples)))
        took["csv"].append(seconds(partial(read_csv, path)))
    few = rows.slice(0, 10)
    small = [seconds(partial(land, url, "bench", "tickets", few, landing(100 + n))) for n in range(SMALL)]
    default = seconds(partial(by_dlt_default, url, tickets))
    assert count(url, "staging_bench.tickets") == ROWS * ROUNDS + 10 * SMALL
    assert count(url, "staging_bench.copied") == ROWS * ROUNDS
    assert count(url, "dlt_default.tickets") == ROWS
    middle = {name: median(times) for name, times in took.items()}
    whole = middle["serialise"] + middle["land"]
    return {
        "rows": ROWS,
        "bytes_a_ticket": sum(len(payload.as_py()) for payload in rows.column("payload")[:1000]) // 1000,
        "landed_rows_a_second": round(ROWS / middle["land"]),
        "serialised_and_landed_rows_a_second": round(ROWS / whole),
        "copy_rows_a_second": round(ROWS / middle["copy"]),
        "dlt_default_rows_a_second": round(ROWS / default),
        "times_dlt_default": round(default / whole, 1),
        "share_of_copy": round(middle["copy"] / middle["land"], 2),
        "serialised_rows_a_second": round(ROWS / middle["serialise"]),
        "csv_rows_a_second": round(ROWS / middle["csv"]),
        "small_landing_seconds": {"median": round(median(small), 3), "worst": round(max(small), 3)},
        "goals": {"times_dlt_default": 8, "share_of_copy": 0.5, "small_landing_seconds": 0.4},
    }


def main() -> None:
    isolate_dlt()
    with short_folder() as folder, server_for_tests(folder) as server, copied_database(server) as url:
        figures = measure(url, folder)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
