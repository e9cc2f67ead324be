"""`integrations matching`: learning from the stored records, and going back, changes what all pairs score."""

import pytest

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
    assert done["resolution"]["scores"]["rescored"] == 60
    assert models["person"]["learnt_from"] == 60
    assert models["organization"]["learnt_from"] is None


def test_the_shipped_model_can_be_gone_back_to(crowd: House) -> None:
    before = crowd.json("matching", "show")
    crowd.json("matching", "refresh", "person")
    crowd.json("matching", "refresh", "person", "--shipped")
    assert crowd.json("matching", "show") == before


def test_too_few_records_and_types_without_a_name_are_clear_errors(house: House) -> None:
    few, ticket = house.run("matching", "refresh", "person"), house.run("matching", "refresh", "ticket")
    assert (few.exit_code, "learning needs" in few.stderr) == (2, True)
    assert (ticket.exit_code, "no scored type" in ticket.stderr) == (2, True)
