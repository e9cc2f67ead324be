"""Webhooks of Zendesk, Shopify and GitHub into the corridor: hints lead to the record as it is, or to its end."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.contract import Header, Tenant
from integrations_pipelines.draining import drain
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.registry.sources import Source, source_of
from integrations_pipelines.settings import Settings
from integrations_pipelines.sync import close, running_job
from integrations_pipelines.vault import SecretValue, set_credential
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.inbox.house import add_account
from integrations_pipelines_tests.integration.inbox.test_draining import RECORDS, drained, put, rows


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    with open_hub(settings, str(settings.database_url)) as opened:
        yield opened


def account(hub: Hub, system_type: str, credential: str, **config: str) -> Source:
    """Connect an account with a made-up credential."""
    source = add_account(hub, system_type, **config)
    with hub.engine.begin() as connection:
        set_credential(connection, hub.keys, source.system_key, credential, SecretValue("made-up-token"))
        return source_of(connection, source.system_key)


def zendesk(kind: str, number: int) -> bytes:
    """Return an event webhook of Zendesk's."""
    said = {"id": str(number), "updated_at": "2026-11-22T07:00:00Z"}
    event = {"type": f"zen:event-type:{kind}", "time": "2026-11-22T07:00:01Z", "detail": said, "event": {}}
    return json.dumps({**event, "id": f"e{kind}{number}", "zendesk_event_version": "2022-11-06"}).encode()


def test_zendesk_s_events_lead_to_the_record_as_it_is(hub: Hub, http_server: ScriptedServer) -> None:
    def answer(asked: Request) -> Response:
        kind, _, name = asked.path.strip("/").partition("/")
        number = name.removesuffix(".json")
        if number == "404":
            return Response(status=404)
        record = {"id": int(number), "name": f"{kind} {number}", "updated_at": "2026-11-22T07:00:00Z"}
        return Response.of_json({kind[:-1]: {**record, "active": True}})

    http_server.handler = answer
    desk = account(
        hub, "zendesk", "api_token", base_url=http_server.url, subdomain="acme", email="a@acme.example"
    )
    put(
        hub,
        desk,
        *(zendesk("user.name_changed", n) for n in (1, 1, 2, 404)),
        zendesk("organization.created", 7),
    )
    assert drained(hub, desk).pulled["users"].outcomes == {"new": 2, "deleted": 1}
    put(hub, desk, zendesk("user.deleted", 2), zendesk("user.last_login_changed", 1))
    drained(hub, desk)
    assert rows(hub, RECORDS) == [
        ("1", "users 1", False),
        ("2", "users 2", True),
        ("404", None, True),
        ("7", "organizations 7", False),
    ]


def test_what_came_later_does_not_hide_that_events_before_it_failed(
    hub: Hub, http_server: ScriptedServer
) -> None:
    def answer(asked: Request) -> Response:
        record = {"id": 2, "name": "users 2", "updated_at": "2026-11-22T07:00:00Z", "active": True}
        return Response(status=401) if asked.path == "/users/1.json" else Response.of_json({"user": record})

    http_server.handler = answer
    words = {"base_url": http_server.url, "subdomain": "acme", "email": "a@acme.example"}
    desk = account(hub, "zendesk", "api_token", **words)
    put(hub, desk, *(zendesk("user.name_changed", n) for n in (1, 2)))
    with running_job(hub, desk.system_key, job_type="webhook") as job:
        done = drain(hub, job, most=1)
        close(hub, job, done.pulled.values())
    assert (done.events, done.pulled["users"].status) == ({"later": 1, "done": 1}, "failed")
    assert rows(hub, "select status from integrations.import_job") == [("failed",)]


def shop_answers(asked: Request) -> Response:
    """Answer GraphQL's question for a customer: number 404 is none."""
    gid = asked.json()["variables"]["id"]
    number = gid.rpartition("/")[2]
    one = {"id": gid, "displayName": f"Customer {number}", "updatedAt": "2026-11-22T07:00:00Z"}
    return Response.of_json({"data": {"customer": None if number == "404" else one}})


@pytest.fixture
def shop(hub: Hub, http_server: ScriptedServer) -> Source:
    http_server.handler = shop_answers
    return account(hub, "shopify", "token", base_url=http_server.url, shop="acme")


def told(hub: Hub, shop: Source, topic: str, body: dict[str, Any]) -> None:
    put(hub, shop, json.dumps(body).encode(), x_shopify_topic=topic)


def test_shopify_s_bodies_say_which_record_and_no_more(hub: Hub, shop: Source) -> None:
    for number in (1, 2, 404):
        told(hub, shop, "customers/update", {"id": number, "email": "stale@acme.example"})
    # The topic is signed by nobody: what is said to be deleted is asked for, and lives.
    told(hub, shop, "customers/delete", {"id": 1})
    assert drained(hub, shop).pulled["customers"].outcomes == {"new": 2, "deleted": 1}
    assert rows(hub, RECORDS) == [
        ("gid://shopify/Customer/1", "Customer 1", False),
        ("gid://shopify/Customer/2", "Customer 2", False),
        ("gid://shopify/Customer/404", None, True),
    ]


def test_customers_that_shopify_merged_are_one(hub: Hub, shop: Source) -> None:
    for number in (1, 2):
        told(hub, shop, "customers/create", {"id": number})
    drained(hub, shop)
    kept, lost = "gid://shopify/Customer/1", "gid://shopify/Customer/2"
    body = {"admin_graphql_api_customer_kept_id": kept, "admin_graphql_api_customer_deleted_id": lost}
    told(hub, shop, "customers/merge", body)
    drained(hub, shop)
    maps = "select count(distinct target_uuid), count(*) from integrations.record_map"
    assert rows(hub, maps) == [(1, 2)]
    assert rows(hub, "select message from integrations.sync_log where event_type = 'record.merged'") == [
        (f"{shop.system_key}:customers:{lost} was merged into {kept} at the third party",)
    ]


def test_a_transferred_issue_leads_to_the_one_that_it_became(hub: Hub, http_server: ScriptedServer) -> None:
    def answer(asked: Request) -> Response:
        number = int(asked.path.rpartition("/")[2])
        issue = {"id": 1000 + number, "number": number, "title": f"Issue {number}", "state": "open"}
        return Response.of_json({**issue, "updated_at": "2026-11-22T07:00:00Z"})

    http_server.handler = answer
    forge = account(hub, "github", "token", base_url=http_server.url)
    old = {"id": 5, "full_name": "acme/old"}
    issue = {
        "id": 1001,
        "number": 1,
        "title": "Issue 1",
        "state": "open",
        "updated_at": "2026-11-22T06:00:00Z",
    }
    opened = {"action": "opened", "issue": issue, "repository": old}
    put(hub, forge, json.dumps(opened).encode(), x_github_event="issues")
    drained(hub, forge)
    changes = {"new_issue": {"id": 1009, "number": 9}, "new_repository": {"id": 6, "full_name": "acme/new"}}
    moved = {"action": "transferred", "issue": issue, "repository": old, "changes": changes}
    put(hub, forge, json.dumps(moved).encode(), x_github_event="issues")
    drained(hub, forge)
    records = "select source_record_id, is_deleted from staging.source_record order by 1"
    assert rows(hub, records) == [("1001", True), ("1009", False)]
    one = "select count(distinct target_uuid) from integrations.record_map where target_uuid is not null"
    assert rows(hub, one) == [(1,)]


def test_another_shop_s_deliveries_are_not_ours() -> None:
    shopify = connector_of("shopify").webhooks
    assert shopify is not None
    expected = Tenant(
        at=Header(name="x-shopify-shop-domain"), setting="shop", template="{value}.myshopify.com"
    )
    assert shopify.tenant == expected
