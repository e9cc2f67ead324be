"""Apply and resolve: a million people at once, a thousand changes among them, and nothing new at all.

    python -m integrations_pipelines_tests.benchmarks.resolution [people]

Each figure stands beside what PostgreSQL itself needs for the same rows in the same run: a COPY into one table with the
same two indexes, and a bare join. Goals: 40,000 records a second in bulk; 1,000 changes in 1 s, and in no more than 1.3
times what they take among a tenth of the people. ``exact_tier`` is the bulk without the scored tier. Processor time is
told by phase, ours and PostgreSQL's: at 40,000 a second, two cores give 50 us a record. Figures:
``.state/bench/resolution.json``.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import psycopg
import pyarrow as pa
from psycopg import sql

from integrations_pipelines import sync
from integrations_pipelines.connectors.files import file_resource
from integrations_pipelines.contract import Resource, Version
from integrations_pipelines.corridor import Corridor, open_corridor, take, take_waiting
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.local import embedded_database
from integrations_pipelines.registry import landings, migrate
from integrations_pipelines.resolution import resolve as resolving
from integrations_pipelines.settings import read_settings
from integrations_pipelines.staging.land import Landing, land
from integrations_pipelines.staging.records import record_reader
from integrations_pipelines.staging.units import Unit, rows_of
from integrations_pipelines_tests.benchmarks._processor import by_processor
from integrations_pipelines_tests.databases import short_folder

PEOPLE, CHANGES = 1_000_000, 1_000
RESULT = Path(".state/bench/resolution.json")
START = datetime(2026, 1, 1, tzinfo=UTC)
CITIES = ("Berlin", "Lyon", "Porto", "Gdańsk", "Århus")
GIVEN = (
    "Ada",
    "Bruno",
    "Clara",
    "Dmitri",
    "Elif",
    "Femi",
    "Greta",
    "Hanna",
    "Ivo",
    "Jana",
    "Kofi",
    "Lena",
    "Mina",
)
SYLLABLES = (
    "ber",
    "ko",
    "lin",
    "mar",
    "no",
    "ros",
    "sen",
    "ta",
    "vik",
    "wal",
    "zan",
    "der",
    "fi",
    "gold",
    "hei",
    "jor",
)
COLUMNS = {"name": "name", "mail": "email", "phone": "phone", "job": "job_title", "city": "city"}


def people_resource() -> Resource:
    plain = file_resource("people", "person", COLUMNS, "id")
    return Resource(
        name="people",
        projection=plain.projection,
        key=("id",),
        version=Version(path="updated_at"),
        full=False,
    )


def family(who: int) -> str:
    """4,096 family names, spread over everybody."""
    mixed = who * 2_654_435_761 >> 7
    return "".join(SYLLABLES[mixed >> shift & 15] for shift in (0, 4, 8)).capitalize()


def person(number: int, revision: int) -> dict[str, Any]:
    """Every fourth record is somebody once more: the same address, the phone spelled anew."""
    who = number - 1 if number % 4 == 3 else number
    local = f"{who:08d}"
    phone = f"+49 30 {local[:4]} {local[4:]}" if number % 4 == 3 else f"+4930{local}"
    return {
        "id": number,
        "name": f"{GIVEN[who % len(GIVEN)]} {family(who)}",
        "mail": f"{GIVEN[who % len(GIVEN)].lower()}.{family(who).lower()}{who}@company{who % 5000}.example",
        "phone": phone,
        "job": f"Engineer {revision}",
        "city": CITIES[number % len(CITIES)],
        "updated_at": (START + timedelta(seconds=number % 86_400, days=revision)).isoformat(),
    }


def observed(numbers: range, revision: int) -> pa.Table:
    read = record_reader(people_resource())
    return rows_of([read(person(number, revision)) for number in numbers])


def unit_of(rows: pa.Table) -> Unit:
    return Unit(rows=rows, cursor=None, rejected=(), extracted=rows.num_rows, pages=1, complete=False)


@contextmanager
def corridor_of(hub: Hub, key: str) -> Iterator[Corridor]:
    sync.file_system(hub, key)
    with sync.running_job(hub, key, job_type="bench") as job:
        with open_corridor(hub, job, people_resource(), origin="poll") as corridor:
            yield corridor
        sync.close(hub, job, [])


def put_down(corridor: Corridor, rows: pa.Table) -> None:
    """Land ``rows`` and leave them waiting, so that applying them is timed alone."""
    with corridor.hub.engine.begin() as connection:
        number = landings.start_landing(connection, corridor.job, "people", origin="poll", cursor=None)
    job = corridor.job
    envelope = Landing(
        landing=number, source_system=job.source.uuid, import_job=job.uuid, origin="poll", observed_at=START
    )
    land(corridor.hub.url, job.source.system_type, "people", rows, envelope)
    with corridor.hub.engine.begin() as connection:
        landings.note_landed(connection, number, extracted=rows.num_rows, landed=rows.num_rows, outcomes={})


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def settle(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")


def bulk(corridor: Corridor, count: int) -> dict[str, Any]:
    hub = corridor.hub
    put_down(corridor, observed(range(count), 0))
    settle(hub.url)
    apply = by_processor(hub.url, count, lambda: take_waiting(corridor))
    resolve = by_processor(hub.url, count, lambda: sync.resolve(hub, ["person"]))
    settle(hub.url)
    took = apply["seconds"] + resolve["seconds"]
    return {
        "apply": apply,
        "resolve": resolve,
        "seconds": round(took, 2),
        "records_a_second": round(count / took),
    }


def changes(corridor: Corridor, count: int, revision: int) -> float:
    """Return the seconds of taking and resolving changed records spread over all of them, without their landing."""
    chosen = range(0, count, max(count // CHANGES, 1))[:CHANGES]
    put_down(corridor, observed(chosen, revision))
    return seconds(lambda: (take_waiting(corridor), sync.resolve(corridor.hub, ["person"])))


def unchanged(corridor: Corridor, count: int) -> float:
    rows = observed(range(count), 0)
    units = [unit_of(rows.slice(start, 20_000)) for start in range(0, count, 20_000)]
    outcomes: list[Any] = []
    took = seconds(lambda: outcomes.extend(take(corridor, unit) for unit in units))
    known = sum(one["unchanged"] + one["stale"] + one["duplicate"] for one in outcomes)
    assert known == count, outcomes
    return took


def bare_copy(url: str, count: int) -> float:
    """COPY of the cleaned values into one table with a primary key and an index on the address."""
    lines = b"".join(
        b"%d\t%b\t%b\n" % (number, orjson.dumps(one), str(one["mail"]).encode())
        for number in range(count)
        for one in (person(number, 0),)
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            'create table public.bare (id bigint primary key, said jsonb, mail text collate "C")'
        )
        connection.execute("create index on public.bare (mail)")

        def copy() -> None:
            with connection.cursor().copy("copy public.bare from stdin") as into:
                into.write(lines)

        return seconds(copy)


def bare_join(url: str) -> float:
    query = sql.SQL("select count(*) from public.bare a join public.bare b using (mail)")
    with psycopg.connect(url, autocommit=True) as connection:
        return seconds(lambda: connection.execute(query))


def check(hub: Hub, count: int) -> dict[str, int]:
    query = """select (select count(*) from integrations.record_map where map_status = 'mapped'),
                      (select count(*) from entities.entity where merged_into is null),
                      (select count(*) from integrations.sync_log where event_type = 'records.mapped')"""
    with psycopg.connect(hub.url) as connection:
        maps, entities, lines = connection.execute(query).fetchone() or (0, 0, 0)
    assert maps == count
    assert entities == count - count // 4
    assert lines > 0
    return {"record_maps": maps, "entities": entities, "sync_log_lines": lines}


def exact_tier(folder: Path, count: int) -> dict[str, Any]:
    """Return the bulk figures of a type that nothing but identifiers joins."""
    with (
        embedded_database(folder / "postgres") as url,
        patch.object(resolving, "open_tier", return_value=None),
    ):
        migrate.upgrade(url)
        with open_hub(read_settings(state_dir=folder), url) as hub, corridor_of(hub, "crm") as corridor:
            return {**bulk(corridor, count), **check(hub, count)}


def measure(folder: Path, count: int) -> dict[str, Any]:
    with embedded_database(folder / "postgres") as url:
        migrate.upgrade(url)
        with open_hub(read_settings(state_dir=folder), url) as hub, corridor_of(hub, "crm") as corridor:
            figures: dict[str, Any] = {"records": count, "bulk": bulk(corridor, count), **check(hub, count)}
            changes(corridor, count, 1)
            figures["changed_1000_seconds"] = round(min(changes(corridor, count, 2 + n) for n in range(3)), 3)
            figures["unchanged_seconds"] = round(unchanged(corridor, count), 2)
            figures["bare_copy_seconds"] = round(bare_copy(url, count), 2)
            figures["bare_join_seconds"] = round(bare_join(url), 2)
    return figures


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    with short_folder() as folder:
        small = measure(folder, count // 10)
    with short_folder() as folder:
        exact = exact_tier(folder, count)
    with short_folder() as folder:
        large = measure(folder, count)
    figures = {
        "large": large,
        "small": small,
        "exact_tier": exact,
        "bulk_against_bare_copy": round(large["bulk"]["seconds"] / large["bare_copy_seconds"], 1),
        "changes_large_against_small": round(
            large["changed_1000_seconds"] / small["changed_1000_seconds"], 2
        ),
        "unchanged_records_a_second": round(count / large["unchanged_seconds"]),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "goals": {
            "records_a_second": 40_000,
            "changed_1000_seconds": 1.0,
            "changes_large_against_small": 1.3,
        },
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
