"""Projecting 200,000 people from JSON text to columns, beside bare orjson reading and writing of the same texts.

    python -m integrations_pipelines_tests.benchmarks.projection

One process, one core. Goal: 150,000 people a second. A shared machine may run at half its speed for seconds at a time,
so both are measured in turn, slice by slice: the ratio is what to compare between runs, and the best slice says what
the machine can do. Figures: ``.state/bench/projection.json``.
"""

import json
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from integrations_pipelines.entities import Projection, compile_projection, project_many

PEOPLE, SLICE = 200_000, 5_000
RESULT = Path(".state/bench/projection.json")
SYLLABLES = "an bel cor dan el fan gor hil in jo ka lin mar no ol pa ri sa ta vi".split()
PROJECTION = Projection(
    entity_type="person",
    place="crm.example",
    attributes={
        "external_id": "id",
        "name": "name",
        "email": "email",
        "phone": "phone",
        "company_name": "company",
        "city": "city",
        "job_title": "title",
        "created_at": "created",
    },
)


def word(chance: random.Random, syllables: int) -> str:
    """Return a made-up name."""
    return "".join(chance.choices(SYLLABLES, k=syllables)).title()


def phone(chance: random.Random) -> str:
    """Return a number as people write it: E.164, or one of the usual forms in the United States."""
    area, office, line = chance.randint(201, 989), chance.randint(200, 999), chance.randint(0, 9999)
    forms = ["+1{}{}{:04}", "+1 {}-{}-{:04}", "({}) {}-{:04}", "{}-{}-{:04}"]
    return chance.choice(forms).format(area, office, line)


def person(number: int, chance: random.Random) -> bytes:
    """Return one person of eight fields as a CRM serves it; 400 given names, 8,000 family names."""
    given, family = word(chance, 2), word(chance, 3)
    moment = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T{chance.randint(0, 23):02}:04:05Z"
    return orjson.dumps(
        {
            "id": str(100_000 + number),
            "name": f"{given} {family}",
            "email": f"{given}.{family}{number}@Example{number % 500}.com",
            "phone": phone(chance),
            "company": f"Company {number % 3000} Inc",
            "city": chance.choice(["Berlin", "Paris", "New York", "Tokyo"]),
            "title": chance.choice(["Engineer", "CTO", "Sales"]),
            "created": moment,
        }
    )


def seconds(work: Callable[[list[bytes]], object], texts: list[bytes]) -> float:
    """Return how long ``work`` takes over ``texts``."""
    start = time.perf_counter()
    work(texts)
    return time.perf_counter() - start


def bare(texts: list[bytes]) -> None:
    """Read and write each text, with nothing in between."""
    for text in texts:
        orjson.dumps(orjson.loads(text))


def measure() -> dict[str, Any]:
    """Return the figures of both, slice by slice in turn."""
    chance = random.Random(7)
    texts = [person(number, chance) for number in range(PEOPLE)]
    project = partial(project_many, projection=compile_projection(PROJECTION, region="US"))
    slices = [texts[start : start + SLICE] for start in range(0, PEOPLE, SLICE)]
    seconds(project, slices[0])
    times = [(seconds(project, one), seconds(bare, one)) for one in slices]
    ours, theirs = [pair[0] for pair in times], [pair[1] for pair in times]
    return {
        "people": PEOPLE,
        "records_per_second": round(PEOPLE / sum(ours)),
        "records_per_second_best_slice": round(SLICE / min(ours)),
        "bare_orjson_per_second": round(PEOPLE / sum(theirs)),
        "bare_orjson_per_second_best_slice": round(SLICE / min(theirs)),
        "ratio_to_bare_orjson": round(median(bare / own for own, bare in times), 3),
        "goal_records_per_second": 150_000,
    }


def main() -> None:
    """Measure, print, and write the figures."""
    figures = measure()
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    for name, figure in figures.items():
        print(f"{name:36} {figure:>12,}")


if __name__ == "__main__":
    main()
