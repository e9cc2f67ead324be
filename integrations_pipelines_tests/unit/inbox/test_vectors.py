"""Every published vector of every vendor: accepted or refused as it says, by schemes that are data."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

import pytest

from integrations_pipelines.contract import read_scheme
from integrations_pipelines.contract.schemes import SCHEMES, SHOPIFY_CALLBACK
from integrations_pipelines.contract.signatures import Scheme
from integrations_pipelines.inbox.reading import Delivery
from integrations_pipelines.inbox.verifying import Accepted, Refused, Secret, verify
from integrations_pipelines.vault import verify_ed25519
from integrations_pipelines_tests.shared_data import shared_data

# A manifest's words: what an old capture of Zendesk's page said, the body first.
LEGACY = read_scheme(
    {
        "header": "X-Zendesk-Webhook-Signature",
        "encoding": "base64",
        "signed": "{body}{timestamp}",
        "timestamp": {"header": "X-Zendesk-Webhook-Signature-Timestamp", "unit": "iso"},
    }
)
BY_NAME: Mapping[str, Scheme] = {
    "github-sha256": SCHEMES["github"],
    "slack-v0": SCHEMES["slack"],
    "standard-webhooks-v1": SCHEMES["standard-webhooks"],
    "standard-webhooks-v1a": SCHEMES["standard-webhooks"],
    "hubspot-v1": SCHEMES["hubspot-v1"],
    "hubspot-v2": SCHEMES["hubspot-v2"],
    "hubspot-v3": SCHEMES["hubspot-v3"],
    "pagerduty-v1": SCHEMES["pagerduty"],
    "stripe-v1": SCHEMES["stripe"],
    "shopify-base64": SCHEMES["shopify"],
    "shopify-oauth-query": SHOPIFY_CALLBACK,
    "websub-sha256": SCHEMES["jira"],
    "zendesk": SCHEMES["zendesk"],
    "zendesk-legacy-order": LEGACY,
}


def vectors() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shared_data("webhook-vectors.json").read_text())
    return found


def body_of(vector: Mapping[str, Any]) -> bytes:
    if "body" in vector:
        return str(vector["body"]).encode()
    name = PurePosixPath(vector["body_file"].split()[-1])
    return shared_data(f"webhook-payloads/bitbucket-server/{name.name}").read_bytes()


def delivery_of(vector: Mapping[str, Any]) -> Delivery:
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    if vector["scheme"] == "shopify-oauth-query":
        url = f"https://hub.example/callback?{vector['body']}&hmac={vector['expected']}"
        return Delivery(body=b"", headers=headers, url=url, method="GET")
    return Delivery(
        body=body_of(vector),
        headers=headers,
        url=vector.get("url", ""),
        method=vector.get("method", "POST"),
    )


def moment_of(vector: Mapping[str, Any]) -> datetime:
    if vector["vendor"] == "zendesk":
        return datetime(2021, 7, 25, 10, 0, 30, tzinfo=UTC)
    return datetime.fromtimestamp(vector.get("now", 1337178173), UTC)


def verdict_on(vector: Mapping[str, Any], **changed: Any) -> Accepted | Refused:
    given = {
        "scheme": BY_NAME[vector["scheme"]],
        "secret": vector.get("public_key", vector["secret"]),
        "delivery": delivery_of(vector),
        "now": moment_of(vector),
        **changed,
    }
    secrets = [Secret(version=7, text=given["secret"])]
    return verify(
        given["scheme"], secrets, given["delivery"], now=given["now"], verify_ed25519=verify_ed25519
    )


def test_every_vector_is_accepted_or_refused_as_it_says() -> None:
    found = vectors()
    wrong = {
        vector["name"]: verdict
        for vector in found
        if isinstance(verdict := verdict_on(vector), Accepted) is bool(vector.get("expect_reject"))
    }
    assert not wrong
    assert len(found) >= 44


def test_no_vector_is_accepted_with_another_secret_or_body() -> None:
    for vector in vectors():
        other = "whpk_" + "A" * 43 + "=" if "public_key" in vector else vector["secret"] + "A"
        assert isinstance(verdict_on(vector, secret=other), Refused), vector["name"]
        delivery = delivery_of(vector)
        changed = Delivery(
            body=delivery.body + b" ",
            headers=delivery.headers,
            url=delivery.url + "&x=1",
            method=delivery.method,
        )
        assert isinstance(verdict_on(vector, delivery=changed), Refused), vector["name"]


def test_a_time_window_ends_on_both_sides() -> None:
    timed = [one for one in vectors() if "now" in one and not one.get("expect_reject")]
    assert len(timed) >= 7
    for vector in timed:
        for far in (timedelta(minutes=-7), timedelta(minutes=7), timedelta(days=3650)):
            assert isinstance(verdict_on(vector, now=moment_of(vector) + far), Refused), vector["name"]


def test_zendesk_takes_the_live_order_only() -> None:
    legacy = next(one for one in vectors() if one["scheme"] == "zendesk-legacy-order")
    assert verdict_on(legacy, scheme=SCHEMES["zendesk"]) == Refused(reason="wrong_signature")


@pytest.mark.parametrize("name", ["bitbucket-server"])
def test_bodies_that_are_files_are_among_them(name: str) -> None:
    assert [one for one in vectors() if one["vendor"] == name and "body_file" in one]
