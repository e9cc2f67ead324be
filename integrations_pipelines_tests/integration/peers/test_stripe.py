"""Stripe against localstripe (PyPI), a stateful server that no one here wrote, run as a process."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.contract import EventStream, Request
from integrations_pipelines.staging import Account, Limits, Unit
from integrations_pipelines.staging.fetch import fetch
from integrations_pipelines_tests.peers import localstripe_on_loopback
from integrations_pipelines_tests.peers.processes import running

KEY = "sk_test_12345"
LIMITS = Limits(wait_seconds=5, attempts=3)
STRIPE = connector_of("stripe")


@pytest.fixture(scope="module")
def stripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    script = str(localstripe_on_loopback.__file__)
    with (
        running(lambda port: [sys.executable, script, str(port)], tmp_path_factory.mktemp("stripe")) as url,
        httpx.Client(base_url=url, auth=(KEY, ""), timeout=60, trust_env=False) as client,
    ):
        yield client


class Key:
    def reveal(self, name: str) -> str:
        return KEY


def account(stripe: httpx.Client) -> Account:
    return Account(
        source_system=UUID(int=1),
        system_key="billing",
        connector=STRIPE,
        config={"base_url": str(stripe.base_url)},
        credentials=Key(),
    )


def made(stripe: httpx.Client, kind: str, **values: Any) -> str:
    return str(stripe.post(f"/v1/{kind}", data=values).raise_for_status().json()["id"])


def states(units: list[Unit]) -> dict[str, bool]:
    return {row["source_record_id"]: row["is_deleted"] for unit in units for row in unit.rows.to_pylist()}


def test_the_ids_are_the_seeded_ones_after_changes_and_deletes_too(stripe: httpx.Client) -> None:
    people = [made(stripe, "customers", email=f"p{n}@acme.example", name=f"Person {n}") for n in range(130)]
    product = made(stripe, "products", name="Plan", type="service")
    plan = made(
        stripe, "plans", amount=1000, currency="eur", interval="month", product=product, nickname="Monthly"
    )
    subscribed = [
        made(stripe, "subscriptions", **{"customer": one, "items[0][plan]": plan, "trial_period_days": 30})
        for one in people[:5]
    ]
    assert _ids(stripe, "customers") == set(people)
    assert _ids(stripe, "products") == {product}
    assert _ids(stripe, "subscriptions") == set(subscribed)
    for one in people[100:110]:
        stripe.delete(f"/v1/customers/{one}").raise_for_status()
    stripe.post(f"/v1/customers/{people[0]}", data={"name": "Changed"}).raise_for_status()
    new = made(stripe, "customers", email="new@acme.example")
    assert _ids(stripe, "customers") == {*people[:100], *people[110:], new}


def _ids(stripe: httpx.Client, name: str) -> set[str]:
    units = list(fetch(account(stripe), STRIPE.resource(name), full=True, limits=LIMITS))
    assert units[-1].complete
    return set(states(units))


def test_a_deletion_is_read_from_the_events(stripe: httpx.Client) -> None:
    customers = STRIPE.resource("customers")
    assert isinstance(customers.changes, EventStream)
    # localstripe knows ``type`` and not ``types[]``.
    events = replace(
        customers.changes, request=Request(path="/v1/events", params={"type": "customer.deleted"})
    )
    one, other = (
        made(stripe, "customers", email="a@x.example"),
        made(stripe, "customers", email="b@x.example"),
    )
    units = list(fetch(account(stripe), customers, limits=LIMITS))
    assert {one, other} <= set(states(units))
    stripe.delete(f"/v1/customers/{other}").raise_for_status()
    resource = replace(customers, changes=events)
    found = states(list(fetch(account(stripe), resource, cursor=units[-1].cursor, limits=LIMITS)))
    assert (found[other], one in found) == (True, False)
