"""Any order, same result: however a history arrives, and however it is resolved meanwhile, its end is the same."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from integrations_pipelines_tests.integration.registry.histories import (
    History,
    histories,
    walk_anyhow,
    walk_at_once,
)
from integrations_pipelines_tests.integration.registry.landed import World, taken_for_many
from integrations_pipelines_tests.integration.registry.pictures import Picture, picture

QUICK = settings(
    max_examples=30,
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
LONG = settings(QUICK, max_examples=600, phases=[Phase.explicit, Phase.generate, Phase.shrink])


def end_of(engine: Engine, history: History, seed: int | None) -> Picture:
    with engine.connect() as connection:
        world = World(connection=connection)
        walk_at_once(world, history) if seed is None else walk_anyhow(world, history, seed)
        return picture(world)


@QUICK
@given(history=histories(), seed=st.integers(0, 2**32))
def test_a_history_ends_the_same_however_it_arrives(engine: Engine, history: History, seed: int) -> None:
    expected, found = end_of(engine, history, None), end_of(engine, history, seed)
    for name in expected:
        assert found[name] == expected[name], name


@settings(QUICK, max_examples=10)
@given(history=histories(), seed=st.integers(0, 2**32))
def test_a_load_as_of_very_many_ends_the_same(engine: Engine, history: History, seed: int) -> None:
    expected = end_of(engine, history, None)
    with taken_for_many():
        found = [end_of(engine, history, None), end_of(engine, history, seed)]
    for name in expected:
        assert [one[name] for one in found] == [expected[name]] * 2, name


@pytest.mark.slow
@pytest.mark.timeout(1800)
@LONG
@given(history=histories(most=14), seed=st.integers(0, 2**32))
def test_a_long_history_ends_the_same_however_it_arrives(engine: Engine, history: History, seed: int) -> None:
    expected, found = end_of(engine, history, None), end_of(engine, history, seed)
    for name in expected:
        assert found[name] == expected[name], name
