import pytest

from integrations_pipelines import sync
from integrations_pipelines.registry.grants import lock_grant, require_reauth
from integrations_pipelines.registry.reading import resource_statuses
from integrations_pipelines_tests.integration.cli.conftest import PEOPLE, House

FIELDS = [
    "system_key",
    "resource",
    "job",
    "status",
    "extracted",
    "outcomes",
    "balanced",
    "mapped",
    "parked",
    "quarantined",
]


def test_status_has_exactly_the_fields_that_were_promised(crm: House) -> None:
    found = crm.json("status")
    assert list(found) == ["resources"]
    assert [list(one) for one in found["resources"]] == [FIELDS] * 4


def test_status_tells_what_the_last_job_did_and_how_its_records_stand(crm: House) -> None:
    found = {(one["system_key"], one["resource"]): one for one in crm.json("status")["resources"]}
    customers, contacts = found["billing", "customers"], found["crm", "contacts"]
    assert (customers["extracted"], customers["outcomes"]["new"], customers["mapped"]) == (4, 4, 4)
    assert (contacts["mapped"], contacts["parked"], contacts["balanced"]) == (2, 1, True)


def test_a_second_run_has_nothing_new(people: House) -> None:
    people.take_rows("billing", "customers", "person", PEOPLE)
    (one,) = people.json("status", "billing")["resources"]
    assert {name: count for name, count in one["outcomes"].items() if count} == {"unchanged": 4}
    assert one["outcomes"]["new"] == 0


def test_the_job_is_the_last_one_of_its_resource(people: House) -> None:
    (before,) = people.json("status", "billing")["resources"]
    people.take_rows("billing", "debtors", "person", PEOPLE[:1])
    after = {one["resource"]: one["job"] for one in people.json("status", "billing")["resources"]}
    assert after["customers"] == before["job"] != after["debtors"]


def test_a_row_that_cannot_be_read_is_counted_as_quarantined(house: House) -> None:
    house.take_rows("billing", "customers", "person", [*PEOPLE, {**PEOPLE[0], "id": ""}])
    (one,) = house.json("status")["resources"]
    assert (one["extracted"], one["outcomes"]["quarantined"], one["quarantined"], one["balanced"]) == (
        5,
        1,
        1,
        True,
    )


def test_a_job_that_failed_before_it_came_to_a_resource_is_the_last_one(people: House) -> None:
    with pytest.raises(RuntimeError), sync.running_job(people.hub, "billing", job_type="file"):
        raise RuntimeError("no way")
    (one,) = people.json("status", "billing")["resources"]
    assert (one["status"], one["extracted"], one["balanced"]) == ("failed", 0, True)
    assert "RuntimeError" in people.run("status", "billing").stderr


def test_a_job_that_died_after_it_landed_shows_what_it_landed(people: House) -> None:
    with people.hub.engine.begin() as connection:
        connection.exec_driver_sql(
            "update integrations.import_job set result_summary = '{}', status = 'failed' where source_system_id ="
            " (select id from integrations.source_system where system_key = 'billing')"
        )
        (one,) = resource_statuses(connection, "billing")
    assert (one.status, one.extracted, one.outcomes["new"], one.is_balanced) == ("failed", 4, 4, True)


def test_an_empty_database_says_how_to_begin(house: House) -> None:
    assert house.json("status") == {"resources": []}
    assert "source add" in house.run("status").stderr


def test_a_source_system_without_a_sync_is_named(house: House) -> None:
    house.json("source", "add", "crm", "--type", "hubspot")
    assert "crm" in house.run("status").stderr


def test_a_grant_that_needs_a_person_is_said(people: House) -> None:
    with people.hub.engine.begin() as connection:
        lock_grant(connection, "billing")
        require_reauth(connection, "billing", "the token endpoint refuses")
    found = people.json("status")["reauth_required"]
    assert found == [{"system_key": "billing", "reason": "the token endpoint refuses"}]
    assert "billing: reauth_required" in people.run("status").stderr
