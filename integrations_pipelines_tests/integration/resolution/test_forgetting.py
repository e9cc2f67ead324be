"""Forgetting as a property: what a source told since a moment has never been, now and after whatever comes later."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from integrations_pipelines.entities import ENTITY_TYPES
from integrations_pipelines.entities.projection import project_many
from integrations_pipelines.forgetting import take_back
from integrations_pipelines.registry.forgetting import Forgetting
from integrations_pipelines_tests.integration.registry import histories as past
from integrations_pipelines_tests.integration.registry.histories import History, Said, Seen, histories
from integrations_pipelines_tests.integration.registry.landed import COMPILED, PROJECTIONS, World, at, forced
from integrations_pipelines_tests.integration.registry.pictures import Picture, picture
from integrations_pipelines_tests.integration.registry.test_any_order import QUICK

# Each example resolves a dozen times.
FEW = settings(QUICK, max_examples=4)


def forgotten(world: World, system: str, minute: float | None, plan: str | None = None) -> dict[str, int]:
    """Take back what ``system`` told since the minute; return the counts."""
    parts = [
        Forgetting(
            source=world.source(system),
            resource=resource,
            table=("staging_toy", resource),
            entity_type=projection.entity_type,
            since=None if minute is None else at(minute),
        )
        for resource, projection in PROJECTIONS.items()
    ]
    reading = {name: lambda texts, one=one: project_many(texts, one) for name, one in COMPILED.items()}
    with forced(plan):
        types = [ENTITY_TYPES["person"], ENTITY_TYPES["ticket"]]
        return take_back(world.connection, parts, types, reading)


def is_forgotten(one: Seen, system: str, since: float | None) -> bool:
    return one.system == system and (since is None or one.row.seen >= at(since))


def words_on(history: History, seen: list[Seen]) -> list[Said]:
    here = {(one.system, one.row.key) for one in seen if one.resource == "people"}
    return [word for word in history.said if {word.left, word.right} <= here]


def ends_of(
    engine: Engine, history: History, since: float | None, seed: int, *, forgetting: bool
) -> list[Picture]:
    """Let two thirds come, forget; then let the rest come. Or let it never have come."""
    dice, system = random.Random(seed), "alpha"
    mixed = dice.sample(history.seen, len(history.seen))
    first, later = mixed[: len(mixed) * 2 // 3], mixed[len(mixed) * 2 // 3 :]
    kept = [one for one in first if not is_forgotten(one, system, since)]
    with engine.connect() as connection:
        world = World(connection=connection)
        world.source(system)
        if forgetting:
            for batch in past._batches(dice, first):
                past._land(world, batch)
                past._resolve(world, dice, ["person", "ticket"])
        else:
            past._land(world, kept)
        for word in words_on(history, kept):
            past._say(world, word)
        world.resolve("ticket", "person")
        if forgetting:
            forgotten(world, system, since, dice.choice(("bulk", "delta")))
        found = [picture(world)]
        past._land(world, later)
        world.resolve("person", "ticket")
        return [*found, picture(world)]


@FEW
@given(
    history=histories(),
    since=st.one_of(st.sampled_from((3, 5, 7)), st.none()),
    seed=st.integers(0, 2**32),
)
def test_what_was_forgotten_has_never_been(
    engine: Engine, history: History, since: float | None, seed: int
) -> None:
    expected, found = (ends_of(engine, history, since, seed, forgetting=one) for one in (False, True))
    for then, now in zip(expected, found, strict=True):
        for name in then:
            assert now[name] == then[name], name
