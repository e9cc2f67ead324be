"""Records, scores, constraints and decisions in any order and batching, bulk or delta: one partition, one queue."""

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from integrations_pipelines_tests.integration.registry.conftest import engine
from integrations_pipelines_tests.integration.registry.histories import History, walk_anyhow, walk_at_once
from integrations_pipelines_tests.integration.registry.landed import World
from integrations_pipelines_tests.integration.registry.pictures import Picture, picture
from integrations_pipelines_tests.integration.registry.scored_histories import (
    THRESHOLDS,
    scored_histories,
    small_tier,
)

__all__ = ["engine"]
pytestmark = pytest.mark.acceptance

QUICK = settings(
    max_examples=20,
    deadline=None,
    print_blob=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
LONG = settings(QUICK, max_examples=500, phases=[Phase.explicit, Phase.generate, Phase.shrink])
_SCORES = """
select ly.system_key, l.source_record_id, ry.system_key, r.source_record_id, round(p.weight::numeric, 5)
from resolution.pair_score p
join staging.source_record l on l.id = p.left_record_id join staging.source_record r on r.id = p.right_record_id
join integrations.source_system ly on ly.id = l.source_system_id
join integrations.source_system ry on ry.id = r.source_system_id
"""


def end_of(connection: Connection, history: History, seed: int | None) -> Picture:
    world = World(connection=connection, thresholds=THRESHOLDS)
    walk_at_once(world, history) if seed is None else walk_anyhow(world, history, seed)
    scores = {(frozenset({one[:2], one[2:4]}), one[4]) for one in world.all(_SCORES)}
    state = world.all("select model_version, size_class, records from resolution.scored_state")
    return {**picture(world), "scores": scores, "state": state}


def ends(engine: Engine, history: History, seed: int) -> tuple[Picture, Picture]:
    with small_tier():
        with engine.connect() as connection:
            expected = end_of(connection, history, None)
        with engine.connect() as connection:
            return expected, end_of(connection, history, seed)


@QUICK
@given(history=scored_histories(), seed=st.integers(0, 2**32))
def test_scored_records_end_the_same_however_they_arrive(engine: Engine, history: History, seed: int) -> None:
    expected, found = ends(engine, history, seed)
    event(f"scores: {bool(expected['scores'])}, questions: {bool(expected['reviews'])}")
    for name in expected:
        assert found[name] == expected[name], name


@pytest.mark.slow
@pytest.mark.timeout(3600)
@LONG
@given(history=scored_histories(most=14), seed=st.integers(0, 2**32))
def test_many_scored_records_end_the_same_however_they_arrive(
    engine: Engine, history: History, seed: int
) -> None:
    expected, found = ends(engine, history, seed)
    for name in expected:
        assert found[name] == expected[name], name
