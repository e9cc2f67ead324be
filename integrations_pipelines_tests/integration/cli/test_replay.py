"""`integrations replay` and `integrations quarantine`, as an operator uses them."""

import uuid

from integrations_pipelines.registry import sources
from integrations_pipelines_tests.integration.cli.conftest import House

CONTACT = {"id": "1", "properties": {"email": "ada@example.org"}, "updatedAt": "2025-03-01T10:00:00Z"}


def in_quarantine(house: House) -> str:
    with house.hub.engine.begin() as connection:
        sources.add_source(connection, system_key="crm", system_type="hubspot", settings={})
    house.take_records("crm", "contacts", [{**CONTACT, "updatedAt": "no moment"}, {**CONTACT, "id": "2"}])
    (found,) = house.json("quarantine", "list", "--system", "crm")["quarantined"]
    assert (found["stage"], found["error_class"]) == ("extract", "UnreadableVersion")
    return str(found["uuid"])


def test_a_quarantined_record_is_shown_tried_again_and_discarded(house: House) -> None:
    held = in_quarantine(house)
    assert "no moment" in house.json("quarantine", "show", held)["payload"]
    (run,) = house.json("quarantine", "retry", held)["runs"]
    assert run["status"] == "succeeded"
    assert run["resources"][0]["outcomes"] == {"quarantined": 1}
    assert run["resources"][0]["balanced"]
    assert house.json("quarantine", "show", held)["attempts"] == 2
    discarded = house.json("quarantine", "discard", held, "--reason", "the vendor mended it")
    assert (discarded["status"], discarded["closed_reason"]) == ("discarded", "the vendor mended it")
    assert house.run("quarantine", "discard", held, "--reason", "again").exit_code == 2
    assert house.json("quarantine", "list")["quarantined"] == []


def test_everything_is_replayed_as_a_job_of_its_own(people: House) -> None:
    (billing, shop) = people.json("replay", "--all")["runs"]
    assert [billing["system_key"], shop["system_key"]] == ["billing", "shop"]
    assert billing["resources"][0]["outcomes"] == {"unchanged": 4}
    with people.hub.engine.begin() as connection:
        query = "select job_type, status from integrations.import_job where uuid = %s"
        assert connection.exec_driver_sql(query, (billing["job"],)).one() == ("replay", "succeeded")


def test_a_dry_run_tells_and_opens_no_job(people: House) -> None:
    found = people.json("replay", "--all", "--dry-run")
    assert [one["would_change"] for one in found["resources"]] == [0, 0]
    record = people.json("replay", "--record", "billing:customers:3:x", "--dry-run")["resources"]
    assert [one["outcomes"] for one in record] == [{"unchanged": 1}]


def test_what_cannot_be_replayed_is_one_clear_line(people: House) -> None:
    assert people.run("replay").exit_code == 2
    assert people.run("replay", "--job", str(uuid.uuid4())).exit_code == 2
    assert people.run("replay", "--since", "yesterday").exit_code == 2
    assert people.run("replay", "--record", "nobody:customers:1").exit_code == 2
    assert people.run("quarantine", "show", str(uuid.uuid4())).exit_code == 2
    assert people.run("quarantine", "retry").exit_code == 2
