"""Must-show 2 of issue 3: two rows of a bound table in one component part the same way in any order, and are asked."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from integrations_pipelines_tests.integration.cli.conftest import House
from integrations_pipelines_tests.integration.cli.test_domains import BIND, run_sql, shop

__all__ = ["shop"]

TWIN, OTHER = "018f0000-0000-7000-8000-000000000009", "018f0000-0000-7000-8000-000000000008"
TOGETHER = "together they hold 2 values of external_id at domain-customer/customer, and an entity may hold 1"
PARTS = """
select string_agg(y.system_key || ':' || m.source_record_id, ' ' order by y.system_key, m.source_record_id)
from integrations.record_map m join integrations.source_system y on y.id = m.source_system_id
where m.target_domain = 'entities' group by m.target_uuid order by 1
"""
LINKS = """
select m.source_record_id, m.target_uuid::text, m.map_status from integrations.record_map m
where m.target_domain = 'customer' order by 1
"""
ASKED = """
select l.source_record_id, r.source_record_id, q.reason from resolution.review_item q
join staging.source_record l on l.id = q.left_record_id join staging.source_record r on r.id = q.right_record_id
where q.status = 'open' order by 1, 2, 3
"""


def table(house: House) -> None:
    rows = f"('{TWIN}', 'twin@x.example', 'twin', 'Ann Twin'), ('{OTHER}', 'twin@x.example', 'other', 'Ann Twin')"
    run_sql(house, f"insert into shop.customers (uuid, email_address, login, full_name) values {rows}")


def bind(house: House) -> None:
    house.json(*BIND)


def contact(house: House) -> None:
    house.take_records("desk", "users", [{"id": "u1", "name": "Ann Twin", "email": "twin@x.example"}])


def ended(house: House) -> list[list[Any]]:
    house.json("domain", "sync", "customer")
    return [run_sql(house, query) for query in (PARTS, LINKS, ASKED)]


@pytest.mark.parametrize("steps", [(table, bind, contact), (contact, bind, table)])
def test_two_rows_of_one_address_stay_two_and_are_asked_in_any_order(
    shop: House, steps: Sequence[Callable[[House], None]]
) -> None:
    for step in steps:
        step(shop)
    parts, links, asked = ended(shop)
    assert [one for (one,) in parts if "000008" in one or "000009" in one] == [
        f"desk:u1 domain-customer:{OTHER}",
        f"domain-customer:{TWIN}",
    ]
    assert links == [("u1", None, "review")]
    assert asked == [(OTHER, TWIN, "two rows of domain customer"), ("u1", TWIN, TOGETHER)]


def test_a_person_says_which_of_the_two_it_is(shop: House) -> None:
    for step in (table, bind, contact):
        step(shop)
    query = "select uuid::text from resolution.review_item where status = 'open' and reason like 'together%'"
    ((item,),) = run_sql(shop, query)
    shop.json("review", "reject", item, "--reason", "two customers")
    _, links, _ = ended(shop)
    assert links == [("u1", OTHER, "mapped")]


def test_what_is_surer_decides_between_two_rows(shop: House) -> None:
    more = [*BIND, "--map", "phone=card"]
    rows = f"('{TWIN}', 'one@x.example', '+493012345678'), ('{OTHER}', 'two@x.example', '+493012345678')"
    run_sql(shop, f"insert into shop.customers (uuid, email_address, card) values {rows}")
    shop.json(*more)
    shop.take_rows(
        "crm", "people", "person", [{"id": "c1", "email": "one@x.example", "phone": "+493012345678"}]
    )
    _, links, _ = ended(shop)
    assert links == [("c1", TWIN, "mapped")]
