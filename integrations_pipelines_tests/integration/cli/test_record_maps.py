from integrations_pipelines_tests.integration.cli.conftest import House

FIELDS = [
    "uuid", "system_key", "resource", "source_record_id", "target_domain", "target_uuid", "map_status", "decided_by",
    "source_version", "last_synced_at",
]  # fmt: skip


def test_record_maps_are_listed_by_outward_names_alone(people: House) -> None:
    found = people.json("record-map", "list")
    assert [list(one) for one in found["record_maps"]] == [FIELDS] * 6
    assert found["truncated"] is False


def test_one_entity_has_all_its_records(people: House) -> None:
    (ada,) = [
        one
        for one in people.json("record-map", "list", "--system", "shop")["record_maps"]
        if one["decided_by"] == "email"
    ]
    records = people.json("record-map", "list", "--entity", ada["target_uuid"])["record_maps"]
    assert {(one["system_key"], one["source_record_id"]) for one in records} == {
        ("billing", "1"),
        ("shop", "a"),
    }


def test_conditions_narrow_the_list(people: House) -> None:
    words = ("record-map", "list", "--system", "billing", "--resource", "customers", "--status", "mapped")
    assert len(people.json(*words)["record_maps"]) == 4
    assert people.json("record-map", "list", "--status", "deleted")["record_maps"] == []


def test_a_list_that_is_cut_says_so(people: House) -> None:
    found = people.json("record-map", "list", "--limit", "2")
    assert (len(found["record_maps"]), found["truncated"]) == (2, True)
    assert "--limit" in people.run("record-map", "list", "--limit", "2").stderr


def test_a_merged_uuid_lists_the_records_of_its_survivor(people: House) -> None:
    split = {"id": "c", "name": "Ada L", "email": "ada.l@shop.example", "phone": ""}
    people.take_rows("shop", "users", "person", [split])
    before = people.json("record-map", "list", "--system", "shop")["record_maps"]
    (alone,) = [one["target_uuid"] for one in before if one["source_record_id"] == "c"]
    people.take_rows("shop", "users", "person", [{**split, "email": "ada@analytical.example"}])
    records = people.json("record-map", "list", "--entity", alone)["record_maps"]
    assert {one["source_record_id"] for one in records} == {"1", "a", "c"}
