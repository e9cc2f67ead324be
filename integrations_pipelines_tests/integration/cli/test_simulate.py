"""`integrations matching simulate`: says what would change, as it would change, writes nothing, and is a gate."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from integrations_pipelines.hub import in_resolution
from integrations_pipelines.registry.types import type_named
from integrations_pipelines.resolution.resolve import resolve
from integrations_pipelines.resolution.scored import Thresholds
from integrations_pipelines_tests.integration.cli.conftest import House

PHONE = "+494055510801"
SUSANNE = {
    "id": "1",
    "name": "Susanne Lorenz",
    "email": "susanne.lorenz@silbersee.example",
    "phone": PHONE,
    "birth_date": "",
}
OTHER = {
    "id": "2",
    "name": "S. Müller",
    "email": "stefanie.mueller@silbersee.example",
    "phone": PHONE,
    "birth_date": "",
}
# Linked by exact address: no threshold parts these two.
ADA = {"id": "3", "name": "Ada Lovelace", "email": "ada@x.example", "phone": "", "birth_date": ""}
KING = {"id": "4", "name": "Ada King", "email": "ada@x.example", "phone": "", "birth_date": ""}
# One name and one birthday, two addresses: their score links.
JON = {
    "id": "5",
    "name": "Jonathan Zwiebelhuber",
    "email": "jonathan.zwiebelhuber@a.example",
    "phone": "",
    "birth_date": "1971-03-04",
}
JONATHAN = {**JON, "id": "6", "email": "jonathan.zwiebelhuber@b.example"}
LOOSER = "[thresholds]\nlink = 0.55\nreview = 0.5\n"
STRICTER = "[thresholds]\nlink = 0.9999999999\n"
CRM_FIRST = (
    '[[policies]]\nof = "person.name"\nrule = "source-priority"\nsources = ["crm"]\nmax_age = "9000d"\n'
)


@pytest.fixture
def town(house: House) -> House:
    """Two tools: Susanne is asked about, Ada linked by address, Jon by score."""
    house.take_rows("crm", "people", "person", [SUSANNE, ADA, JON])
    house.take_rows("shop", "users", "person", [OTHER, KING, JONATHAN])
    return house


def dump(house: House) -> dict[str, list[str]]:
    """Return every row of every table of ours, byte by byte."""
    tables = "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname !~ '^(pg_|information)'"
    with house.hub.engine.begin() as connection:
        return {
            table: sorted(connection.execute(text(f"select t::text from {table} t")).scalars())
            for table in connection.execute(text(tables)).scalars()
        }


def rules(house: House, words: str) -> str:
    path = house.folder / "rules.toml"
    path.write_text(words)
    return str(path)


def simulated(house: House, words: str) -> Any:
    return house.json("matching", "simulate", rules(house, words))


def counts(found: Any) -> dict[str, int]:
    return {name: count for name, count in found["totals"].items() if count}


def test_a_lower_link_threshold_says_who_would_merge(town: House) -> None:
    found = simulated(town, LOOSER)
    (person,) = [one for one in found["types"] if one["entity_type"] == "person"]
    (merged,) = person["samples"]["merged"]
    assert (person["entities_before"], person["entities_after"]) == (4, 3)
    assert [found["totals"][name] for name in ("merged", "moved", "settled", "created")] == [1, 1, 1, 0]
    assert {merged["label"], merged["into_label"]} == {"Susanne Lorenz", "S. Müller"}


def test_a_higher_link_threshold_says_who_would_split(town: House) -> None:
    found = simulated(town, STRICTER)
    (person,) = [one for one in found["types"] if one["entity_type"] == "person"]
    (split,) = person["samples"]["split"]
    assert (found["totals"]["split"], found["totals"]["created"], found["totals"]["merged"]) == (1, 1, 0)
    assert sorted(key for part in split["parts"] for key in part["records"]) == [
        "crm:people:5", "shop:users:6"
    ]  # fmt: skip
    assert [part["uuid"] for part in split["parts"]].count(None) == 1


def test_nothing_is_written(town: House) -> None:
    before = dump(town)
    for words in (LOOSER, STRICTER, CRM_FIRST, LOOSER + CRM_FIRST):
        simulated(town, words)
        assert dump(town) == before, words
    assert len(before) > 30


@pytest.mark.parametrize("link", [0.55, 0.9999999999])
def test_what_is_said_is_what_happens(town: House, link: float) -> None:
    said = simulated(town, f"[thresholds]\nlink = {link}\n")
    thresholds = Thresholds(link=link, review=0.5)
    done = in_resolution(town.hub, "person", lambda c: resolve(c, type_named(c, "person"), thresholds))
    assert (done.created, done.merged, done.remapped) == tuple(
        said["totals"][name] for name in ("created", "merged", "moved")
    )


def test_a_policy_says_which_values_would_change(town: House) -> None:
    found = simulated(town, CRM_FIRST)
    changed = found["types"][0]["samples"]["changed"]
    assert found["types"][0]["changed_by_attribute"] == {"name": len(changed)}
    town.run("entity-type", "policy", "set", "person.name", "--rule", "source-priority", "--source", "crm")
    with town.hub.engine.begin() as connection:
        query = text("select values->>'name' from entities.entity where uuid = :uuid")
        for one in changed:
            assert connection.execute(query, {"uuid": one["uuid"]}).scalar() == one["after"] != one["before"]


def test_a_source_that_may_make_no_entities_leaves_its_records_unmatched(town: House) -> None:
    found = simulated(town, '[[policies]]\nof = "person"\nrule = "no-create"\nsources = ["shop"]\n')
    assert found["totals"]["unmatched"] == 1


def test_the_rules_in_force_change_nothing(town: House) -> None:
    assert counts(simulated(town, "[thresholds]\nlink = 0.95\nreview = 0.5\n")) == {}


def test_what_waits_is_resolved_first_and_not_counted(town: House) -> None:
    with town.hub.engine.begin() as connection:
        connection.execute(text(
            "insert into staging.pending_record (record_id, entity_type) "
            "select id, entity_type from staging.source_record"
        ))  # fmt: skip
    found = simulated(town, "[thresholds]\nreview = 0.5\n")
    assert (found["pending"], counts(found)) == (6, {})


def test_a_limit_that_is_exceeded_is_a_red_gate(town: House) -> None:
    path = rules(town, LOOSER + "[limits]\nmax_merged = 0\nmax_split = 0\n")
    red = town.run("matching", "simulate", path, "--json")
    table = town.run("matching", "simulate", path)
    assert (red.exit_code, table.exit_code) == (1, 1)
    assert json.loads(red.stdout)["exceeded"] == [{"limit": "max_merged", "allowed": 0, "found": 1}]
    assert "max_merged: 1 would be merged, 0 may" in table.stderr
    assert "Susanne Lorenz" in table.stdout


def test_limits_that_are_kept_are_a_green_gate(town: House) -> None:
    found = simulated(town, LOOSER + "[limits]\nmax_merged = 1\nmax_changed_values = 9\n")
    assert (found["passed"], found["exceeded"]) == (True, [])


FAULTS = [
    ("[thresholds\n", "is not TOML"),
    ("", "names neither thresholds.link"),
    ("link = 0.9\n", "link: there is no such key; there are: thresholds, policies, limits"),
    ("[thresholds]\nlnk = 0.9\n", "thresholds.lnk: there is no such key"),
    ("[thresholds]\nlink = 1.5\n", "thresholds.link: "),
    ('[thresholds]\nlink = "high"\n', "thresholds.link: "),
    ("[thresholds]\nlink = 0.3\nreview = 0.4\n", "thresholds.review: 0.4 is above"),
    ('[thresholds]\nlink = 0.9\nentity_types = ["ticket"]\n', "ticket is not scored"),
    ('[thresholds]\nlink = 0.9\nentity_types = ["persn"]\n', "there is no entity type 'persn'"),
    (LOOSER + "[limits]\nmax_mergd = 0\n", "limits.max_mergd: there is no such key"),
    (LOOSER + "[limits]\nmax_merged = -1\n", "limits.max_merged: "),
    ('[[policies]]\nof = "person.name"\n', "policies[1].rule: "),
    ('[[policies]]\nof = "person.name"\nrule = "best"\n', "policies[1]: rule 'best': "),
    ('[[policies]]\nof = "person.name"\nrule = "owner"\n', "sources must name at least one"),
    ('[[policies]]\nof = "person.nme"\nrule = "newest"\n', "no attribute 'nme'"),
    ('[[policies]]\nof = "person.name"\nrule = "owner"\nsources = ["nobody"]\n', "nobody"),
    ('[[policies]]\nof = "person.name"\nrule = "clear"\n', "person.name: no policy is set to clear"),
    (CRM_FIRST.replace("9000d", "soon"), "policies[1].max_age"),
]


def test_what_cannot_be_tried_is_one_line_that_names_the_key(house: House) -> None:
    house.take_rows("crm", "people", "person", [SUSANNE])
    for words, said in FAULTS:
        result = house.run("matching", "simulate", rules(house, words), "--json")
        assert (result.exit_code, result.stdout) == (2, ""), words
        assert said in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


def test_a_file_that_is_not_there_is_named(house: House, tmp_path: Path) -> None:
    result = house.run("matching", "simulate", str(tmp_path / "none.toml"))
    assert (result.exit_code, "none.toml: No such file" in result.stderr) == (2, True)
