"""Retention: what a rule lets go, and what no rule ever does."""

import psycopg

from integrations_pipelines_tests.integration.cli.conftest import House

FIRST = [
    {"id": "1", "name": "Ada", "email": "ada@x.example"},
    {"id": "2", "name": "Bo", "email": "bo@x.example"},
]
THEN = [{"id": "1", "name": "Ada King", "email": "ada@x.example"}]


def grown_old(house: House) -> str:
    """Two versions of one record and one of another, all landed 40 days ago; returns the database's URL."""
    house.take_rows("crm", "people", "person", FIRST)
    house.take_rows("crm", "people", "person", THEN)
    url = str(house.settings.database_url)
    with psycopg.connect(url) as connection:
        connection.execute("update staging_files.people set observed_at = observed_at - interval '40 days'")
    return url


def landed(url: str) -> int:
    with psycopg.connect(url) as connection:
        return int((connection.execute("select count(*) from staging_files.people").fetchone() or (0,))[0])


def test_only_superseded_versions_go(house: House) -> None:
    url = grown_old(house)
    assert house.json("retention", "run")["deleted"]["landed-rows"] == 0
    assert house.run("retention", "set", "landed-rows", "--days", "30").exit_code == 0
    assert house.json("retention", "run")["deleted"]["landed-rows"] == 1
    assert landed(url) == 2
    assert "Ada King" in str(house.json("explain", "crm:people:1"))


def test_the_most_particular_rule_counts(house: House) -> None:
    url = grown_old(house)
    house.run("retention", "set", "landed-rows", "--days", "30")
    house.run("retention", "set", "landed-rows", "--days", "300", "--system", "crm", "--resource", "people")
    assert house.json("retention", "run")["deleted"]["landed-rows"] == 0
    house.run("retention", "clear", "landed-rows", "--system", "crm", "--resource", "people")
    assert house.json("retention", "run")["deleted"]["landed-rows"] == 1
    assert landed(url) == 2


def test_the_sync_log_lets_go_of_old_lines_alone(house: House) -> None:
    grown_old(house)
    with psycopg.connect(str(house.settings.database_url)) as connection:
        old = "insert into integrations.sync_log (event_type, status, message, created_at) values ('x', 'ok', '', %s)"
        connection.execute(old, ["2020-01-01T00:00:00Z"])
    house.run("retention", "set", "sync-log", "--days", "30")
    assert house.json("retention", "run")["deleted"]["sync-log"] == 1


def test_a_rule_for_nothing_is_refused(house: House) -> None:
    for words, said in (
        (["set", "everything", "--days", "3"], "everything"),
        (["set", "landed-rows", "--days", "0"], "--days 0"),
        (["set", "sync-log", "--days", "3", "--resource", "people"], "not for a resource"),
        (["set", "landed-rows", "--days", "3", "--system", "nobody"], "nobody"),
        (["clear", "landed-rows"], "no retention rule"),
    ):
        result = house.run("retention", *words)
        assert (result.exit_code, said in result.output) == (2, True), result.output
