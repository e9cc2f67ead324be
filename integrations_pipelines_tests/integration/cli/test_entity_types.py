"""Types, attributes and relations of an organisation's own, policies and pins, at the command line."""

import pytest

from integrations_pipelines_tests.integration.cli.conftest import House
from integrations_pipelines_tests.integration.cli.test_decisions import entity_of

BADGES = [
    {"id": "1", "name": "Ada", "badge": "X-7", "email": "ada@analytical.example"},
    {"id": "2", "name": "Ada L.", "badge": "X-7", "email": "lovelace@analytical.example"},
]


def value_of(house: House, record: str, attribute: str) -> object:
    found = house.json("entity", "show", entity_of(house, record))["values"]
    return next((one["value"] for one in found if one["attribute"] == attribute), None)


def test_a_protected_attribute_cannot_be_overwritten_or_removed(house: House) -> None:
    for words, told in (
        (("add-attribute", "person", "email", "--kind", "text"), "person.email is a protected attribute"),
        (
            ("remove-attribute", "person", "email"),
            "person.email is a protected attribute: it cannot be removed",
        ),
        (
            ("add-relation", "ticket", "requester", "--target", "deal"),
            "ticket.requester is a protected relation",
        ),
        (
            ("remove-relation", "ticket", "requester"),
            "ticket.requester is a protected relation: it cannot be removed",
        ),
        (("add", "person"), "person is a preset entity type: it is protected"),
        (("remove", "person"), "person is a preset entity type: it is protected"),
        (
            ("add-attribute", "person", "job_title", "--kind", "text"),
            "person.job_title is an attribute already",
        ),
        (("add-attribute", "order", "order_number", "--kind", "text"), "the name of one of its identifiers"),
        (("add-attribute", "person", "shoe", "--kind", "leather"), "--kind 'leather': there is no such kind"),
        (("add-attribute", "person", "Shoe Size", "--kind", "text"), "a name is lower case"),
        (("add-attribute", "unicorn", "horn", "--kind", "text"), "there is no entity type 'unicorn'"),
    ):
        result = house.run("entity-type", *words)
        assert (result.exit_code, told in result.stderr) == (2, True), (words, result.output)


def test_an_identifying_attribute_of_ones_own_joins_people(house: House) -> None:
    house.json("entity-type", "add-attribute", "person", "badge", "--kind", "identifier", "--identifies")
    house.take_rows("gate", "badges", "person", BADGES)
    assert entity_of(house, "gate:badges:1") == entity_of(house, "gate:badges:2")
    assert value_of(house, "gate:badges:1", "badge") == "X-7"
    changed = house.json("entity-type", "remove-attribute", "person", "badge")["changed"]
    assert (changed, value_of(house, "gate:badges:1", "badge")) == (0, None)
    assert entity_of(house, "gate:badges:1") != entity_of(house, "gate:badges:2")


def test_a_type_of_ones_own_leads_to_a_preset_and_back(people: House) -> None:
    people.json("entity-type", "add", "vehicle", "--description", "What we drive.")
    people.json("entity-type", "add-attribute", "vehicle", "plate", "--kind", "identifier", "--identifies")
    people.json("entity-type", "add-relation", "vehicle", "driver", "--target", "person")
    people.json("entity-type", "add-relation", "person", "company_car", "--target", "vehicle")
    path = people.folder / "cars.csv"
    path.write_text("id,name,plate,drives\n1,Red one,B-X 1,ada@analytical.example\n2,The red,B-X 1,\n")
    taken = people.json(
        *("import", str(path), "--system", "garage", "--resource", "cars", "--entity-type", "vehicle"),
        *("--map", "drives=driver.email"),
    )
    assert taken["resources"][0]["outcomes"]["new"] == 2
    car = entity_of(people, "garage:cars:1")
    assert car == entity_of(people, "garage:cars:2")
    (out,) = people.json("explain", car)["relations_out"]
    assert (out["name"], out["entity"]) == ("driver", entity_of(people, "billing:customers:1"))
    shown = people.json("entity-type", "show", "vehicle")
    assert [(one["name"], one["origin"]) for one in shown["relations"]] == [("driver", "custom")]
    refused = people.run("entity-type", "remove", "vehicle")
    assert (refused.exit_code, "records are of this type" in refused.stderr) == (2, True)


def test_a_relation_that_leads_nowhere_is_refused_before_anything_is_read(people: House) -> None:
    path = people.folder / "cars.csv"
    path.write_text("id,name\n1,x\n")
    words = ("import", str(path), "--system", "g", "--resource", "cars", "--entity-type", "ticket", "--map")
    result = people.run(*words, "name=requester.shoe")
    assert (result.exit_code, "not found by 'shoe', but by: email" in result.stderr) == (2, True), (
        result.output
    )
    result = people.run(*words, "name=driver.email")
    assert (result.exit_code, "ticket has no relation 'driver'" in result.stderr) == (2, True), result.output


def test_an_owned_attribute_is_not_overwritten_by_another_source(people: House) -> None:
    done = people.json(
        "entity-type", "policy", "set", "person.name", "--rule", "owner", "--source", "billing"
    )
    assert done["changed"] >= 1
    assert value_of(people, "shop:users:a", "name") == "Ada Lovelace"
    (policy,) = people.json("entity-type", "policy", "list")["policies"]
    assert (policy["rule"], policy["sources"]) == ("owner", ["billing"])
    shown = people.json("entity", "show", entity_of(people, "shop:users:a"), "--all-values")["values"]
    names = next(one for one in shown if one["attribute"] == "name")
    assert [(one["record"], one["because"]) for one in names["others"]] == [("shop:users:a", "not the owner")]
    people.json("entity-type", "policy", "clear", "person.name")
    assert people.json("entity-type", "policy", "list")["policies"] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("person.name", "--rule", "owner"), "names its sources"),
        (("person.name", "--rule", "owner", "--source", "nobody"), "no source system is called 'nobody'"),
        (("person.name", "--rule", "newest", "--source", "billing"), "takes no --source"),
        (("person.shoe", "--rule", "newest"), "person has no attribute 'shoe'"),
        (("person", "--rule", "newest"), "must be one of no-create"),
        (("person.name", "--rule", "loudest"), "must be one of owner"),
        (("person.name", "--rule", "newest", "--max-age", "3d"), "--max-age goes with source-priority"),
    ],
)
def test_a_policy_that_says_nothing_is_refused(people: House, words: tuple[str, ...], told: str) -> None:
    result = people.run("entity-type", "policy", "set", *words)
    assert (result.exit_code, told in result.stderr) == (2, True), result.output


def test_a_pinned_value_is_cleaned_shown_and_taken_back(people: House) -> None:
    ada = entity_of(people, "billing:customers:1")
    people.json("entity", "pin", ada, "phone", "+44 20 7946 0000", "--reason", "she said so")
    shown = people.json("entity", "show", ada, "--all-values")["values"]
    (phone,) = (one for one in shown if one["attribute"] == "phone")
    assert (phone["value"], phone["rule"], phone["pin"]["reason"]) == (
        "+442079460000",
        "pinned",
        "she said so",
    )
    assert [one["because"] for one in phone["others"]] == ["pinned over"]
    assert "pinned by cli:" in people.run("entity", "show", ada, "--all-values").stdout
    people.json("entity", "unpin", ada, "phone", "--reason", "it changed")
    assert value_of(people, "billing:customers:1", "phone") == "+442079460958"
    for words, told in (
        (("pin", ada, "phone", "not a number", "--reason", "x"), "cannot be read as phone"),
        (("pin", ada, "phone", "+442079460000", "--until", "2001-01-01", "--reason", "x"), "is past"),
        (("unpin", ada, "phone", "--reason", "x"), "nothing is pinned on phone"),
    ):
        result = people.run("entity", *words)
        assert (result.exit_code, told in result.stderr) == (2, True), result.output
