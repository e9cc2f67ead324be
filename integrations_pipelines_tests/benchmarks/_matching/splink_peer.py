"""Splink 5 on the same sets and people, in a virtual environment of its own. Run by ``matching.py``, not imported.

Comparisons, blocking, training and thresholds are those of its tutorials where there is one (fake_1000: tutorials
03 to 05; febrl3, febrl4: its examples; https://moj-analytical-services.github.io/splink/demos/); ours elsewhere, in
their manner. Reads {"job": ..., ...} from standard input, writes JSON to standard output.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import duckdb  # type: ignore[import-not-found, unused-ignore]
import pandas as pd  # type: ignore[import-not-found, import-untyped, unused-ignore]
import splink.comparison_library as cl  # type: ignore[import-not-found, unused-ignore]
from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # type: ignore[import-not-found, unused-ignore]


def febrl_settings() -> dict[str, Any]:
    return {
        "comparisons": [
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
        ],
        "blocks": [
            block_on("soc_sec_id"),
            block_on("given_name", "surname"),
            block_on("date_of_birth"),
            block_on("surname", "postcode"),
            block_on("given_name", "postcode"),
        ],
        "certain": [
            block_on("soc_sec_id"),
            block_on("given_name", "surname", "date_of_birth"),
            block_on("given_name", "surname", "street_number", "postcode"),
        ],
        "recall": 0.9,
        "training": [block_on("date_of_birth"), block_on("postcode")],
        "threshold": 0.9,
    }


def settings(name: str) -> dict[str, Any]:
    if name.startswith("febrl"):
        return febrl_settings()
    return {
        "fake_1000": {
            "comparisons": [
                cl.NameComparison("first_name"),
                cl.NameComparison("surname"),
                cl.DateOfBirthComparison("dob", input_is_string=True),
                cl.ExactMatch("city").configure(term_frequency_adjustments=True),
                cl.EmailComparison("email"),
            ],
            # Wider than the tutorial's keys, with which it reaches 0.58 here.
            "blocks": [block_on("first_name"), block_on("surname"), block_on("email"), block_on("dob")],
            "certain": [
                block_on("first_name", "dob"),
                "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
                block_on("email"),
            ],
            "recall": 0.7,
            "training": [block_on("first_name", "surname"), block_on("dob")],
            "threshold": 0.5,
        },
        "dblp_acm": {
            "comparisons": [
                cl.JaroWinklerAtThresholds("title", [0.95, 0.88, 0.8]),
                cl.JaroWinklerAtThresholds("authors", [0.95, 0.85, 0.7]),
                cl.ExactMatch("year"),
            ],
            "blocks": [
                block_on("substr(title, 1, 12)"),
                block_on("substr(authors, 1, 10)"),
                block_on("year", "substr(title, 1, 4)"),
            ],
            "certain": [block_on("title")],
            "recall": 0.7,
            "training": [block_on("year"), block_on("substr(title, 1, 12)")],
            "threshold": 0.95,
        },
        "abt_buy": {
            "comparisons": [cl.JaroWinklerAtThresholds("name", [0.95, 0.88, 0.8]), cl.ExactMatch("price")],
            "blocks": [block_on("substr(name, 1, 10)"), block_on("price")],
            "certain": [block_on("substr(name, 1, 20)", "price")],
            "recall": 0.1,
            "training": [block_on("price"), block_on("substr(name, 1, 10)")],
            "threshold": 0.95,
        },
        "childcare": {
            "comparisons": [
                cl.JaroWinklerAtThresholds("Site name", [0.95, 0.88, 0.8]),
                cl.JaroWinklerAtThresholds("Address", [0.95, 0.88, 0.8]),
                cl.ExactMatch("Zip"),
                cl.LevenshteinAtThresholds("Phone", [1]).configure(term_frequency_adjustments=True),
            ],
            "blocks": [block_on("Phone"), block_on('"Site name"'), block_on("Address")],
            "certain": [block_on("Phone", '"Site name"'), block_on('"Site name"', "Address")],
            "recall": 0.7,
            "training": [block_on("Phone"), block_on("Address")],
            "threshold": 0.95,
        },
        "senzing": {
            "comparisons": [
                cl.NameComparison("PRIMARY_NAME_FIRST"),
                cl.NameComparison("PRIMARY_NAME_LAST"),
                cl.LevenshteinAtThresholds("DATE_OF_BIRTH", [1]),
                cl.ExactMatch("EMAIL_ADDRESS"),
                cl.ExactMatch("PHONE_NUMBER"),
                cl.LevenshteinAtThresholds("ADDR_LINE1", [3]),
            ],
            "blocks": [
                block_on("PRIMARY_NAME_LAST"),
                block_on("DATE_OF_BIRTH"),
                block_on("EMAIL_ADDRESS"),
                block_on("PHONE_NUMBER"),
            ],
            "certain": [block_on("PRIMARY_NAME_LAST", "DATE_OF_BIRTH")],
            "recall": 0.5,
            "training": [block_on("PRIMARY_NAME_LAST"), block_on("DATE_OF_BIRTH")],
            "threshold": 0.95,
        },
    }[name]


def trained(database: Any, table: Any, chosen: dict[str, Any]) -> Any:
    registered = database.register(table)
    linker = Linker(
        registered,
        SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="row_number",
            comparisons=chosen["comparisons"],
            blocking_rules_to_generate_predictions=chosen["blocks"],
        ),
    )
    linker.training.estimate_probability_two_random_records_match(chosen["certain"], recall=chosen["recall"])
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in chosen["training"]:
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
        except Exception as error:  # noqa: BLE001 - an empty training block raises one of several
            print(f"training block left out: {error}", file=sys.stderr)
    return linker


def match_set(job: dict[str, Any]) -> dict[str, Any]:
    start = time.perf_counter()
    encoding = "latin-1" if job["name"] in ("dblp_acm", "abt_buy") else "utf-8-sig"
    tables = [pd.read_csv(path, dtype=str, encoding=encoding, skipinitialspace=True) for path in job["files"]]
    table = pd.concat(tables, ignore_index=True)
    table.columns = [column.strip() for column in table.columns]
    if job["name"] in ("dblp_acm", "abt_buy", "childcare", "senzing"):
        table = table.apply(
            lambda column: column.str.lower().str.replace(r"[^\w\s@]", "", regex=True).str.strip()
        )
        table = table.replace("", None)
    table["row_number"] = range(len(table))
    chosen = settings(job["name"])
    linker = trained(DuckDBAPI(), table, chosen)
    predicted = linker.inference.predict(threshold_match_probability=0.2)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predicted, threshold_match_probability=chosen["threshold"]
    )
    pairs = predicted.as_record_list()
    labels = {row["row_number"]: row["cluster_id"] for row in clusters.as_record_list()}
    return {
        "seconds": time.perf_counter() - start,
        "labels": [int(labels.get(row, row)) for row in range(len(table))],
        "pairs": [
            sorted((int(row["row_number_l"]), int(row["row_number_r"])))
            for row in pairs
            if row["match_probability"] >= chosen["threshold"]
        ],
    }


NEW_PEOPLE: dict[str, Any] = {
    "comparisons": [
        cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
        cl.NameComparison("family_name").configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("birth_date", input_is_string=True),
        cl.EmailComparison("email"),
        cl.ExactMatch("phone"),
        cl.LevenshteinAtThresholds("street", [2]),
        cl.ExactMatch("city").configure(term_frequency_adjustments=True),
    ],
    "blocks": [
        block_on("email"),
        block_on("phone"),
        block_on("given_name", "family_name"),
        block_on("family_name", "birth_date"),
        block_on("family_name", "postcode"),
        block_on("given_name", "street"),
    ],
    "certain": [block_on("email"), block_on("given_name", "family_name", "birth_date")],
    "recall": 0.8,
    "training": [block_on("given_name", "family_name"), block_on("birth_date")],
}
_FREQUENT = ("given_name", "family_name", "email", "city")


def match_new(job: dict[str, Any]) -> dict[str, Any]:
    """New people against known ones: trained on all of them, timed warm (a second batch in the same process).

    Known people, model and frequencies are left in the folder ``home``, if the job names one, for ``match_cold``.
    """
    home = Path(job["home"]) if "home" in job else None
    connection = duckdb.connect(str(home / "base.duckdb") if home else ":memory:")
    connection.execute("create table base as select * from read_parquet(?)", [job["base"]])
    new = connection.execute("select * from read_parquet(?)", [job["new"]]).to_arrow_table()
    # Among the known alone nobody is there twice, and a prior of nothing stops the training.
    connection.execute("create table everybody as select * from base union all select * from new")
    database = DuckDBAPI(connection=connection)
    start = time.perf_counter()
    linker = trained(database, "everybody", NEW_PEOPLE)
    for column in _FREQUENT:
        table = linker.table_management.compute_tf_table(column)
        if home:
            connection.execute(f"create table lookup_{column} as select * from {table.physical_name}")
    if home:
        linker.misc.save_model_to_json(str(home / "model.json"), overwrite=True)
    once = time.perf_counter() - start
    known = database.register("base")
    seconds: list[tuple[float, float]] = []
    for _ in range(3):
        start, processor = time.perf_counter(), time.process_time()
        between = _predicted(database, linker, known, new)
        seconds.append((time.perf_counter() - start, time.process_time() - processor))
    wall, used = min(seconds[1:])
    return {
        "once": once,
        "seconds": wall,
        "processor_seconds": used,
        "peak_mb": _peak(),
        "links": _best(between),
    }


def match_cold(job: dict[str, Any]) -> dict[str, Any]:
    """The same in a process of its own that has only what ``match_new`` left; who calls it times it."""
    connection = duckdb.connect(str(Path(job["home"]) / "base.duckdb"))
    new = connection.execute("select * from read_parquet(?)", [job["new"]]).to_arrow_table()
    database = DuckDBAPI(connection=connection)
    known = database.register("base")
    linker = Linker(known, str(Path(job["home"]) / "model.json"))
    for column in _FREQUENT:
        linker.table_management.register_term_frequency_lookup(database.register(f"lookup_{column}"), column)
    between = _predicted(database, linker, known, new)
    return {"processor_seconds": time.process_time(), "peak_mb": _peak(), "links": len(_best(between))}


def _predicted(database: Any, linker: Any, known: Any, new: Any) -> Any:
    registered = database.register(new)
    between = linker.inference.predict_between(
        known, registered, threshold_match_probability=0.5, warning_mode="never"
    )
    linker.inference.predict_within(registered, threshold_match_probability=0.5)
    return between


def _best(between: Any) -> list[list[int]]:
    """The surest known person of each new one, from 0.95 on."""
    best: dict[int, tuple[float, int]] = {}
    for row in between.as_record_list():
        sides = sorted((int(row["row_number_l"]), int(row["row_number_r"])))
        if row["match_probability"] >= 0.95:
            best[sides[1]] = max(best.get(sides[1], (0.0, -1)), (row["match_probability"], sides[0]))
    return [[new_row, known_row] for new_row, (_, known_row) in best.items()]


def _peak() -> int:
    # Not ru_maxrss: a child begins with its parent's.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


JOBS = {"set": match_set, "new": match_new, "cold": match_cold}

if __name__ == "__main__":
    wanted = json.load(sys.stdin)
    answer = JOBS[wanted["job"]](wanted)
    print("\n" + json.dumps(answer))
