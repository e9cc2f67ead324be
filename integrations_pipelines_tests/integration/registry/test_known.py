"""What says nothing new need not land: a unit is asked about as columns; and few arrivals look at few rows."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry import apply as apply_
from integrations_pipelines.registry.apply import LandedUnit, unit_values
from integrations_pipelines.registry.copying import as_parameter
from integrations_pipelines.registry.known import known_already
from integrations_pipelines.registry.statements import driver, statements
from integrations_pipelines.staging.units import rows_of
from integrations_pipelines_tests.integration.registry.landed import Row, World, at, row

REUSED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone beside
OBSERVED = st.lists(
    st.tuples(TEXTS, st.none() | MOMENTS, st.binary(), st.booleans(), st.just("{}")), max_size=30
)
COLUMNS = {
    "source_record_id": "text",
    "source_version": "timestamptz",
    "content_hash": "bytea",
    "is_deleted": "boolean",
}
SQL = statements(Path(str(apply_.__file__)).with_name("apply.sql"))


@REUSED
@given(observed=OBSERVED, start=st.integers(0, 9), chunks=st.integers(1, 3))
def test_columns_of_a_unit_arrive_as_parameters(
    connection: Connection, observed: list[tuple[object, ...]], start: int, chunks: int
) -> None:
    rows = pa.concat_tables([rows_of(observed).slice(start)] * chunks)
    for name, type_ in COLUMNS.items():
        query = sql.SQL("select v from unnest(%(values)s::{}[]) as u(v)").format(sql.SQL(type_))
        found = driver(connection).execute(query, {"values": as_parameter(rows[name])}).fetchall()
        assert [one for (one,) in found] == rows[name].to_pylist()


def unit_of(world: World, job: str) -> LandedUnit:
    source, number = world.source("a"), world.new_job(job).id if job != "a" else world.jobs["a"].id
    return LandedUnit(
        landing=0,
        source_system_id=source.id,
        import_job_id=number,
        resource="people",
        entity_type="person",
        origin="poll",
        table=("staging_toy", "people"),
    )


def known(world: World, unit: LandedUnit, rows: list[Row]) -> dict[int, int]:
    observed = rows_of([(one.key, one.version, one.digest, one.is_deleted, one.text) for one in rows])
    numbers, again = known_already(world.connection, unit, observed, at(9))
    return dict(zip(numbers.tolist(), again.tolist(), strict=True))


def test_what_is_known_is_told_by_version_content_and_job(connection: Connection) -> None:
    world = World(connection=connection)
    there = [row("p", version=1, job="a"), row("q", job="b"), row("r", version=2, deleted=True)]
    world.land("a", "people", there)
    seen = [*there, row("p", version=2, job="a"), row("q", job="c"), row("r", version=2), row("s", version=1)]
    unit = unit_of(world, "a")
    assert known(world, unit, seen) == {0: 1, 1: 1, 2: 1}
    assert known(world, replace(unit, import_job_id=0), seen) == {0: 0, 1: 0, 2: 0}
    assert known(world, unit, []) == {}
    moments = dict(world.all("select source_record_id, observed_at from staging.source_record"))
    assert (moments["p"], moments["q"]) == (at(0), at(9))


def plan_of(connection: Connection, name: str, **values: object) -> str:
    table = sql.Identifier("staging_toy", "people")
    query = sql.SQL("explain ") + sql.SQL(SQL.literal(name)).format(landed_table=table)
    return "\n".join(line for (line,) in driver(connection).execute(query, values).fetchall())


def test_no_row_is_looked_at_once_for_each_arrival(connection: Connection) -> None:
    world = World(connection=connection)
    world.land("a", "people", [row(f"p{n}", version=1, job="a") for n in range(50)])
    unit = unit_of(world, "a")
    values = {**unit_values(connection, unit), "landing": 1}
    SQL.run(connection, "arrive", values, landed_table=sql.Identifier(*unit.table))
    SQL.run(connection, "no_loops")
    assert "Nested Loop" not in plan_of(connection, "news", **values)
    SQL.run(connection, "loops")
    assert world.one("show enable_nestloop") == ("on",)
    SQL.run(connection, "projected_tables")
    SQL.run(connection, "owners", values)
    assert "SubPlan" not in plan_of(connection, "insert_identifiers", **values)
