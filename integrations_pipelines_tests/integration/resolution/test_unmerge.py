"""Un-merge as a property: whatever came before, and whatever comes between, the merge has never been."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from integrations_pipelines.resolution import decisions
from integrations_pipelines_tests.integration.registry import histories as past
from integrations_pipelines_tests.integration.registry.histories import History, histories
from integrations_pipelines_tests.integration.registry.landed import World
from integrations_pipelines_tests.integration.registry.pictures import Picture, picture
from integrations_pipelines_tests.integration.registry.test_any_order import QUICK
from integrations_pipelines_tests.integration.resolution.deciding import dump

# Each example resolves a dozen times; the same few every time, so that `make test` stays short.
FEW = settings(QUICK, max_examples=4, derandomize=True)
PEOPLE = (
    "select uuid from entities.entity where entity_type = 'person' and merged_into is null order by founder"
)


def merged(world: World, dice: random.Random) -> object:
    """Merge two people, if there are two; return the decision."""
    people = [uuid for (uuid,) in world.all(PEOPLE)]
    if len(people) < 2:
        return None
    done = decisions.merge(world.connection, *dice.sample(people, 2), reason="x")
    world.resolve("person", plan=dice.choice(("bulk", "delta")))
    return done


def undone(world: World, decision: object, dice: random.Random) -> None:
    if decision is not None:
        decisions.undo(world.connection, decision, reason="y")  # type: ignore[arg-type]  # what merged gave
        world.resolve("person", plan=dice.choice(("bulk", "delta")))


def end_of(engine: Engine, history: History, seed: int, *, merging: bool) -> Picture:
    """Let half of the history come, merge two people, let the other half come, take the merge back."""
    dice, half = random.Random(seed), len(history.seen) // 2
    with engine.connect() as connection:
        world = World(connection=connection)
        past._land(world, history.seen[:half])
        world.resolve("person", "ticket")
        decision = merged(world, dice) if merging else None
        past._land(world, history.seen[half:])
        world.resolve("ticket", "person")
        undone(world, decision, dice)
        return picture(world)


@FEW
@given(history=histories(), seed=st.integers(0, 2**32))
def test_a_merge_that_is_taken_back_at_once_leaves_no_byte(
    engine: Engine, history: History, seed: int
) -> None:
    dice = random.Random(seed)
    with engine.connect() as connection:
        world = World(connection=connection)
        past.walk_at_once(world, history)
        before = dump(world)
        undone(world, merged(world, dice), dice)
        assert dump(world) == before


@FEW
@given(history=histories(), seed=st.integers(0, 2**32))
def test_a_merge_that_is_taken_back_after_later_syncs_has_never_been(
    engine: Engine, history: History, seed: int
) -> None:
    expected, found = (end_of(engine, history, seed, merging=merging) for merging in (False, True))
    for name in expected:
        assert found[name] == expected[name], name
