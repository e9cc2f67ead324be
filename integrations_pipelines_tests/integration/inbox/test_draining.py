"""From the inbox to the entities: what events say is taken in order, once, and what cannot be read is set aside."""

import json
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from integrations_pipelines.draining import Drained, drain
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.registry.packing import pack
from integrations_pipelines.registry.sources import Source, source_of
from integrations_pipelines.settings import Settings
from integrations_pipelines.sync import close, resolve, running_job
from integrations_pipelines.vault import SecretValue, set_credential
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.inbox.house import add_account, member_changed


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    assert settings.database_url is not None
    with open_hub(settings, settings.database_url) as hub:
        yield hub


def put(hub: Hub, source: Source, *bodies: bytes, **headers: str) -> None:
    """Put deliveries into the inbox as if they had been received."""
    kept = json.dumps({k.replace("_", "-"): v for k, v in headers.items()})
    with psycopg.connect(hub.url) as connection:
        for body in bodies:
            connection.execute(
                "insert into integrations.webhook_event"
                " (source_system_id, delivery_key, signed_hash, headers, body, unpacked_size) values"
                " (%s, gen_random_uuid()::text, sha256(%s || gen_random_uuid()::text::bytea), %s, %s, %s)",
                (source.id, body, kept, *pack(body)),
            )


def drained(hub: Hub, source: Source) -> Drained:
    with running_job(hub, source.system_key, job_type="webhook") as job:
        done = drain(hub, job)
        close(hub, job, done.pulled.values())
    resolve(hub, sorted({one.entity_type for one in done.pulled.values()}))
    return done


def rows(hub: Hub, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(hub.url) as connection:
        return connection.execute(query.encode()).fetchall()


RECORDS = """select source_record_id, attributes->>'name', is_deleted from staging.source_record order by 1"""


def test_events_are_mapped_and_a_stale_one_changes_nothing(hub: Hub) -> None:
    source = add_account(hub, "slack")
    newer = member_changed(1, 2_000, profile={"real_name": "New Name", "email": "n@acme.example"})
    put(hub, source, member_changed(1, 1_000), newer)
    assert drained(hub, source).events == {"done": 2}
    put(hub, source, member_changed(1, 1_500))
    assert drained(hub, source).pulled["users"].outcomes == {"stale": 1}
    assert rows(hub, RECORDS) == [("U00001", "New Name", False)]
    assert rows(hub, "select count(*) from integrations.record_map where target_uuid is not null") == [(1,)]


def test_what_cannot_be_read_is_set_aside_and_those_behind_it_go_through(hub: Hub) -> None:
    source = add_account(hub, "slack")
    poison = [
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b"not json at all \xff\xfe",
        member_changed(2, 5, name="with a \\u0000 in it").replace(b"\\\\u0000", b"\\u0000"),
        member_changed(3, 5, name="half: HALF").replace(b"HALF", b"\\ud800"),
        member_changed(4, 5, big=int("9" * 40)),
        b'{"event":{"type":"user_change","user":{"id":{"not":"a key"}}}}',
        b'{"event":{"type":"user_change"}}',
        b"[]",
    ]
    put(hub, source, *poison, member_changed(9, 7))
    done = drained(hub, source)
    assert sum(done.events.values()) == len(poison) + 1
    assert done.events["dead"] == 2
    assert [row[0] for row in rows(hub, RECORDS)] == ["U00004", "U00009"]
    aside = (
        "select resource, count(*), count(payload) from integrations.quarantined_record group by 1 order by 1"
    )
    assert rows(hub, aside) == [("users", 4, 4), ("webhooks", 2, 2)]
    assert rows(
        hub, "select count(*) from integrations.webhook_event where state in ('received', 'leased')"
    ) == [(0,)]
    big = "select payload->>'big' from staging_slack.users where source_record_id = 'U00004'"
    assert rows(hub, big) == [("9" * 40,)]


def hubspot(kind: str, number: int, **words: Any) -> dict[str, Any]:
    return {"subscriptionType": kind, "objectId": number, "occurredAt": int(time.time() * 1000), **words}


def said(*events: dict[str, Any]) -> bytes:
    """Return a body as HubSpot sends it: a batch."""
    return json.dumps(events).encode()


def contact(number: int, updated: str = "2026-11-22T07:00:00Z") -> dict[str, Any]:
    properties = {"email": f"c{number}@acme.example", "firstname": f"Given{number}", "lastname": "Family"}
    return {
        "id": str(number),
        "properties": properties,
        "createdAt": updated,
        "updatedAt": updated,
        "archived": False,
    }


@pytest.fixture
def crm(hub: Hub, http_server: ScriptedServer) -> Source:
    """Give a HubSpot account whose records are asked for at a server of ours; 404 is for number 404."""

    def answer(asked: Request) -> Response:
        if asked.path.startswith("/crm/v4/associations/"):
            of = [{"from": one, "to": [{"toObjectId": 7}]} for one in asked.json()["inputs"]]
            return Response.of_json({"status": "COMPLETE", "results": of})
        number = asked.path.rpartition("/")[2]
        return Response(status=404) if number == "404" else Response.of_json(contact(int(number)))

    http_server.handler = answer
    source = add_account(hub, "hubspot", base_url=http_server.url)
    with hub.engine.begin() as connection:
        set_credential(connection, hub.keys, source.system_key, "token", SecretValue("made-up-token"))
        return source_of(connection, source.system_key)


def test_many_hints_at_one_record_cost_one_request(
    hub: Hub, crm: Source, http_server: ScriptedServer
) -> None:
    hints = [hubspot("contact.propertyChange", 7, propertyName=f"p{n}") for n in range(40)]
    put(hub, crm, *(said(*some) for some in (hints[:20], hints[20:], [hubspot("contact.creation", 8)])))
    done = drained(hub, crm)
    # One for each record, and one for the associations of both.
    assert [asked.method for asked in http_server.requests] == ["GET", "GET", "POST"]
    assert done.pulled["contacts"].outcomes == {"new": 2}


def test_deletes_merges_and_what_is_gone_end_a_record(hub: Hub, crm: Source) -> None:
    put(hub, crm, said(*(hubspot("contact.creation", n) for n in (1, 2, 3, 5))))
    drained(hub, crm)
    merge = {"primaryObjectId": 2, "mergedObjectIds": [3], "newObjectId": 2}
    told = [
        hubspot("contact.deletion", 1),
        hubspot("contact.propertyChange", 404),
        hubspot("contact.merge", 2, **merge),
    ]
    put(hub, crm, said(*told, hubspot("contact.privacyDeletion", 5)))
    drained(hub, crm)
    found = {key: deleted for key, _, deleted in rows(hub, RECORDS)}
    assert found == {"1": True, "2": False, "3": True, "404": True}
    one = (
        "select count(distinct target_uuid) from integrations.record_map where source_record_id in ('2', '3')"
    )
    assert rows(hub, one) == [(1,)]
    assert rows(hub, "select count(*) from staging_hubspot.contacts where source_record_id = '5'") == [(0,)]


def test_a_third_party_that_is_away_costs_a_wait_and_no_event(
    hub: Hub, crm: Source, http_server: ScriptedServer
) -> None:
    http_server.handler = lambda _: Response(status=401)
    put(hub, crm, said(hubspot("contact.creation", 1)))
    assert drained(hub, crm).events == {"later": 1}
    waiting = "select state, attempts, next_try_at > now(), note is not null from integrations.webhook_event"
    assert rows(hub, waiting) == [("received", 1, True, True)]


def test_a_refused_record_does_not_keep_the_others_back(
    hub: Hub, crm: Source, http_server: ScriptedServer
) -> None:
    good = http_server.handler
    http_server.handler = lambda asked: Response(status=400) if asked.path.endswith("/6") else good(asked)
    put(hub, crm, said(*(hubspot("contact.creation", n) for n in (6, 7))))
    assert drained(hub, crm).pulled["contacts"].outcomes == {"quarantined": 1, "new": 1}


def test_an_id_cannot_lead_to_another_address(hub: Hub, crm: Source, http_server: ScriptedServer) -> None:
    evil = ["../../settings/v3/users", "..", "7?x=1", "{token}"]
    put(hub, crm, said(*(hubspot("contact.creation", 0, objectId=one) for one in evil)))
    drained(hub, crm)
    asked = [one.path for one in http_server.requests]
    assert all(path.startswith("/crm/v3/objects/contacts/") and path.count("/") == 5 for path in asked), asked


def test_what_a_dead_run_had_in_hand_is_worked_on_by_the_next(hub: Hub) -> None:
    source = add_account(hub, "slack")
    put(hub, source, member_changed(1, 1_000))
    with psycopg.connect(hub.url) as connection:
        connection.execute(
            "update integrations.webhook_event set state = 'leased', lease_until = now() + interval '1h'"
        )
    assert drained(hub, source).events == {"done": 1}


def test_two_runs_do_not_work_on_one_inbox(hub: Hub) -> None:
    source = add_account(hub, "slack")
    put(hub, source, member_changed(1, 1_000))
    from integrations_pipelines.registry import inbox

    with running_job(hub, source.system_key, job_type="webhook") as other, inbox.emptying(other):
        assert drained(hub, source) == Drained()


def test_an_uninstalled_app_switches_the_account_off(hub: Hub) -> None:
    source = add_account(hub, "slack")
    put(hub, source, b'{"event": {"type": "app_uninstalled"}}')
    drained(hub, source)
    assert rows(hub, "select is_active from integrations.source_system") == [(False,)]


def test_hints_of_stripe_are_asked_for_anew_and_a_deleted_object_is_gone(
    hub: Hub, http_server: ScriptedServer
) -> None:
    """Stripe answers for a deleted customer too, with nothing but that it is deleted."""

    def answer(asked: Request) -> Response:
        number = asked.path.removeprefix("/v1/customers/")
        told = {"id": number, "object": "customer", "name": f"Customer {number}", "created": 1_700_000_000}
        return Response.of_json({**told, "deleted": True} if number == "cus_2" else told)

    http_server.handler = answer
    source = add_account(hub, "stripe", base_url=http_server.url)
    with hub.engine.begin() as connection:
        set_credential(connection, hub.keys, source.system_key, "api_key", SecretValue("made-up-key"))

    def told(number: int, kind: str) -> bytes:
        inside = {"object": {"id": f"cus_{number}", "object": "customer"}}
        return json.dumps({"id": f"evt_{number}", "type": kind, "data": inside}).encode()

    put(hub, source, told(1, "customer.created"), told(2, "customer.updated"), told(3, "customer.updated"))
    drained(hub, source)
    here = [("cus_1", "Customer cus_1", False), ("cus_3", "Customer cus_3", False)]
    assert rows(hub, RECORDS) == [here[0], ("cus_2", None, True), here[1]]
    put(hub, source, told(3, "customer.deleted"))
    drained(hub, source)
    assert [is_deleted for _, _, is_deleted in rows(hub, RECORDS)] == [False, True, True]
