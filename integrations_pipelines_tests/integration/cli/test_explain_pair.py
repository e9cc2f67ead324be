"""`integrations explain A B`: complete, so that the score can be computed again from what is shown."""

import pytest

from integrations_pipelines.resolution.scoring import recomputed
from integrations_pipelines_tests.integration.cli.conftest import House

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
