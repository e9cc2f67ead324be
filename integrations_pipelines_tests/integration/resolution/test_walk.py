"""The delta plan finds all that hangs on what changed, however much that is, and nothing else."""

from integrations_pipelines_tests.integration.registry.landed import Row, World, row
from integrations_pipelines_tests.integration.registry.pictures import partition

SHARED = "lee.ray@acme.com"


def namesakes(world: World, count: int) -> None:
    """Land records of one name and one address."""
    rows = [row(f"p{n}", version=1, name="Lee Ray", email=SHARED) for n in range(count)]
    world.land("a", "people", rows)
    world.resolve("person", plan="bulk")


def test_who_shares_a_value_with_more_than_are_asked_for_at_first_is_found(world: World) -> None:
    namesakes(world, 40)
    world.land("b", "people", [row("q", version=1, name="Lee Ray", email=SHARED)])
    done = world.resolve("person", plan="delta")["person"]
    assert len(partition(world)) == 1
    assert (done.touched, done.examined) == (1, 41)


def test_all_of_an_entity_are_looked_at_when_one_of_them_leaves_it(world: World) -> None:
    namesakes(world, 40)
    world.land("a", "people", [row("p7", version=2, name="Bob Fox", email="bob.fox@acme.com")])
    done = world.resolve("person", plan="delta")["person"]
    assert sorted(len(one) for one in partition(world)) == [1, 39]
    assert (done.touched, done.examined) == (1, 40)


def held_by(name: str, *numbers: int) -> list[Row]:
    """Return records that hold the address of their number, and the next."""
    return [
        row(f"{name}{n}", version=1, email=f"{n}@acme.com", emails=[f"{n + 1}@acme.com"]) for n in numbers
    ]


def test_a_chain_is_followed_to_its_end_and_no_further(world: World) -> None:
    world.land("a", "people", held_by("p", 0, 2, 6, 8))
    world.resolve("person", plan="bulk")
    world.land("b", "people", held_by("q", 1, 3))
    done = world.resolve("person", plan="delta")["person"]
    assert sorted(len(one) for one in partition(world)) == [1, 1, 4]
    assert (done.touched, done.examined) == (2, 4)


def test_records_far_apart_and_in_a_row_are_read_alike(world: World) -> None:
    world.land("a", "people", [row(f"p{n}", version=1, email=f"{n}@acme.com") for n in range(40)])
    world.resolve("person", plan="bulk")
    changed = [3, *range(10, 19), 25, 31, 32]
    world.land("a", "people", [row(f"p{n}", version=2, email="one@acme.com") for n in changed])
    done = world.resolve("person", plan="delta")["person"]
    assert sorted(len(one) for one in partition(world))[-1] == len(changed)
    assert (done.touched, done.examined) == (len(changed), len(changed))
