"""Must-show 6 of issue 3: tickets link to customers in a table of another data model; doubt waits in review."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integrations_pipelines import sync
from integrations_pipelines.registry import sources
from integrations_pipelines_tests.integration.cli.conftest import House

MANIFEST = """
system_type: desk
title: A support desk
base_url: https://desk.example
resources:
  users:
    entity_type: person
    request: {path: /users}
    records: data
    key: id
    pages: {type: single}
    attributes: {name: name, email: email}
  tickets:
    entity_type: ticket
    request: {path: /tickets}
    records: data
    key: id
    pages: {type: single}
    attributes: {subject: subject}
    relations:
      requester:
        - {to: users, key: user}
        - {kind: email, value: mail}
        - {kind: username, value: login}
      assignee: {kind: email, value: agent}
"""
ADA, GRACE, ALAN = (f"018f0000-0000-7000-8000-00000000000{n}" for n in (1, 2, 3))
TABLE = f"""
create schema shop;
create table shop.customers (uuid uuid primary key, email_address text, login text, full_name text, card text);
create index on shop.customers (lower(email_address));
insert into shop.customers values
  ('{ADA}', 'Ada@Engine.example', 'ada', 'Ada Lovelace', '4111'),
  ('{GRACE}', 'grace@navy.example', 'grace', 'Grace Hopper', '4222'),
  ('{ALAN}', null, 'alan', 'Alan Turing', '4333')
"""
BIND = ("domain", "bind", "customer", "--table", "shop.customers", "--uuid-column", "uuid",
        "--map", "email=email_address", "--map", "username=login", "--read-only")  # fmt: skip
DUMP = "select string_agg(c::text, '|' order by uuid) from shop.customers c"


def run_sql(house: House, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(str(house.settings.database_url), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def shop(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Give a database with a shop's customers in it, and a support desk."""
    folder = Path(str(house.settings.state_dir)) / "connectors"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "desk.yaml").write_text(MANIFEST)
    monkeypatch.setenv("INTEGRATIONS_CONNECTORS", str(folder))
    run_sql(house, TABLE)
    with house.hub.engine.begin() as connection:
        sources.add_source(connection, system_key="desk", system_type="desk", settings={})
    yield house


def tickets(house: House, *records: dict[str, Any]) -> None:
    house.take_records("desk", "tickets", [{"subject": "Help", **one} for one in records])


def customer_of(house: House, record: str, resource: str = "tickets") -> tuple[str | None, str] | None:
    """Return (target uuid, status) of a record's link into the domain, None where it has none."""
    rows = house.json("record-map", "list", "--system", "desk", "--resource", resource)["record_maps"]
    found = [
        (one["target_uuid"], one["map_status"])
        for one in rows
        if (one["target_domain"], one["source_record_id"]) == ("customer", record)
    ]
    return found[0] if found else None


def test_a_ticket_with_an_email_a_login_or_both_finds_its_customer(shop: House) -> None:
    before = run_sql(shop, DUMP)
    bound = shop.json(*BIND)
    assert bound["outcomes"]["new"] == 3
    tickets(
        shop,
        {"id": "1", "mail": "ADA@engine.example"},
        {"id": "2", "login": "alan"},
        {"id": "3", "mail": "grace@navy.example", "login": "grace"},
        {"id": "4", "mail": "nobody@else.example"},
        {"id": "5", "agent": "grace@navy.example"},
    )
    assert [customer_of(shop, key) for key in "12345"] == [
        (ADA, "mapped"), (ALAN, "mapped"), (GRACE, "mapped"), None, None,
    ]  # fmt: skip
    assert run_sql(shop, DUMP) == before


def test_a_ticket_that_points_at_two_customers_waits_in_review(shop: House) -> None:
    shop.json(*BIND)
    tickets(shop, {"id": "6", "mail": "ada@engine.example", "login": "grace"})
    assert customer_of(shop, "6") == (None, "review")
    (item,) = run_sql(shop, "select status, reason, evidence from resolution.review_item")
    assert item[:2] == ("open", "two rows of domain customer")
    assert item[2]["records"] == ["desk:tickets:6"]
    tickets(shop, {"id": "6", "login": "grace"})
    assert customer_of(shop, "6") == (GRACE, "mapped")


def test_a_person_who_calls_the_two_one_links_the_ticket(shop: House) -> None:
    shop.json(*BIND)
    tickets(shop, {"id": "6", "mail": "ada@engine.example", "login": "grace"})
    ((item,),) = run_sql(shop, "select uuid::text from resolution.review_item where status = 'open'")
    assert shop.run("review", "show", item).exit_code == 0
    assert shop.run("review", "accept", item, "--reason", "she married").exit_code == 0
    assert customer_of(shop, "6") == (ADA, "mapped")


def test_a_person_who_tells_the_two_apart_is_not_asked_again(shop: House) -> None:
    shop.json(*BIND)
    tickets(shop, {"id": "6", "mail": "ada@engine.example", "login": "grace"})
    ((item,),) = run_sql(shop, "select uuid::text from resolution.review_item where status = 'open'")
    assert shop.run("review", "reject", item, "--reason", "two people").exit_code == 0
    tickets(shop, {"id": "6", "mail": "ada@engine.example", "login": "grace", "subject": "Again"})
    assert customer_of(shop, "6") == (None, "review")
    assert run_sql(shop, "select status from resolution.review_item") == [("rejected",)]


def test_status_and_explain_know_links_into_domains(shop: House) -> None:
    shop.json(*BIND)
    tickets(shop, {"id": "1", "mail": "ada@engine.example"})
    mapping = shop.json("explain", "desk:tickets:1")["mapping"]
    assert {one["target_domain"]: one["decided_by"] for one in mapping}["customer"] == "requester by email"
    (status,) = [one for one in shop.json("status", "desk")["resources"] if one["resource"] == "tickets"]
    assert status["mapped"] == 1


def test_what_came_before_the_binding_is_linked_by_it(shop: House) -> None:
    tickets(shop, {"id": "1", "mail": "ada@engine.example"})
    assert customer_of(shop, "1") is None
    shop.json(*BIND)
    assert customer_of(shop, "1") == (ADA, "mapped")


def test_a_contact_is_the_customer_and_its_tickets_are_the_customers(shop: House) -> None:
    shop.json(*BIND)
    shop.take_records("desk", "users", [{"id": "u", "name": "Ada", "email": "ada@engine.example"}])
    tickets(shop, {"id": "1", "user": "u"})
    assert customer_of(shop, "u", "users") == (ADA, "mapped")
    assert customer_of(shop, "1") == (ADA, "mapped")


def test_a_change_in_the_table_is_picked_up(shop: House) -> None:
    shop.json(*BIND)
    tickets(shop, {"id": "4", "mail": "new@else.example"}, {"id": "2", "login": "alan"})
    run_sql(shop, f"update shop.customers set email_address = 'new@else.example' where uuid = '{GRACE}'")
    run_sql(shop, f"delete from shop.customers where uuid = '{ALAN}'")
    synced = shop.json("domain", "sync", "customer")
    assert {name: n for name, n in synced["outcomes"].items() if n} == {"changed": 1, "deleted": 1}
    assert customer_of(shop, "4") == (GRACE, "mapped")
    assert customer_of(shop, "2") is None


def test_a_look_at_an_unchanged_table_takes_nothing(shop: House) -> None:
    shop.json(*BIND)
    assert not any(shop.json("domain", "sync", "customer")["outcomes"].values())


def test_any_resolution_looks_at_the_table(shop: House) -> None:
    shop.json(*BIND)
    run_sql(shop, "update integrations.domain_binding set polled_at = polled_at - interval '1 hour'")
    run_sql(shop, f"update shop.customers set login = 'lovelace' where uuid = '{ADA}'")
    tickets(shop, {"id": "1", "login": "lovelace"})
    sync.resolve(shop.hub)
    assert customer_of(shop, "1") == (ADA, "mapped")


def test_only_columns_that_were_mapped_leave_the_table(shop: House) -> None:
    shop.json(*BIND)
    (landed,) = run_sql(shop, "select string_agg(payload::text, ' ') from staging_files.customer")
    assert "lovelace" not in str(landed).lower()
    assert "4111" not in str(landed)


def test_a_place_keeps_logins_of_other_places_out(shop: House) -> None:
    shop.json(*BIND, "--place", "elsewhere")
    tickets(shop, {"id": "2", "login": "alan"}, {"id": "1", "mail": "ada@engine.example"})
    assert customer_of(shop, "2") is None
    assert customer_of(shop, "1") == (ADA, "mapped")


def test_unbinding_takes_the_links_along_and_leaves_the_table(shop: House) -> None:
    before = run_sql(shop, DUMP)
    shop.json(*BIND)
    tickets(shop, {"id": "1", "mail": "ada@engine.example"})
    shop.json("domain", "unbind", "customer")
    assert customer_of(shop, "1") is None
    assert shop.json("domain", "list") == {"domains": []}
    assert run_sql(shop, DUMP) == before
    shop.json(*BIND)
    assert customer_of(shop, "1") == (ADA, "mapped")


def test_show_warns_of_a_missing_index(shop: House) -> None:
    assert shop.json(*BIND)["warnings"] == ["shop.customers: no index on login"]
    assert shop.json("domain", "show", "customer")["warnings"] == ["shop.customers: no index on login"]


BAD = (
    (("domain", "bind", "Customer", *BIND[3:]), "cannot name a domain"),
    ((*BIND[:4], "shop.nothing", *BIND[5:]), "no such table"),
    ((*BIND[:4], "integrations.record_map", *BIND[5:]), "one of our own"),
    ((*BIND[:6], "card", *BIND[7:]), "no uuids"),
    ((*BIND[:6], "nope", *BIND[7:]), "no column 'nope'"),
    ((*BIND, "--map", "phone=nope"), "no column 'nope'"),
    ((*BIND, "--map", "shoe=card"), "no attribute 'shoe'"),
    ((*BIND[:7], "--map", "name=full_name"), "nothing to link by"),
    ((*BIND, "--entity-type", "unicorn"), "unicorn"),
    (("domain", "show", "nope"), "nope"),
    (("domain", "sync", "nope"), "nope"),
    (("domain", "unbind", "nope"), "nope"),
)


def test_what_cannot_be_bound_is_named_in_one_line(shop: House) -> None:
    for words, named in BAD:
        result = shop.run(*words)
        assert (result.exit_code, named in result.stderr) == (2, True), result.output
        assert len(result.stderr.strip().splitlines()) == 1
    assert run_sql(shop, "select count(*) from integrations.domain_binding") == [(0,)]


def test_a_uuid_that_two_rows_have_cannot_be_bound(shop: House) -> None:
    run_sql(
        shop, "create view shop.twice as select * from shop.customers union all select * from shop.customers"
    )
    result = shop.run(*BIND[:4], "shop.twice", *BIND[5:])
    assert (result.exit_code, "is not unique" in result.stderr) == (2, True)


def test_a_type_of_the_organisation_s_own_can_be_bound(shop: House) -> None:
    shop.json("entity-type", "add", "vehicle")
    shop.json("entity-type", "add-attribute", "vehicle", "plate", "--kind", "identifier", "--identifies")
    run_sql(shop, f"create table shop.cars as select '{ADA}'::uuid as uuid, 'B-AB 12'::text as plate")
    shop.take_rows(
        "fleet", "cars", "vehicle", [{"id": "1", "plate": "B-AB 12"}, {"id": "2", "plate": "B-X 9"}]
    )
    done = shop.json(
        "domain", "bind", "car", "--table", "shop.cars", "--map", "plate=plate", "--entity-type", "vehicle"
    )
    assert done["outcomes"] == {"new": 1}, done
    maps = shop.json("record-map", "list", "--system", "fleet")["record_maps"]
    assert [
        (one["source_record_id"], one["target_uuid"]) for one in maps if one["target_domain"] == "car"
    ] == [("1", ADA)]
