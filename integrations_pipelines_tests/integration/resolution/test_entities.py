"""What becomes of uuids, shared values, reviews and relations as records join and part."""

from typing import Any

from integrations_pipelines_tests.integration.registry.landed import World, row
from integrations_pipelines_tests.integration.registry.pictures import partition

ASKED = "select status, reason from resolution.review_item order by id"


def uuid_of(world: World, key: str) -> str:
    found = world.one(
        "select target_uuid::text from integrations.record_map where source_record_id = %s and resource = 'people'",
        key,
    )
    return str(found[0])


def aliases(world: World) -> dict[str, str]:
    """Return which uuid stands for which other."""
    return dict(
        world.all("select uuid::text, merged_into::text from entities.entity where merged_into is not null")
    )


def assignee_of(world: World, ticket: str, name: str = "assignee") -> str | None:
    (found,) = world.one(
        "select r.object_uuid::text from staging.record_relation r join staging.source_record s on s.id = r.record_id"
        " where s.source_record_id = %s and r.name = %s",
        ticket,
        name,
    )
    return str(found) if found else None


def two_people(world: World) -> tuple[str, str]:
    """Land two people who have nothing in common; return their uuids."""
    world.land("a", "people", [row("p", version=1, email="p@acme.com")])
    world.resolve("person")
    world.land("b", "people", [row("q", version=1, email="q@acme.com")])
    world.resolve("person")
    return uuid_of(world, "p"), uuid_of(world, "q")


def test_of_two_entities_that_become_one_the_other_uuid_is_an_alias(world: World) -> None:
    first, second = two_people(world)
    world.land("b", "people", [row("q", version=2, email="p@acme.com")])
    done = world.resolve("person")["person"]
    assert (uuid_of(world, "p"), uuid_of(world, "q")) == (first, first)
    assert aliases(world) == {second: first}
    assert (done.merged, done.remapped) == (1, 1)


def test_a_corrected_email_takes_the_merge_back_and_returns_the_uuid(world: World) -> None:
    first, second = two_people(world)
    world.land("b", "people", [row("q", version=2, email="p@acme.com")])
    world.resolve("person")
    world.land("b", "people", [row("q", version=3, email="q@acme.com")])
    world.resolve("person")
    assert (uuid_of(world, "p"), uuid_of(world, "q")) == (first, second)
    assert aliases(world) == {}


def test_a_person_may_part_what_an_email_joined_and_it_stays_parted(world: World) -> None:
    two_people(world)
    world.decide("different", ("a", "p"), ("b", "q"))
    world.land("b", "people", [row("q", version=2, email="p@acme.com")])
    world.resolve("person", plan="delta")
    world.land("a", "people", [row("p", version=2, email="p@acme.com", job="cook")])
    world.resolve("person", plan="bulk")
    assert partition(world) == {frozenset({"a:p"}), frozenset({"b:q"})}
    assert world.all(ASKED) == []


def test_a_person_may_join_what_nothing_joins(world: World) -> None:
    two_people(world)
    world.decide("same", ("a", "p"), ("b", "q"))
    world.resolve("person")
    assert partition(world) == {frozenset({"a:p", "b:q"})}


def test_the_log_tells_of_a_merge_and_of_each_record_that_moved(world: World) -> None:
    first, second = two_people(world)
    world.land("b", "people", [row("q", version=2, email="p@acme.com")])
    world.resolve("person")
    told = world.all(
        "select event_type, payload->>'target_uuid' from integrations.sync_log"
        " where event_type in ('entity.merged', 'record.remapped') order by event_type"
    )
    assert first != second
    assert told == [("entity.merged", first), ("record.remapped", first)]


def test_what_nobody_touched_is_not_written_again(world: World) -> None:
    two_people(world)
    before = world.all("select xmin::text from integrations.record_map order by id")
    world.land("c", "people", [row("z", version=1, email="z@acme.com")])
    world.resolve("person", plan="bulk")
    after = world.all("select xmin::text from integrations.record_map order by id")
    assert world.one("select count(*) from integrations.record_map") == (3,)
    assert after[:2] == before


def crowd(world: World, *names: str) -> None:
    """Land one record a name, all with the same address."""
    rows = [row(f"p{n}", version=1, name=name, email="lee.ray@acme.com") for n, name in enumerate(names)]
    world.land("a", "people", rows)
    world.resolve("person")


def test_an_address_behind_too_many_names_joins_nobody(world: World) -> None:
    crowd(world, "Ann Lee", "Bob Ray", "Cy Poe")
    assert len(partition(world)) == 1
    world.land("b", "people", [row("q", version=1, name="Dee Fox", email="lee.ray@acme.com")])
    done = world.resolve("person", plan="delta")["person"]
    assert len(partition(world)) == 4
    assert done.examined == 4
    assert world.one("select value, names from resolution.generic_value") == ("lee.ray@acme.com", 4)


def test_an_address_that_fewer_names_share_again_joins_them_again(world: World) -> None:
    crowd(world, "Ann Lee", "Bob Ray", "Cy Poe", "Dee Fox")
    assert len(partition(world)) == 4
    world.land("a", "people", [row("p3", version=2, name="Dee Fox", email="dee@acme.com")])
    world.resolve("person", plan="delta")
    assert partition(world) == {frozenset({"a:p0", "a:p1", "a:p2"}), frozenset({"a:p3"})}
    assert world.all("select value from resolution.generic_value") == []


def test_a_role_mailbox_is_not_generic_because_somebody_gave_it_up(world: World) -> None:
    names = ("Ann Lee", "Bob Ray", "Cy Poe", "Dee Fox", "Eve Lee")
    rows = [row(f"p{n}", version=1, name=name, email="info@acme.com") for n, name in enumerate(names)]
    world.land("a", "people", rows)
    world.resolve("person")
    world.land("a", "people", [row("p4", version=2, name="Eve Lee", email="eve@acme.com")])
    world.resolve("person", plan="delta")
    assert world.all("select value from resolution.generic_value") == []


def clash(world: World, version: int, login: str) -> None:
    """Let two people of one address have logins; an entity has one at a place."""
    world.land("b", "people", [row("q", version=version, email="x@acme.com", login=login)])
    world.resolve("person", plan="delta")


def test_two_logins_at_one_place_ask_instead_of_joining(world: World) -> None:
    world.land("a", "people", [row("p", version=1, email="x@acme.com", login="ann")])
    clash(world, 1, "bob")
    assert len(partition(world)) == 2
    ((status, reason),) = world.all(ASKED)
    assert (status, "github.com" in reason) == ("open", True)


def test_a_link_is_explained_by_what_holds_and_not_by_what_was_refused(world: World) -> None:
    office: dict[str, Any] = {"name": "Ann Lee", "phone": "+4930123456"}
    world.land("a", "people", [row("p", version=1, email="x@acme.com", login="ann", **office)])
    world.land(
        "b", "people", [row("q", version=1, email="x@acme.com", login="bob"), row("r", version=1, **office)]
    )
    world.resolve("person")
    decided = dict(world.all("select source_record_id, decided_by from integrations.record_map"))
    assert partition(world) == {frozenset({"a:p", "b:r"}), frozenset({"b:q"})}
    assert decided == {"p": "phone", "r": "phone", "q": "created"}


def test_a_question_that_the_data_answers_is_closed_and_asked_again_when_it_comes_back(world: World) -> None:
    world.land("a", "people", [row("p", version=1, email="x@acme.com", login="ann")])
    clash(world, 1, "bob")
    clash(world, 2, "ann")
    assert len(partition(world)) == 1
    assert [status for status, _ in world.all(ASKED)] == ["answered"]
    clash(world, 3, "bob")
    assert [status for status, _ in world.all(ASKED)] == ["open"]


def test_a_question_is_closed_by_either_of_its_records(world: World) -> None:
    world.land("a", "people", [row("p", version=1, email="x@acme.com", login="ann")])
    clash(world, 1, "bob")
    for key, record in (("a", "p"), ("b", "q")):
        world.land(key, "people", [row(record, version=5, email=f"{record}@acme.com")])
        world.resolve("person", plan="delta")
        assert [status for status, _ in world.all(ASKED)] == ["answered"]


def test_a_relation_waits_for_its_target_and_wakes(world: World) -> None:
    world.land("a", "tickets", [row("t", version=1, requester="p")])
    world.resolve("ticket")
    assert assignee_of(world, "t", "requester") is None
    world.land("a", "people", [row("p", version=1)])
    world.resolve("person")
    assert assignee_of(world, "t", "requester") == uuid_of(world, "p")


def test_a_relation_that_is_aimed_again_stays_aimed(world: World) -> None:
    world.land("a", "tickets", [row("t", version=1, requester="p")])
    world.land("a", "people", [row("p", version=1)])
    for name in ("person", "ticket", "person", "ticket"):
        world.land("a", "tickets", [row("u", version=1)])
        world.land("a", "people", [row("other", version=1)])
        world.resolve(name, plan="bulk")
    assert assignee_of(world, "t", "requester") == uuid_of(world, "p")


def test_a_relation_by_address_follows_whoever_holds_it(world: World) -> None:
    world.land("a", "tickets", [row("t", version=1, assignee="X@acme.com ")])
    world.resolve("ticket")
    assert assignee_of(world, "t") is None
    world.land("b", "people", [row("p", version=1, email="x@acme.com")])
    world.resolve("person")
    assert assignee_of(world, "t") == uuid_of(world, "p")
    world.land("b", "people", [row("p", version=2, email="y@acme.com")])
    world.resolve("person", plan="bulk")
    assert assignee_of(world, "t") is None


def test_a_relation_by_an_address_of_two_people_stays_parked(world: World) -> None:
    world.land("a", "people", [row("p", version=1, email="x@acme.com", login="ann")])
    clash(world, 1, "bob")
    world.land("a", "tickets", [row("t", version=1, assignee="x@acme.com")])
    world.resolve("ticket")
    assert assignee_of(world, "t") is None
    world.land("b", "people", [row("q", version=2, email="q@acme.com", login="bob")])
    world.resolve("person", plan="delta")
    assert assignee_of(world, "t") == uuid_of(world, "p")


def test_a_relation_follows_its_target_to_another_entity(world: World) -> None:
    first, second = two_people(world)
    world.land("b", "tickets", [row("t", version=1, requester="q")])
    world.resolve("ticket")
    assert assignee_of(world, "t", "requester") == second
    world.land("b", "people", [row("q", version=2, email="p@acme.com")])
    world.resolve("person")
    assert assignee_of(world, "t", "requester") == first


def test_several_types_may_be_resolved_in_one_transaction_though_nothing_waits(world: World) -> None:
    done = world.resolve("person", "ticket", "organization", "person")
    assert [one.examined for one in done.values()] == [0, 0, 0]
