"""Outgoing webhooks: signed as the standard's own library checks it, tried again, given up, and never sent inside."""

import uuid
from typing import Any

import pytest
from sqlalchemy import Connection, text
from standardwebhooks import Webhook

from integrations_pipelines.egress import AddressRefused
from integrations_pipelines.hub import Hub
from integrations_pipelines.outbound import add_subscription, deliver_due, remove_subscription
from integrations_pipelines.outbound.subscribing import KEEPER
from integrations_pipelines.registry import feed
from integrations_pipelines.settings import get_settings
from integrations_pipelines.vault import SecretValue, set_credential
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.feed.conftest import add_entity


def deliver(hub: Hub) -> int:
    return deliver_due(hub)


def change(hub: Hub, name: str = "ada") -> str:
    with hub.engine.begin() as connection:
        return add_entity(connection, name)


def subscription(hub: Hub, uuid: uuid.UUID) -> feed.SubscriptionRow:
    with hub.engine.begin() as connection:
        return feed.subscriptions(connection, uuid)[0]


def make_due(hub: Hub) -> None:
    with hub.engine.begin() as connection:
        connection.execute(text("update integrations.delivery set next_try_at = now()"))


def checked(request: Request, secret: str) -> Any:
    return Webhook(secret).verify(request.body, dict(request.headers))


def test_a_change_is_delivered_signed_and_once(hub: Hub, http_server: ScriptedServer) -> None:
    http_server.handler = lambda _: Response(status=204)
    change(hub, "before anybody asked")
    name, secret = add_subscription(hub, http_server.url, ["record.mapped"])
    entity = change(hub)
    assert (deliver(hub), deliver(hub)) == (1, 0)
    (request,) = http_server.requests
    said = checked(request, secret)
    assert said["type"] == "record.mapped"
    (told,) = said["data"]["changes"]
    assert (told["source_record_id"], told["target_uuid"]) == ("ada", entity)
    assert subscription(hub, name).pending == 0


def test_a_change_that_is_placed_while_messages_are_made_is_told_too(
    hub: Hub, http_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    http_server.handler = lambda _: Response(status=204)
    _, secret = add_subscription(hub, http_server.url, ["record.mapped"])
    read, names = feed._changes, iter(["placed meanwhile"])

    def place() -> None:
        with hub.engine.begin() as connection:
            feed.place_new_ones(connection)

    def read_beside_others(connection: Connection, *where: Any, **words: Any) -> list[feed.ChangeRow]:
        found = read(connection, *where, **words)
        for name in names:
            change(hub, name)
            place()
        return found

    change(hub, "there before")
    place()
    monkeypatch.setattr(feed, "_changes", read_beside_others)
    deliver(hub), deliver(hub)
    told = [one for request in http_server.requests for one in checked(request, secret)["data"]["changes"]]
    assert [one["source_record_id"] for one in told] == ["there before", "placed meanwhile"]


def test_a_failed_delivery_comes_again_with_the_same_id_and_then_is_dead(
    hub: Hub, http_server: ScriptedServer
) -> None:
    http_server.handler = lambda _: Response(status=500)
    name, secret = add_subscription(hub, http_server.url, ["entity.created"])
    change(hub)
    for _ in range(12):
        deliver(hub)
        make_due(hub)
    assert len(http_server.requests) == 10
    assert len({request.headers["webhook-id"] for request in http_server.requests}) == 1
    state = subscription(hub, name)
    assert (state.dead, state.last_error) == (1, "HTTP 500")
    http_server.handler = lambda _: Response(status=200)
    with hub.engine.begin() as connection:
        assert feed.redeliver(connection, name) == 1
    assert deliver(hub) == 1
    checked(http_server.requests[-1], secret)


def test_an_endpoint_that_is_gone_is_told_no_more_until_it_is_asked_for(
    hub: Hub, http_server: ScriptedServer
) -> None:
    http_server.handler = lambda _: Response(status=410)
    name, _ = add_subscription(hub, http_server.url, [])
    change(hub)
    deliver(hub)
    assert subscription(hub, name).state == "disabled"
    change(hub, "joan")
    make_due(hub)
    assert deliver(hub) == 0


def test_a_redirect_is_a_failure_and_is_not_followed(hub: Hub, http_server: ScriptedServer) -> None:
    http_server.handler = lambda _: Response(status=307, headers={"location": f"{http_server.url}/else"})
    add_subscription(hub, http_server.url + "/here", ["entity.created"])
    change(hub)
    deliver(hub)
    assert [request.path for request in http_server.requests] == ["/here"]


def test_while_a_secret_is_replaced_both_sign(hub: Hub, http_server: ScriptedServer) -> None:
    http_server.handler = lambda _: Response(status=200)
    name, old = add_subscription(hub, http_server.url, ["entity.created"])
    new = "whsec_" + "bmV3" * 11
    with hub.engine.begin() as connection:
        set_credential(connection, hub.keys, KEEPER, str(name), SecretValue(new))
    change(hub)
    deliver(hub)
    for secret in (old, new):
        checked(http_server.requests[0], secret)


def test_a_removed_endpoint_is_told_nothing(hub: Hub, http_server: ScriptedServer) -> None:
    name, _ = add_subscription(hub, http_server.url, [])
    change(hub)
    remove_subscription(hub, name)
    assert deliver(hub) == 0
    assert http_server.requests == []


def test_addresses_inside_are_refused_when_asked_for_and_again_when_called(
    hub: Hub, http_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _ = add_subscription(hub, http_server.url, [])
    monkeypatch.setenv("INTEGRATIONS_ALLOWED_NETWORKS", "192.0.2.0/24")
    get_settings.cache_clear()
    for url in (http_server.url, "https://169.254.169.254/", "https://10.1.2.3/", "ftp://example.org/"):
        with pytest.raises(AddressRefused):
            add_subscription(hub, url, [])
    change(hub)
    deliver(hub)
    assert http_server.requests == []
    assert "not public" in str(subscription(hub, name).last_error)
