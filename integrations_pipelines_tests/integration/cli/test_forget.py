"""`integrations source forget`: a source is taken back to a moment, and what it touched follows."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from integrations_pipelines import replay, sync
from integrations_pipelines.registry import sources
from integrations_pipelines.registry.replaying import Selection
from integrations_pipelines_tests.integration.cli.conftest import PEOPLE, House
from integrations_pipelines_tests.integration.cli.test_erasure import every_row
from integrations_pipelines_tests.integration.cli.test_third_party_merges import KEPT, crm

__all__ = ["crm"]

WRONG = [
    {"id": "1", "name": "Wrong Name", "email": "joan@park.example", "phone": ""},
    {"id": "9", "name": "Nobody Known", "email": "nobody@analytical.example", "phone": ""},
]


def visible(house: House) -> list[str]:
    """Mapping and values, but for what stands for nothing."""
    query = """
    select m.resource || m.source_record_id || m.target_uuid || m.map_status || m.decided_by || e.values::text
    from integrations.record_map m join entities.entity e on e.uuid = m.target_uuid order by 1
    """
    with house.hub.engine.begin() as connection:
        return list(connection.execute(text(query)).scalars())


@pytest.fixture
def spoilt(people: House) -> tuple[House, str, list[str]]:
    """Give the people's house after a wrong import, the moment before it, and what was visible then."""
    before = visible(people)
    moment = datetime.now(UTC).isoformat()
    people.take_rows("billing", "customers", "person", WRONG)
    assert visible(people) != before
    return people, moment, before


def test_a_wrong_import_is_taken_back_and_a_dry_run_says_the_same_and_writes_nothing(
    spoilt: tuple[House, str, list[str]],
) -> None:
    house, moment, before = spoilt
    rows = every_row(str(house.settings.database_url))
    tried = house.json("source", "forget", "billing", "--since", moment, "--dry-run")
    assert every_row(str(house.settings.database_url)) == rows
    done = house.json("source", "forget", "billing", "--since", moment)
    assert visible(house) == before
    assert (tried["is_dry_run"], done["is_dry_run"]) == (True, False)
    assert (tried["counts"], tried["gone"]) == (done["counts"], done["gone"])
    assert [one["counts"] for one in tried["types"]] == [one["counts"] for one in done["types"]]
    counts = {name: count for name, count in done["counts"].items() if count}
    assert counts == {"landings": 1, "landed_rows": 2, "records": 2, "restored": 1, "gone": 1}
    assert done["gone"] == {"customers": ["9"]}


def test_no_replay_brings_it_back_and_log_and_explain_tell_of_it(
    spoilt: tuple[House, str, list[str]],
) -> None:
    house, moment, before = spoilt
    house.json("source", "forget", "billing", "--since", moment)
    with sync.running_job(house.hub, "billing", job_type="replay") as job:
        sync.close(house.hub, job, replay.replay_all(house.hub, job, Selection()))
    sync.resolve(house.hub)
    assert visible(house) == before
    query = "select payload, created_by from integrations.sync_log where event_type = 'source.forgotten'"
    with house.hub.engine.begin() as connection:
        ((payload, by),) = connection.execute(text(query)).all()
    assert by.startswith("cli:")
    assert (payload["actor"], payload["counts"]["records"]) == (by, 2)
    assert "forgotten" in house.run("explain", "billing:customers:9").output


def test_everything_of_a_source_goes_and_its_uuids_return_with_it(people: House) -> None:
    before = visible(people)
    done = people.json("source", "forget", "billing")
    assert done["counts"]["gone"] == len(PEOPLE)
    assert [line for line in visible(people) if line.startswith("customers")] == []
    people.take_rows("billing", "customers", "person", PEOPLE)
    assert visible(people) == before


REFUSED = (
    (("nobody",), "no source system is called 'nobody'"),
    (("billing", "--resource", "nothing"), "nothing"),
    (("billing", "--since", "2999-01-01"), "is still to come"),
    (("billing", "--since", "yesterday-ish"), "must be a date or a moment"),
)


def test_bad_input_is_one_clear_line(house: House) -> None:
    add_empty(house)
    for words, said in REFUSED:
        result = house.run("source", "forget", *words)
        assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


def test_nothing_to_forget_is_no_error(house: House) -> None:
    add_empty(house)
    result = house.run("source", "forget", "billing", "--since", "2026-01-01")
    assert (result.exit_code, "nothing to forget" in result.stdout) == (0, True)


def add_empty(house: House) -> None:
    with house.hub.engine.begin() as connection:
        sources.add_source(connection, system_key="billing", system_type="hubspot", settings={})


def test_a_merge_that_was_told_since_is_taken_back_too(crm: House) -> None:
    def mapped() -> list[tuple[str, ...]]:
        query = (
            "select source_record_id, target_uuid::text, map_status from integrations.record_map order by 1"
        )
        with crm.hub.engine.begin() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    before, moment = mapped(), datetime.now(UTC).isoformat()
    crm.take_records("crm", "contacts", [KEPT])
    assert mapped() != before
    done = crm.json("source", "forget", "crm", "--since", moment)
    assert (done["counts"]["told_merges"], mapped()) == (1, before)
    crm.take_records("crm", "contacts", [KEPT])
    assert mapped() != before
