"""`integrations matching`: learning from the stored records, and going back, changes what all pairs score."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from integrations_pipelines.promoting import Growth, refresh_grown
from integrations_pipelines.resolution.scored import promoting
from integrations_pipelines_tests.integration.cli.conftest import House


@pytest.fixture
def crowd(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Give sixty people of one family name in two lists; few are enough to learn from here."""
    monkeypatch.setattr(promoting, "LEAST_RECORDS", 50)
    given = ("Ada", "Bea", "Cid", "Dan", "Eva", "Fay", "Gil", "Hal", "Ida", "Jon")
    rows = [
        {"id": str(n), "name": f"{given[n % 10]} Zwiebel", "email": f"{given[n % 10]}{n // 20}@x{n}.example"}
        for n in range(60)
    ]
    house.take_rows("crm", "people", "person", rows)
    return house


def test_what_was_learnt_is_in_force_and_everything_is_scored_anew(crowd: House) -> None:
    done = crowd.json("matching", "refresh", "person")
    models = {one["entity_type"]: one for one in crowd.json("matching", "show")["models"]}
    assert done["scores"]["rescored"] == 60
    assert models["person"]["learnt_from"] == 60
    assert models["organization"]["learnt_from"] is None


def test_a_dry_run_says_what_would_be_and_writes_nothing(crowd: House) -> None:
    before = crowd.json("matching", "show")
    tried = crowd.json("matching", "refresh", "person", "--dry-run")
    assert (tried["is_dry_run"], tried["scores"]["rescored"]) == (True, 60)
    assert crowd.json("matching", "show") == before
    done = crowd.json("matching", "refresh", "person")
    assert done["differences"] == tried["differences"]
    assert "Nothing was written." in crowd.run("matching", "refresh", "person", "--dry-run").stderr


def test_who_is_one_by_an_organisation_s_own_attribute_is_still_one_after_a_refresh(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promoting, "LEAST_RECORDS", 1)
    house.json("entity-type", "add-attribute", "person", "badge", "--kind", "identifier", "--identifies")
    for key, name in (("crm", "Ada Zwiebel"), ("shop", "A. Knoblauch")):
        house.take_rows(key, "people", "person", [{"id": "1", "name": name, "badge": "B7"}])
    done = house.json("matching", "refresh", "person")
    assert len({one["target_uuid"] for one in house.json("record-map", "list")["record_maps"]}) == 1, done


def test_the_shipped_model_can_be_gone_back_to(crowd: House) -> None:
    before = crowd.json("matching", "show")
    crowd.json("matching", "refresh", "person")
    crowd.json("matching", "refresh", "person", "--shipped")
    assert crowd.json("matching", "show") == before


def test_too_few_records_and_types_without_a_name_are_clear_errors(house: House) -> None:
    few, ticket = house.run("matching", "refresh", "person"), house.run("matching", "refresh", "ticket")
    assert (few.exit_code, "learning needs" in few.stderr) == (2, True)
    assert (ticket.exit_code, "no scored type" in ticket.stderr) == (2, True)


GROWN = Growth(growth=1.5, most_changed=1.0, most_records=10_000)


def take_people(house: House, count: int) -> None:
    rows = [{"id": str(n), "name": f"Gia{n} Zwiebel{n}", "email": f"gia{n}@x.example"} for n in range(count)]
    house.take_rows("shop", "users", "person", rows)


def refreshed(house: House, limits: Growth = GROWN) -> list[tuple[str, int, str]]:
    return [(one.entity_type, one.records, one.outcome) for one in refresh_grown(house.hub, limits)]


def test_a_type_that_has_grown_by_half_is_learnt_from_again(crowd: House) -> None:
    assert refreshed(crowd) == [("person", 60, "promoted")]
    assert refreshed(crowd) == []
    take_people(crowd, 29)
    assert refreshed(crowd) == []
    take_people(crowd, 30)
    assert refreshed(crowd) == [("person", 90, "promoted")]
    crowd.json("matching", "refresh", "person", "--shipped")
    assert refreshed(crowd) == []


def test_what_would_change_much_is_held_and_told_and_tried_again_when_there_is_more(crowd: House) -> None:
    nothing = replace(GROWN, most_changed=-0.1)
    before = crowd.json("matching", "show")
    assert refreshed(crowd, nothing) == [("person", 60, "held")]
    assert refreshed(crowd, nothing) == []
    assert crowd.json("matching", "show") == before
    with crowd.hub.engine.begin() as connection:
        query = (
            "select status, created_by from integrations.sync_log where event_type = 'matching.model_held'"
        )
        assert connection.execute(text(query)).all() == [("refused", "nightly learning")]
    take_people(crowd, 30)
    assert refreshed(crowd) == [("person", 90, "promoted")]
