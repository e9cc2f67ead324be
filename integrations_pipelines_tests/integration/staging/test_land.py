"""Landing in a real PostgreSQL: nothing lost, nothing doubled, whoever lands at the same time."""

import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
import pytest

from integrations_pipelines.errors import DatabaseUnavailable
from integrations_pipelines.staging import Landing, create_landing_table, land, rows_of
from integrations_pipelines.staging.records import canonical_json

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ACCOUNTS, ROWS = 25, 1000


def rows(count: int, prefix: str = "r") -> pa.Table:
    observed = [
        (f"{prefix}{n}", NOW, n.to_bytes(16, "big"), False, canonical_json({"n": n, "text": "ü" * 20}))
        for n in range(count)
    ]
    return rows_of(observed)


def landing(number: int) -> Landing:
    return Landing(
        landing=number, source_system=UUID(int=number), import_job=UUID(int=9), origin="poll", observed_at=NOW
    )


def land_one(database_url: str, number: int) -> int:
    return land(database_url, "toy", "things", rows(ROWS, f"{number}-"), landing(number))


def one(database_url: str, query: Any) -> tuple[Any, ...]:
    with psycopg.connect(database_url) as connection:
        found = connection.execute(query).fetchone()
    assert found is not None
    return found


@pytest.mark.parametrize(
    "pool", [ThreadPoolExecutor, pytest.param(ProcessPoolExecutor, marks=pytest.mark.slow)]
)
def test_25_accounts_of_one_connector_land_their_first_rows_at_once(database_url: str, pool: Any) -> None:
    with pool(ACCOUNTS if pool is ThreadPoolExecutor else 8) as workers:
        landed = list(workers.map(land_one, [database_url] * ACCOUNTS, range(ACCOUNTS)))
    found = one(database_url, "select count(*), count(distinct source_record_id) from staging_toy.things")
    assert landed == [ROWS] * ACCOUNTS
    assert found == (ACCOUNTS * ROWS, ACCOUNTS * ROWS)


def test_a_landed_row_is_what_was_observed(database_url: str) -> None:
    land(database_url, "toy", "things", rows(1), landing(4))
    found = one(database_url, "select * from staging_toy.things")
    assert found == (
        *(4, 0, str(UUID(int=4)), "r0", NOW, bytes(16), False, "poll", str(UUID(int=9)), NOW),
        {"n": 0, "text": "ü" * 20},
    )


def test_later_landings_in_a_database_read_its_types_no_more(database_url: str) -> None:
    from integrations_pipelines.staging.adbc_handles import _handle  # here: dlt with it

    _handle.cache_clear()
    for number in range(3):
        land_one(database_url, number)
    assert _handle.cache_info().misses == 1
    assert one(database_url, "select count(*) from staging_toy.things") == (3 * ROWS,)


def test_integers_of_any_size_arrive_exact(database_url: str) -> None:
    huge = canonical_json({"id": 1234567890123456789012345})
    land(database_url, "toy", "things", rows_of([("a", None, b"h", False, huge)]), landing(1))
    assert one(database_url, "select payload::jsonb->>'id' from staging_toy.things") == (
        "1234567890123456789012345",
    )


def test_landing_the_same_number_again_replaces_what_a_crash_left(database_url: str) -> None:
    land(database_url, "toy", "things", rows(10), landing(1))
    land(database_url, "toy", "things", rows(5), landing(2))
    assert land(database_url, "toy", "things", rows(7), landing(1)) == 7
    assert one(database_url, "select count(*) from staging_toy.things") == (12,)


def test_a_unit_without_rows_makes_the_table_and_lands_nothing(database_url: str) -> None:
    assert land(database_url, "toy", "things", rows(0), landing(1)) == 0
    assert one(database_url, "select count(*) from staging_toy.things") == (0,)


def test_a_table_that_is_there_is_left_alone(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        create_landing_table(connection, "toy", "things")
        create_landing_table(connection, "toy", "things")
        create_landing_table(connection, "toy", "others")
    land(database_url, "toy", "things", rows(3), landing(1))
    assert one(database_url, "select count(*) from pg_tables where schemaname = 'staging_toy'") == (4,)


def test_dlt_keeps_one_version_of_each_schema_however_often_it_lands(database_url: str) -> None:
    for number in range(3):
        land(database_url, "toy", "things", rows(2), landing(number))
    assert one(database_url, "select count(*) from staging_toy._dlt_version") == (1,)


def test_dlt_reads_nothing_from_the_environment(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text(
        'dataset_name_layout = "elsewhere_%s"\n[schema]\nnaming = "direct"\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESTINATION__CREDENTIALS", "postgresql://u:p@nowhere/x")
    monkeypatch.setenv("DATASET_NAME_LAYOUT", "elsewhere_%s")
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "0")
    assert land(database_url, "toy", "things", rows(2), landing(1)) == 2
    assert one(database_url, "select count(*) from staging_toy.things") == (2,)


def test_nothing_of_a_landing_stays_on_disk(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    land(database_url, "toy", "things", rows(2), landing(1))
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_away_is_for_later_and_the_password_stays_unsaid() -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        land("postgresql://me:hidden-password@127.0.0.1:9/x", "toy", "things", rows(1), landing(1))
    assert "hidden-password" not in json.dumps(str(caught.value))
