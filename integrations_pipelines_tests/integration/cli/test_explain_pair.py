"""`integrations explain A B`: complete, so that the score can be computed again from what is shown."""

import json
from dataclasses import asdict

import pytest
from sqlalchemy import text

from integrations_pipelines.cli.words import record_key_of
from integrations_pipelines.demo.copies import BILLING, HUBSPOT, organisation
from integrations_pipelines.resolution.pair import explain_pair
from integrations_pipelines.resolution.scoring import recomputed
from integrations_pipelines_tests.integration.cli.conftest import House

_STORED = """
select ly.system_key || ':' || l.resource || ':' || l.source_record_id,
       ry.system_key || ':' || r.resource || ':' || r.source_record_id, p.weight
from resolution.pair_score p
join staging.source_record l on l.id = p.left_record_id join staging.source_record r on r.id = p.right_record_id
join integrations.source_system ly on ly.id = l.source_system_id
join integrations.source_system ry on ry.id = r.source_system_id
"""
LEFT = [
    {"id": "1", "name": "Robert Smith", "email": "robert.smith@nordwind.example", "phone": "+4915112345601"},
    {"id": "2", "name": "Anna Meyer", "email": "anna.meyer@nordwind.example", "phone": ""},
]
RIGHT = [
    {"id": "a", "name": "Bob Smyth", "email": "bobby@post.example", "phone": "+4915112345601"},
    {"id": "b", "name": "Anna Meier", "email": "anna.meyer@post.example", "phone": ""},
]


@pytest.fixture
def pairs(house: House) -> House:
    """Give two lists: Robert is joined by her score, of Anna a person is asked."""
    house.take_rows("crm", "people", "person", LEFT)
    house.take_rows("shop", "users", "person", RIGHT)
    return house


def test_a_score_that_links_is_shown_comparison_by_comparison(pairs: House) -> None:
    found = pairs.json("explain", "crm:people:1", "shop:users:a")
    assert (found["is_one"], found["answer"]) == (True, "links")
    assert {one["comparison"] for one in found["score"]["findings"]} >= {
        "name.family",
        "name.given",
        "phone.value",
    }
    assert pairs.json("explain", "crm:people:1")["mapping"][0]["decided_by"] == "score"


def test_the_score_is_the_sum_of_what_is_shown(pairs: House) -> None:
    score = pairs.json("explain", "crm:people:1", "shop:users:a")["score"]
    assert recomputed(score) == pytest.approx((score["weight"], score["probability"]), abs=1e-9)


def test_what_would_have_changed_the_answer_comes_first(pairs: House) -> None:
    found = pairs.json("explain", "crm:people:1", "shop:users:a")
    changes = [one["changes"] for one in found["what_if"]]
    assert changes == sorted(changes, reverse=True)
    assert {"phone said nothing", "name said nothing"} <= {
        one["change"] for one in found["what_if"] if one["changes"]
    }


def test_a_pair_that_was_never_compared_says_so(pairs: House) -> None:
    found = pairs.json("explain", "crm:people:1", "shop:users:b")
    assert (found["is_one"], found["answer"]) == (False, "never compared")


def test_the_score_of_a_record_stands_in_its_own_explanation(pairs: House) -> None:
    (score,) = pairs.json("explain", "crm:people:1")["scores"]
    assert (score["record"], score["links"]) == ("shop:users:a", True)
    assert recomputed(score["evidence"])[0] == pytest.approx(score["weight"], abs=1e-5)


def test_a_record_named_twice_is_a_clear_error(pairs: House) -> None:
    done = pairs.run("explain", "crm:people:1", "crm:people:1")
    assert (done.exit_code, "named twice" in done.stderr) == (2, True)


def test_a_person_reads_the_pair_as_tables(pairs: House) -> None:
    shown = pairs.run("explain", "crm:people:1", "shop:users:a").stdout
    assert "the score links them" in shown
    assert "What if" in shown


def test_every_score_of_the_demos_people_can_be_computed_again_from_what_is_shown(house: House) -> None:
    whole = organisation()
    for system, resource in ((HUBSPOT, "contacts"), (BILLING, "customers")):
        rows = [
            {
                "id": one.record_id,
                "name": one.fields.get("name") or f"{one.fields['firstname']} {one.fields['lastname']}",
                "email": one.fields["email"],
                "phone": one.fields.get("mobilephone") or one.fields["phone"],
                "company_name": one.fields["company"],
            }
            for one in whole.of(system, resource)
        ]
        house.take_rows(system, resource, "person", rows)
    with house.hub.engine.connect() as connection:
        stored = connection.execute(text(_STORED)).all()
        for left, right, weight in stored:
            shown = explain_pair(connection, record_key_of(left), record_key_of(right))
            document = json.loads(json.dumps(asdict(shown), default=str))["score"]
            assert recomputed(document)[0] == pytest.approx(weight, abs=1e-5)
    assert len(stored) > 100
