"""Canonical values are a pure function of the records: the newest live word on each attribute."""

from typing import Any

from integrations_pipelines_tests.integration.registry.landed import World, row

ANN = "ann@acme.com"


def values(world: World) -> dict[str, Any]:
    (found,) = world.one("select values from entities.entity where merged_into is null")
    return dict(found)


def test_the_newest_record_has_its_word_on_each_attribute(world: World) -> None:
    world.land("a", "people", [row("p", version=2, email=ANN, job="cook")])
    world.land("b", "people", [row("q", version=1, email=ANN, job="clerk", phone="+4930123456")])
    world.resolve("person")
    assert (values(world)["job_title"], values(world)["phone"]) == ("cook", "+4930123456")


def test_a_newer_version_without_new_content_changes_whose_word_counts(world: World) -> None:
    world.land("a", "people", [row("p", version=1, email=ANN, job="cook")])
    world.land("b", "people", [row("q", version=2, email=ANN, job="clerk")])
    world.resolve("person")
    world.land("a", "people", [row("p", version=3, email=ANN, job="cook")])
    world.resolve("person")
    assert values(world)["job_title"] == "cook"


def test_a_record_without_a_version_fills_gaps_however_lately_it_was_seen(world: World) -> None:
    world.land("a", "people", [row("p", version=1, email=ANN, job="cook")])
    world.land("b", "people", [row("q", seen=999, email=ANN, job="clerk", phone="+4930123456")])
    world.resolve("person")
    assert (values(world)["job_title"], values(world)["phone"]) == ("cook", "+4930123456")


def test_a_deleted_record_speaks_only_where_no_live_one_is_left(world: World) -> None:
    world.land("a", "people", [row("p", version=1, email=ANN, job="cook")])
    world.land("b", "people", [row("q", version=2, email=ANN, job="clerk")])
    world.land("b", "people", [row("q", version=3, deleted=True)])
    world.resolve("person")
    assert values(world)["job_title"] == "cook"
    world.land("a", "people", [row("p", version=4, deleted=True)])
    world.resolve("person")
    assert values(world)["job_title"] == "clerk"


def test_a_source_that_is_taken_back_leaves_nothing_behind(world: World) -> None:
    world.land("a", "people", [row("p", version=1, email=ANN)])
    world.land("b", "people", [row("q", version=2, email=ANN, job="clerk")])
    world.resolve("person")
    world.land("b", "people", [row("q", version=3, email="other@acme.com", job="clerk")])
    world.resolve("person")
    found = world.all("select values ? 'job_title' from entities.entity order by id")
    assert found == [(False,), (True,)]


def test_of_two_versions_of_one_moment_the_natural_key_decides(world: World) -> None:
    for key, job in (("b", "clerk"), ("a", "cook")):
        world.land(key, "people", [row("p", version=1, email=ANN, job=job)])
        world.resolve("person")
    assert values(world)["job_title"] == "clerk"
