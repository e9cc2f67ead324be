"""What scores ask: once for two entities, never again after a no, but where the two say something else since."""

from typing import Any

import pytest
from sqlalchemy import text

from integrations_pipelines_tests.integration.cli.conftest import House

PHONE = "+494055510801"
SUSANNE = {"id": "1", "name": "Susanne Lorenz", "email": "susanne.lorenz@silbersee.example", "phone": PHONE}
OTHER = {"id": "2", "name": "S. Müller", "email": "stefanie.mueller@silbersee.example", "phone": PHONE}
RENAMED = {**OTHER, "name": "Susanne Müller"}


@pytest.fixture
def asked(house: House) -> House:
    """Give two colleagues behind one switchboard, of whom a person is asked."""
    house.take_rows("crm", "people", "person", [SUSANNE])
    house.take_rows("shop", "users", "person", [OTHER])
    return house


def questions(house: House) -> list[dict[str, Any]]:
    query = "select uuid::text, status, note, evidence from resolution.review_item order by id"
    with house.hub.engine.begin() as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]


def reject(house: House) -> None:
    done = house.run("review", "reject", questions(house)[0]["uuid"], "--reason", "two colleagues")
    assert done.exit_code == 0, done.output


def test_a_pair_between_the_thresholds_is_asked_about_with_its_score(asked: House) -> None:
    (question,) = questions(asked)
    assert question["status"] == "open"
    assert 0.5 <= question["evidence"]["probability"] < 0.95


def test_a_question_closes_itself_when_its_reason_is_gone(asked: House) -> None:
    asked.take_rows("shop", "users", "person", [{**OTHER, "phone": "+493012345678"}])
    assert [one["status"] for one in questions(asked)] == ["answered"]


def test_what_was_rejected_is_not_asked_again_when_something_else_changes(asked: House) -> None:
    reject(asked)
    asked.take_rows("shop", "users", "person", [{**OTHER, "job_title": "Nurse"}])
    assert [one["status"] for one in questions(asked)] == ["rejected"]


def test_what_was_rejected_is_asked_again_when_the_evidence_changes_and_says_so(asked: House) -> None:
    reject(asked)
    asked.take_rows("shop", "users", "person", [RENAMED])
    (question,) = questions(asked)
    assert question["status"] == "open"
    assert question["note"].startswith("evidence changed since rejected on 20")


def test_a_second_no_counts_for_what_is_new(asked: House) -> None:
    reject(asked)
    asked.take_rows("shop", "users", "person", [RENAMED])
    reject(asked)
    asked.take_rows("shop", "users", "person", [{**RENAMED, "job_title": "Nurse"}])
    assert [one["status"] for one in questions(asked)] == ["rejected"]
