from typing import Any

from integrations_pipelines_tests.integration.cli.conftest import PEOPLE, House


def keys_in(data: Any) -> set[str]:
    if isinstance(data, dict):
        return set(data) | {key for value in data.values() for key in keys_in(value)}
    return {key for value in data for key in keys_in(value)} if isinstance(data, list) else set()


def test_a_record_shows_which_value_joins_it_to_which_record(people: House) -> None:
    found = people.json("explain", "billing:customers:1")
    (link,) = found["evidence"]
    assert (link["kind"], link["value"]) == ("email", "ada@analytical.example")
    assert [one["record"] for one in link["records"]] == ["shop:users:a"]
    assert found["mapping"][0]["decided_by"] == "email"


def test_a_role_mailbox_is_shown_as_shared_and_proving_nothing(people: House) -> None:
    found = people.json("explain", "billing:customers:3:x")
    (shared,) = found["not_joining"]
    assert (found["evidence"], [one["record"] for one in shared["records"]]) == ([], ["shop:users:b"])
    assert found["identifiers"][0]["status"] == "proves_nothing"


def test_a_generic_value_is_shown_as_not_joining_with_the_count_of_names(house: House) -> None:
    names = ["Ann Archer", "Bob Baker", "Cid Cook", "Dee Dyer", "Eve Eyre"]
    rows = [{"id": str(n), "name": name, "email": "we@family.example"} for n, name in enumerate(names)]
    house.take_rows("billing", "customers", "person", rows)
    (shared,) = house.json("explain", "billing:customers:0")["not_joining"]
    assert shared["because"] == "generic: records of 5 different names hold it"
    assert len(shared["records"]) == 4


def test_a_value_that_could_not_be_read_is_shown_with_its_reason(people: House) -> None:
    current = people.json("explain", "billing:customers:4")["current"]
    assert current["rejected"] == {"email": "not an e-mail address"}
    assert "not an address" not in str(current)


def test_every_landed_version_is_shown_with_its_job(people: House) -> None:
    people.take_rows("billing", "customers", "person", [{**PEOPLE[0], "name": "Ada King"}])
    versions = people.json("explain", "billing:customers:1")["versions"]
    assert [(one["is_newest"], one["is_live"], one["state"], one["origin"]) for one in versions] == [
        (True, True, "applied", "file"),
        (False, False, "applied", "file"),
    ]
    assert len({one["job"] for one in versions}) == 2


def test_the_sync_log_of_a_record_holds_its_first_mapping_and_its_move(people: House) -> None:
    people.take_rows(
        "shop",
        "users",
        "person",
        [{"id": "b", "name": "J. C.", "email": "ada@analytical.example", "phone": ""}],
    )
    events = [one["event_type"] for one in people.json("explain", "shop:users:b")["log"]]
    assert "records.mapped" in events
    assert "record.remapped" in events


def test_a_question_for_a_person_is_shown_with_the_records_it_is_about(house: House) -> None:
    house.take_rows("one", "people", "person", [{"id": "1", "email": "a@x.example", "external_id": "7"}])
    house.take_rows("one", "people", "person", [{"id": "2", "email": "a@x.example", "external_id": "8"}])
    found = house.json("explain", "one:people:1")
    (review,) = found["reviews"]
    assert {review["left_record"], review["right_record"]} == {"one:people:1", "one:people:2"}
    assert review["reason"] in found["not_joining"][0]["because"]


def test_a_record_that_never_got_past_the_quarantine_is_explained_by_its_reason(house: House) -> None:
    with house.hub.engine.begin() as connection:
        connection.exec_driver_sql(
            "with s as (insert into integrations.source_system (system_key, label, system_type) "
            "values ('crm', 'crm', 'hubspot') returning id), j as (insert into integrations.import_job "
            "(source_system_id, job_type) select id, 'poll' from s returning id, source_system_id) "
            "insert into integrations.quarantined_record (source_system_id, import_job_id, resource, source_record_id, "
            "stage, error_class, message) select source_system_id, id, 'contacts', '9:9', 'parse', 'RecordRejected', "
            "'too deep' from j"
        )
    found = house.json("explain", "crm:contacts:9:9")
    assert (found["current"], found["quarantined"][0]["message"]) == (None, "too deep")
    assert "quarantine" in house.run("explain", "crm:contacts:9:9").stdout


def test_a_parked_relation_is_shown_as_parked(crm: House) -> None:
    (parked,) = crm.json("explain", "crm:contacts:12")["relations"]
    assert parked == {
        "name": "employer",
        "record": "crm:contacts:12",
        "target_type": "organization",
        "aims_at": "crm:companies:8",
        "entity": None,
        "is_parked": True,
    }


def test_no_internal_id_is_in_any_explanation(crm: House) -> None:
    entity = crm.json("explain", "billing:customers:1")["mapping"][0]["target_uuid"]
    for thing in ("billing:customers:1", "crm:contacts:12", entity):
        keys = keys_in(crm.json("explain", thing))
        assert not keys & {"id", "ids", "landing", "position", "live_landing", "founder", "record_id"}


def test_a_value_from_outside_is_shown_as_it_is_and_never_as_markup(people: House) -> None:
    shown = people.run("explain", "billing:customers:3:x").stdout
    assert "[red]Grace Hopper" in shown
    assert "\u202e" not in shown
