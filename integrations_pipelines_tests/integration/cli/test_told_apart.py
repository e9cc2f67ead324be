"""What persons told apart: never asked again, but where the two come to share something new, and then it says so."""

from typing import Any

import pytest
from sqlalchemy import text

from integrations_pipelines_tests.integration.cli.conftest import House

ANN = {"id": "1", "name": "Ann Lee", "email": "lee.ray@silbersee.example", "phone": "", "job_title": ""}
NAMESAKE = {"id": "2", "name": "Ann Lee", "email": "lee.ray@silbersee.example", "phone": "", "job_title": ""}
PHONE, ANOTHER = "+494055510801", "+494055510802"


def take(house: House, **more: str) -> None:
    house.take_rows("crm", "people", "person", [{**ANN, **more}, {**NAMESAKE, **more}])


def questions(house: House) -> list[tuple[Any, ...]]:
    query = "select status, note, uuid::text from resolution.review_item order by id"
    with house.hub.engine.begin() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.fixture
def apart(house: House) -> House:
    """Give two people behind one mailbox whom somebody told apart."""
    take(house)
    uuid = house.json("record-map", "list", "--system", "crm")["record_maps"][0]["target_uuid"]
    house.json("entity", "split", uuid, "--records", "crm:people:2", "--reason", "two people")
    assert people(house) == 2
    return house


def people(house: House) -> int:
    with house.hub.engine.begin() as connection:
        return int(
            connection.execute(
                text("select count(distinct target_uuid) from integrations.record_map")
            ).scalar_one()
        )


def test_what_they_shared_when_they_were_told_apart_is_never_asked_again(apart: House) -> None:
    take(apart, job_title="Nurse")
    assert questions(apart) == []


def test_a_new_shared_value_asks_again_and_says_so_until_the_answer_is_no_again(apart: House) -> None:
    take(apart, phone=PHONE)
    ((status, note, item),) = questions(apart)
    assert (status, people(apart)) == ("open", 2)
    assert note.startswith("evidence changed since rejected on 20")
    assert note.endswith(": phone is shared now")
    apart.json("review", "reject", item, "--reason", "one desk")
    take(apart, phone=PHONE, job_title="Nurse")
    assert [one[0] for one in questions(apart)] == ["rejected"]
    take(apart, phone=ANOTHER)
    assert [one[0] for one in questions(apart)] == ["open"]
    take(apart, phone="")
    assert [one[0] for one in questions(apart)] == ["answered"]
