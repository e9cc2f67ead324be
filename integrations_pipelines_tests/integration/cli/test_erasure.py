"""A person is erased: nothing of theirs is found in any table or file, others stay as they were, nothing comes back."""

from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from psycopg import sql

from integrations_pipelines import corridor, sync
from integrations_pipelines.errors import NotFound
from integrations_pipelines.registry.packing import pack, unpack
from integrations_pipelines_tests.integration.cli.conftest import House

CRM = [
    {
        "id": "c1",
        "name": "Zélie Quartermain",
        "email": "Zelie.Quartermain@Post.example",
        "phone": "+49 30 55512349",
    },
    {"id": "c2", "name": "Otto Brandt", "email": "otto@post.example", "phone": "+49 30 55512350"},
]
BILLING = [
    {
        "id": "b1",
        "name": "Zelie Quartermain",
        "email": "zelie.quartermain@post.example",
        "phone": "0049 (30) 555-12349",
    },
    {"id": "b2", "name": "Brandt, Otto", "email": "otto@post.example", "phone": ""},
]
TICKETS = [
    {
        "id": "t1",
        "subject": "Zélie Quartermain cannot log in",
        "description": "Call her at 030/555 12349 or write to zelie.quartermain@post.example, cc otto@post.example",
    },
    {"id": "t2", "subject": "Otto Brandt asks", "description": "Nothing about anybody else in Berlin"},
]
WORDS = ("quartermain", "zélie", "55512349", "555-12349", "555 12349")
EVERY_TABLE = """
select schemaname, tablename from pg_tables
where schemaname not in ('pg_catalog', 'information_schema') order by 1, 2
"""


def every_row(url: str) -> str:
    """Every row of every table, bytes read as text."""
    with psycopg.connect(url) as connection:
        names = connection.execute(EVERY_TABLE).fetchall()
        found = []
        for name in names:
            columns = connection.execute(
                "select attname, atttypid = 'bytea'::regtype from pg_attribute "
                "where attrelid = %s::regclass and attnum > 0 and not attisdropped",
                [f'"{name[0]}"."{name[1]}"'],
            ).fetchall()
            said = [
                sql.SQL("encode({}, 'escape')" if is_bytes else "{}::text").format(sql.Identifier(column))
                for column, is_bytes in columns
            ]
            query = sql.SQL("select concat_ws(' ', {}) from {}").format(
                sql.SQL(", ").join(said), sql.Identifier(*name)
            )
            found += [row[0] for row in connection.execute(query)]
    return "\n".join(found).lower()


def every_file(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in files).lower()


@pytest.fixture
def town(house: House) -> House:
    """Zélie in a CRM and a billing list, and in the words of a ticket; Otto likewise."""
    house.take_rows("crm", "contacts", "person", CRM)
    house.take_rows("billing", "customers", "person", BILLING)
    house.take_rows("desk", "tickets", "ticket", TICKETS)
    return house


def entity_of(house: House, record: str) -> str:
    system, resource, key = record.split(":")
    maps = house.json("record-map", "list", "--system", system, "--resource", resource)["record_maps"]
    return str(next(one["target_uuid"] for one in maps if one["source_record_id"] == key))


def test_nothing_of_an_erased_person_is_found_anywhere(town: House) -> None:
    url = str(town.settings.database_url)
    assert all(word in every_row(url) for word in ("quartermain", "555-12349"))
    told = town.json("erase", "--entity", entity_of(town, "crm:contacts:c1"), "--reason", "request 17")
    assert set(told["records"]) == {"crm:contacts:c1", "billing:customers:b1"}
    everywhere = every_row(url) + every_file(town.settings.state_dir)
    assert [word for word in WORDS if word in everywhere] == []
    assert "request 17" in everywhere


def test_what_persons_decided_and_what_webhooks_brought_goes_too(town: House) -> None:
    url, her = str(town.settings.database_url), entity_of(town, "crm:contacts:c1")
    him = entity_of(town, "crm:contacts:c2")
    assert town.run("entity", "merge", her, him, "--reason", "Zélie Quartermain twice").exit_code == 0
    decision = town.json("entity", "decisions", her)["decisions"][0]["uuid"]
    assert town.run("entity", "undo", decision, "--reason", "no").exit_code == 0
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into integrations.webhook_event (source_system_id, delivery_key, signed_hash, headers, body) "
            "select id, 'd1', 'x', '{}', convert_to('from zelie.quartermain@post.example', 'UTF8') "
            "from integrations.source_system where system_key = 'crm'"
        )
    town.json("erase", "--entity", her)
    assert "quartermain" not in every_row(url)
    with psycopg.connect(url) as connection:
        assert connection.execute("select body, state from integrations.webhook_event").fetchall() == [
            (b"", "done")
        ]


def test_long_bodies_of_webhooks_are_unpacked_and_searched(town: House) -> None:
    url = str(town.settings.database_url)
    other = b"to somebody else altogether, " * 500
    hers = b'{"filling": "' + other + b'", "from": "ZELIE.Quartermain@post.example"}'
    with psycopg.connect(url) as connection:
        for key, body in (("p1", hers), ("p2", other)):
            connection.execute(
                "insert into integrations.webhook_event"
                " (source_system_id, delivery_key, signed_hash, headers, body, unpacked_size)"
                " select id, %s, %s, '{}', %s, %s from integrations.source_system where system_key = 'crm'",
                (key, key.encode(), *pack(body)),
            )
    told = town.json("erase", "--entity", entity_of(town, "crm:contacts:c1"))
    with psycopg.connect(url) as connection:
        query = "select body, unpacked_size, state from integrations.webhook_event order by delivery_key"
        (emptied, (kept, size, state)) = connection.execute(query).fetchall()
    assert emptied == (b"", None, "done")
    assert (unpack(kept, size), state) == (other, "received")
    assert told["blotted"]["integrations.webhook_event.body"] == 1


def test_others_stay_as_they_were(town: House) -> None:
    otto = entity_of(town, "crm:contacts:c2")
    before = town.json("explain", otto)
    town.json("erase", "--entity", entity_of(town, "crm:contacts:c1"))
    assert town.json("explain", otto) == before
    ticket = town.json("explain", "desk:tickets:t1")
    assert "otto@post.example" in str(ticket)
    assert "[erased] cannot log in" in str(ticket)


def test_what_others_are_matched_by_is_not_blotted(town: House) -> None:
    query = "select record_id, sketch from resolution.scored_record"
    with psycopg.connect(str(town.settings.database_url), autocommit=True) as connection:
        connection.execute("update resolution.scored_record set sketch = 'quartermain' || sketch")
        before: dict[int, bytes] = dict(connection.execute(query).fetchall())
        town.json("erase", "--entity", entity_of(town, "crm:contacts:c1"))
        after: dict[int, bytes] = dict(connection.execute(query).fetchall())
    assert len(before) == len(after) + 2
    assert after.items() <= before.items()


def test_a_dry_run_counts_and_changes_nothing(town: House) -> None:
    url, entity = str(town.settings.database_url), entity_of(town, "crm:contacts:c1")
    before = every_row(url).count("quartermain")
    told = town.json("erase", "--entity", entity, "--dry-run")
    assert told["rows"]["staging.source_record"] == 2
    assert every_row(url).count("quartermain") == before
    assert told["rows"] == town.json("erase", "--entity", entity)["rows"]


def test_an_import_does_not_bring_an_erased_record_back(town: House) -> None:
    town.json("erase", "--entity", entity_of(town, "crm:contacts:c1"))
    town.take_rows("crm", "contacts", "person", CRM)
    assert "quartermain" not in every_row(str(town.settings.database_url))
    job = town.json("status")["resources"]
    (contacts,) = [one for one in job if one["system_key"] == "crm"]
    assert {name: n for name, n in contacts["outcomes"].items() if n} == {"erased": 1, "unchanged": 1}
    assert contacts["balanced"]


def land_only(house: House, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, str]]) -> None:
    """Let ``rows`` land in the CRM by a run that is gone before it applies them."""

    def killed(*_: Any) -> NoReturn:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(corridor, "apply_landing", killed)
        house.take_rows("crm", "contacts", "person", rows)


def test_a_record_that_landed_and_was_never_applied_goes_too(
    town: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    land_only(
        town,
        monkeypatch,
        [{**CRM[0], "id": "c3", "name": "Perpetua Lindqvist", "email": "p@lindqvist.example"}],
    )
    town.json("erase", "--record", "crm:contacts:c3")
    assert "lindqvist" not in every_row(str(town.settings.database_url))


def test_what_an_erased_person_said_last_is_blotted_though_it_waited(
    town: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    land_only(town, monkeypatch, [{**CRM[0], "name": "Perpetua Lindqvist", "email": "p@lindqvist.example"}])
    town.take_rows(
        "desk", "tickets", "ticket", [{"id": "t3", "subject": "Perpetua Lindqvist asks", "description": ""}]
    )
    town.json("erase", "--record", "crm:contacts:c1")
    assert "lindqvist" not in every_row(str(town.settings.database_url))


def test_an_address_that_fewer_hold_after_an_erasure_tells_again(house: House) -> None:
    names = ("Ada Lovelace", "Grace Hopper", "Joan Clarke", "Mary Jackson")
    people = [
        {"id": f"c{n}", "name": name, "email": "oak.lodge@post.example"}
        for n, name in enumerate(names, start=1)
    ]
    house.take_rows("crm", "contacts", "person", people)
    assert entity_of(house, "crm:contacts:c1") != entity_of(house, "crm:contacts:c2")
    house.json("erase", "--record", "crm:contacts:c4")
    assert entity_of(house, "crm:contacts:c1") == entity_of(house, "crm:contacts:c2")


def test_erased_records_are_counted_out_of_what_scores_stand_on(town: House) -> None:
    query = (
        "select records, (select count(*) from resolution.scored_record), (select count(*) from staging.source_record"
        " where entity_type = 'person') from resolution.scored_state where entity_type = 'person'"
    )
    town.json("erase", "--entity", entity_of(town, "crm:contacts:c1"))
    with psycopg.connect(str(town.settings.database_url)) as connection:
        assert connection.execute(query).fetchall() == [(2, 2, 2)]


def test_a_lifted_erasure_lets_the_record_in_again(town: House) -> None:
    town.json("erase", "--record", "crm:contacts:c1")
    town.json("erase", "--record", "crm:contacts:c1", "--lift")
    town.take_rows("crm", "contacts", "person", CRM)
    assert entity_of(town, "crm:contacts:c1") == entity_of(town, "billing:customers:b1")


def test_one_record_of_an_entity_may_be_erased_alone(town: House) -> None:
    entity = entity_of(town, "crm:contacts:c1")
    town.json("erase", "--record", "crm:contacts:c1")
    values = town.json("explain", entity)
    assert "billing:customers:b1" in str(values)
    assert "Zélie Quartermain" not in str(values)
    assert "zelie.quartermain@post.example" in str(values)


def test_a_value_that_others_hold_too_stays_with_them(town: House) -> None:
    town.take_rows(
        "shop", "users", "person", [{"id": "s1", "name": "Otto Brandt", "email": "o.brandt@else.example"}]
    )
    told = town.json("erase", "--entity", entity_of(town, "crm:contacts:c2"))
    assert told["shared"] == {"name": 2}
    assert "otto brandt asks" in every_row(str(town.settings.database_url))


def test_what_is_not_there_is_named(town: House) -> None:
    for words, said in (
        (["--record", "nowhere:contacts:1"], "nowhere"),
        (["--record", "crm:deals:1"], "deals"),
        (["--entity", "no-uuid"], "no-uuid"),
        ([], "--entity UUID or --record"),
        (["--entity", "01990000-0000-7000-8000-000000000000"], "no record is mapped"),
        (["--record", "crm:contacts:c1", "--lift"], "was not erased"),
    ):
        result = town.run("erase", *words)
        assert (result.exit_code, "Traceback" in result.output) == (2, False)
        assert said in result.output


def test_a_record_that_never_came_is_kept_out(town: House) -> None:
    town.json("erase", "--record", "crm:contacts:c9")
    town.take_rows("crm", "contacts", "person", [{**CRM[0], "id": "c9"}])
    with pytest.raises(NotFound), town.hub.engine.connect() as connection:
        from integrations_pipelines.resolution.explain import explain_record

        explain_record(connection, "crm", "contacts", "c9")
    assert sync.resolve(town.hub, ["person"])[0].touched == 0
