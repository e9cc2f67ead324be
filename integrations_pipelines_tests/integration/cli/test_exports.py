"""`integrations export` and `restore`: what goes out comes in again, in each format, and changes nothing."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from integrations_pipelines.hub import open_hub
from integrations_pipelines.registry.exporting import EXPORTS
from integrations_pipelines_tests.databases import copied_database
from integrations_pipelines_tests.integration.cli.conftest import House

ALL = ("entities", "record-maps", "relations", "sync-log")


@pytest.fixture
def elsewhere(crm: House, database_server: str) -> Iterator[House]:
    """Give an empty installation beside the other one."""
    with copied_database(database_server) as url:
        settings = crm.settings.model_copy(update={"database_url": url})
        with open_hub(settings, url) as hub:
            yield replace(crm, settings=settings, hub=hub)


def exported(house: House, what: str, form: str, name: str) -> Path:
    path = house.folder / f"{name}-{what}.{form}"
    result = house.run("export", what, "--format", form, "--out", str(path))
    assert result.exit_code == 0, result.output
    return path


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_an_export_taken_in_elsewhere_is_the_same_export(crm: House, elsewhere: House, form: str) -> None:
    first = {what: exported(crm, what, form, "first") for what in ALL}
    for what, path in first.items():
        done = elsewhere.json("restore", what, str(path))
        assert done["added"] == done["rows"] > 0
    second = {what: exported(elsewhere, what, form, "second") for what in ALL}
    assert {what: path.read_bytes() for what, path in second.items()} == {
        what: path.read_bytes() for what, path in first.items()
    }


def test_taking_in_what_is_there_changes_nothing(crm: House) -> None:
    before = {what: exported(crm, what, "jsonl", "first") for what in ALL}
    for what, path in before.items():
        done = crm.json("restore", what, str(path))
        assert (done["added"], done["kept"]) == (0, 0)
    assert all(
        exported(crm, what, "jsonl", "second").read_bytes() == before[what].read_bytes() for what in ALL
    )


def test_what_differs_is_kept_and_told(crm: House) -> None:
    path = exported(crm, "entities", "csv", "first")
    path.write_text(path.read_text().replace("Ada King", "Ada Lace").replace("Ada Lovelace", "Ada Lace"))
    result = crm.run("restore", "entities", str(path))
    assert "1 kept" in result.stdout
    assert "Ada Lace" not in crm.run("export", "entities").stdout


def test_uuids_stay_when_a_restored_installation_is_synced_again(crm: House, elsewhere: House) -> None:
    for what in ALL:
        elsewhere.json("restore", what, str(exported(crm, what, "csv", "first")))
    elsewhere.take_rows("shop", "users", "person", [{"id": "b", "name": "Joan Clarke", "email": ""}])
    (before,), (after,) = (
        house.json("record-map", "list", "--system", "shop", "--resource", "users")["record_maps"][1:]
        for house in (crm, elsewhere)
    )
    assert after["target_uuid"] == before["target_uuid"]


def test_a_restored_account_is_off_until_it_is_added(crm: House, elsewhere: House) -> None:
    elsewhere.json("restore", "record-maps", str(exported(crm, "record-maps", "csv", "first")))
    assert elsewhere.json("source", "show", "crm")["is_active"] is False
    elsewhere.json("source", "add", "crm", "--type", "hubspot", "--set", "region=GB")
    now = elsewhere.json("source", "show", "crm")
    assert (now["is_active"], now["settings"]) == (True, {"region": "GB"})


def test_csv_names_no_internal_id(crm: House) -> None:
    for what in ALL:
        (header,) = list(csv.reader(io.StringIO(crm.run("export", what).stdout)))[:1]
        assert tuple(header) == EXPORTS[what].columns
        assert "id" not in header


def test_conditions_narrow_an_export(crm: House) -> None:
    def rows(*words: str) -> list[dict[str, str]]:
        out = crm.run("export", "record-maps", "--format", "jsonl", *words).stdout
        return [json.loads(line) for line in out.splitlines()]

    assert {row["system_key"] for row in rows("--system", "shop")} == {"shop"}
    assert {row["entity_type"] for row in rows("--entity-type", "organization")} == {"organization"}
    assert rows("--since", "2999-01-01") == []
    assert len(rows("--since", "2000-01-01")) == len(rows()) > 0


def test_entities_of_an_organisation_s_own_type_can_be_chosen(house: House) -> None:
    house.json("entity-type", "add", "vehicle")
    house.take_rows("fleet", "cars", "vehicle", [{"id": "1", "name": "Van"}])
    out = house.run("export", "entities", "--entity-type", "vehicle", "--format", "jsonl").stdout
    assert [json.loads(line)["values"] for line in out.splitlines()] == [{"name": "Van"}]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "people"), "cannot be exported"),
        (("export", "entities", "--format", "xml"), "csv, jsonl, parquet"),
        (("export", "entities", "--since", "yesterday"), "--since"),
        (("export", "entities", "--system", "nowhere"), "nowhere"),
        (("export", "entities", "--entity-type", "dog"), "dog"),
        (("export", "sync-log", "--entity-type", "person"), "--entity-type"),
        (("restore", "entities", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_bad_words_are_named(house: House, words: tuple[str, ...], said: str) -> None:
    result = house.run(*words)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "uuid,name\n1,2\n", "lacks"),
        ("a.csv", ",".join(EXPORTS["entities"].columns) + "\nx,person,{},,,,,,,,,\n", "InvalidText"),
        ("a.jsonl", "{\n", "line 1"),
        ("a.jsonl", "[1]\n", "line 1"),
        ("a.parquet", "no parquet", "no Parquet"),
    ],
)
def test_a_file_that_is_no_export_is_refused(house: House, name: str, content: str, said: str) -> None:
    path = house.folder / name
    path.write_text(content)
    result = house.run("restore", "entities", str(path))
    assert result.exit_code == 2, result.output
    assert said in result.stderr


def test_a_system_key_of_another_connector_is_refused(crm: House, elsewhere: House) -> None:
    elsewhere.json("source", "add", "crm", "--type", "slack")
    result = elsewhere.run("restore", "record-maps", str(exported(crm, "record-maps", "csv", "first")))
    assert result.exit_code == 2
    assert "crm" in result.stderr
