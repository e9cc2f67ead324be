"""Handshakes and tenants, judged without a network."""

import hashlib
import hmac
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from integrations_pipelines.contract import Header, HookSecret, KnownSecret, Tenant, Webhooks
from integrations_pipelines.contract.schemes import ASANA, SCHEMES, SHOPIFY, SHOPIFY_CALLBACK, ZENDESK
from integrations_pipelines.inbox.arriving import Answer, Arrival, Turned, judge
from integrations_pipelines.inbox.doors import Door, DoorKey
from integrations_pipelines.inbox.reading import Delivery
from integrations_pipelines.inbox.verifying import Secret
from integrations_pipelines.vault import verify_ed25519

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
KEY = DoorKey(id=3, secret=Secret(version=1, text="made-up"))


def door(webhooks: Webhooks, **words: object) -> Door:
    plain = Door(source_system_id=1, system_key="k", webhooks=webhooks, keys=(KEY,), largest_body=1000)
    return replace(plain, **words)  # type: ignore[arg-type] # the fields that the test names


def judged(at: Door, delivery: Delivery) -> Arrival | Answer | Turned:
    return judge(at, delivery, now=NOW, verify_ed25519=verify_ed25519)


def test_asana_hands_over_its_secret_only_while_one_is_expected() -> None:
    asana = Webhooks(scheme=ASANA, type=(), events=(), handshakes=(HookSecret(header="X-Hook-Secret"),))
    handshake = Delivery(body=b"", headers={"x-hook-secret": "from-asana"})
    assert judged(door(asana), handshake) == Turned(reason="no_signature")
    late = door(asana, expects_secret_until=NOW - timedelta(seconds=1))
    assert judged(late, handshake) == Turned(reason="no_signature")
    answer = judged(door(asana, expects_secret_until=NOW + timedelta(minutes=1)), handshake)
    assert answer == Answer(headers={"X-Hook-Secret": "from-asana"}, secret="from-asana")


def zendesk(secret: str) -> Delivery:
    stamp, body = "2026-11-22T08:00:00Z", b"{}"
    signature = b64encode(hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).digest()).decode()
    return Delivery(
        body=body,
        headers={
            "x-zendesk-webhook-signature": signature,
            "x-zendesk-webhook-signature-timestamp": stamp,
        },
    )


def test_zendesks_test_call_is_answered_and_never_stored() -> None:
    words = Webhooks(scheme=ZENDESK, type=(), events=(), handshakes=(KnownSecret(secret="known to all"),))
    assert isinstance(judged(door(words), zendesk("known to all")), Answer)
    assert isinstance(judged(door(words), zendesk("made-up")), Arrival)
    assert judged(door(words), zendesk("another")) == Turned(reason="wrong_signature")


def test_a_header_that_names_another_tenant_is_refused() -> None:
    tenant = Tenant(at=Header(name="X-Shopify-Shop-Domain"), setting="shop")
    shop = door(Webhooks(scheme=SHOPIFY, type=(), events=(), tenant=tenant), tenant="mine.myshopify.com")
    signature = b64encode(hmac.new(b"made-up", b"{}", hashlib.sha256).digest()).decode()
    for name, kind in (("mine.myshopify.com", Arrival), ("other.myshopify.com", Turned), ("", Turned)):
        headers = {"x-shopify-hmac-sha256": signature, "x-shopify-shop-domain": name}
        assert isinstance(judged(shop, Delivery(body=b"{}", headers=headers)), kind)


def test_a_key_counts_until_its_end_and_no_moment_longer() -> None:
    ends = DoorKey(id=1, secret=KEY.secret, valid_until=NOW)
    assert not ends.opens(NOW)
    assert ends.opens(NOW - timedelta(microseconds=1))


def test_the_address_is_read_by_the_schemes_that_sign_it_and_by_no_other() -> None:
    every = {**SCHEMES, "a shop's callback": SHOPIFY_CALLBACK}
    doors = {name: door(Webhooks(scheme=scheme, type=(), events=())) for name, scheme in every.items()}
    reading = {name for name, one in doors.items() if one.reads_url}
    assert reading == {"hubspot-v2", "hubspot-v3", "a shop's callback"}
