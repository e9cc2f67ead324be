"""The verifier by property: no input makes it raise, and nothing that was not signed is accepted."""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations_pipelines.contract import read_scheme
from integrations_pipelines.contract.schemes import HUBSPOT_V3, SCHEMES, SHOPIFY_CALLBACK
from integrations_pipelines.contract.signatures import FirstOf, Scheme, SharedToken, Signature
from integrations_pipelines.errors import ContractError
from integrations_pipelines.inbox.reading import Delivery
from integrations_pipelines.inbox.verifying import Accepted, Refused, Secret, verify
from integrations_pipelines.vault import verify_ed25519

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
ALL = [*SCHEMES.values(), SHOPIFY_CALLBACK]
SECRETS = [
    Secret(version=1, text="new-secret"),
    Secret(version=2, text="whsec_" + b64encode(b"k" * 24).decode()),
]


def headers_of(scheme: Scheme) -> set[str]:
    if isinstance(scheme, FirstOf):
        return set().union(*(headers_of(one) for one in scheme.schemes))
    if isinstance(scheme, SharedToken):
        return {scheme.at.header}
    if not isinstance(scheme, Signature):
        return {"authorization"}
    timestamp = scheme.timestamp.at if scheme.timestamp else None
    return {one.header for one in (scheme.at, timestamp, scheme.id) if one is not None and one.header}


NAMES = sorted(set().union(*(headers_of(one) for one in ALL)))
# What real headers look like, and what attackers write in their place.
VALUES = st.one_of(
    st.text(st.characters(), max_size=80),
    st.sampled_from(
        ["", "t=,v1=", "v1,", "v1a," + "A" * 88, "sha256=", "sha1=é", "v0=" + "0" * 64, STAMP, "1e400"]
    ),
    st.builds(
        lambda stamp, text: f"t={stamp},v1={text}", st.sampled_from([STAMP, "x", "-1"]), st.text(max_size=70)
    ),
    st.binary(max_size=48).map(lambda raw: b64encode(raw).decode()),
    st.binary(max_size=48).map(lambda raw: f"v1,{b64encode(raw).decode()} v1a,{raw.hex()}"),
)


@settings(max_examples=300, deadline=None)
@given(
    scheme=st.sampled_from(ALL),
    body=st.binary(max_size=200)
    | st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")),
    headers=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=len(NAMES)),
    url=st.text(max_size=60) | st.sampled_from(["http://[", "https://h/?hmac=%zz&timestamp=" + STAMP]),
    method=st.text(max_size=8),
)
def test_nothing_raises_and_nothing_unsigned_is_accepted(
    scheme: Scheme, body: bytes, headers: dict[str, str], url: str, method: str
) -> None:
    delivery = Delivery(body=body, headers=headers, url=url, method=method)
    for secrets in ([], [Secret(version=0, text="")], SECRETS):
        verdict = verify(scheme, secrets, delivery, now=NOW, verify_ed25519=verify_ed25519)
        assert isinstance(verdict, Refused)


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=300), at=st.integers(0, 300), flip=st.integers(1, 255))
def test_one_changed_byte_is_refused(body: bytes, at: int, flip: int) -> None:
    signature = hmac.new(b"new-secret", f"{STAMP}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"stripe-signature": f"t={STAMP},v1={signature}"}
    good = verify(SCHEMES["stripe"], SECRETS, Delivery(body=body, headers=headers), now=NOW)
    assert isinstance(good, Accepted)
    changed = bytearray(body or b"\0")
    changed[at % len(changed)] ^= flip
    if bytes(changed) != body:
        bad = verify(SCHEMES["stripe"], SECRETS, Delivery(body=bytes(changed), headers=headers), now=NOW)
        assert bad == Refused(reason="wrong_signature")


def test_it_says_which_secret_matched() -> None:
    for secret in (Secret(version=4, text="old"), Secret(version=5, text="new")):
        signature = hmac.new(secret.text.encode(), b"{}", hashlib.sha256).hexdigest()
        delivery = Delivery(body=b"{}", headers={"x-hub-signature-256": f"sha256={signature}"})
        both = [Secret(version=5, text="new"), Secret(version=4, text="old")]
        verdict = verify(SCHEMES["github"], both, delivery, now=NOW)
        assert isinstance(verdict, Accepted)
        assert verdict.version == secret.version


def hubspot(url: str, signed_url: str, body: bytes = b"[]") -> Delivery:
    stamp = str(int(NOW.timestamp() * 1000))
    message = b"POST" + signed_url.encode() + body + stamp.encode()
    signature = b64encode(hmac.new(b"new-secret", message, hashlib.sha256).digest()).decode()
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}
    return Delivery(body=body, headers=headers, url=url)


def test_hubspot_signs_the_public_address_with_its_escapes_read() -> None:
    called = "https://hub.example/webhooks/u?to=a%40b.example&q=%20x"
    assert isinstance(verify(HUBSPOT_V3, SECRETS, hubspot(called, called), now=NOW), Accepted)
    decoded = "https://hub.example/webhooks/u?to=a@b.example&q=%20x"
    assert isinstance(verify(HUBSPOT_V3, SECRETS, hubspot(called, decoded), now=NOW), Accepted)
    other = "http://127.0.0.1:8000/webhooks/u?to=a%40b.example&q=%20x"
    assert isinstance(verify(HUBSPOT_V3, SECRETS, hubspot(other, called), now=NOW), Refused)


def test_a_failed_signature_is_not_saved_by_a_weaker_scheme() -> None:
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": STAMP,
        "webhook-signature": "v1,AAAA",
        "x-gitlab-token": "new-secret",
    }
    delivery = Delivery(body=b"{}", headers=headers)
    assert isinstance(verify(SCHEMES["gitlab"], SECRETS, delivery, now=NOW), Refused)
    alone = Delivery(body=b"{}", headers={"x-gitlab-token": "new-secret"})
    assert isinstance(verify(SCHEMES["gitlab"], SECRETS, alone, now=NOW), Accepted)


def linear(stamp: Any) -> Delivery:
    body = json.dumps({"action": "update", "webhookTimestamp": stamp}).encode()
    return Delivery(
        body=body, headers={"linear-signature": hmac.new(b"new-secret", body, hashlib.sha256).hexdigest()}
    )


@pytest.mark.parametrize(
    ("stamp", "reason"),
    [
        (int(NOW.timestamp() * 1000) - 9 * 3_600_000, "too_old"),
        (int(NOW.timestamp() * 1000) + 9 * 3_600_000, "too_new"),
        (None, "malformed"),
        (True, "malformed"),
        ("9" * 40, "malformed"),
    ],
)
def test_linears_time_is_read_from_the_signed_body(stamp: Any, reason: str) -> None:
    assert verify(SCHEMES["linear"], SECRETS, linear(stamp), now=NOW) == Refused(reason=reason)
    now = int(NOW.timestamp() * 1000)
    assert isinstance(verify(SCHEMES["linear"], SECRETS, linear(now), now=NOW), Accepted)


def test_basic_and_shared_tokens_are_compared_whole() -> None:
    login = Secret(version=1, text="hub:pass")
    given = {"authorization": f"Basic {b64encode(b'hub:pass').decode()}"}
    assert isinstance(
        verify(SCHEMES["pipedrive"], [login], Delivery(body=b"", headers=given), now=NOW), Accepted
    )
    short = {"authorization": f"Basic {b64encode(b'hub:pas').decode()}"}
    assert isinstance(
        verify(SCHEMES["pipedrive"], [login], Delivery(body=b"", headers=short), now=NOW), Refused
    )


def test_the_same_signed_parts_are_known_again_under_other_headers() -> None:
    signature = "sha256=" + hmac.new(b"new-secret", b"{}", hashlib.sha256).hexdigest()
    seen = []
    for guid in ("a", "b"):
        headers = {"x-hub-signature-256": signature, "x-github-delivery": guid}
        verdict = verify(SCHEMES["github"], SECRETS, Delivery(body=b"{}", headers=headers), now=NOW)
        assert isinstance(verdict, Accepted)
        seen.append(verdict.covers)
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    "words",
    [
        {"header": "X-Sig", "signed": "{timestamp}.{body}"},
        {"header": "X-Sig", "signed": "{nothing}"},
        {"header": "X-Sig", "signed": "v1"},
        {"header": "X-Sig", "algorithm": "md5"},
        {"header": "X-Sig", "algorithm": "sha256"},
        {"header": "X-Sig", "colour": "red"},
        {"kind": "magic", "header": "X-Sig"},
        {"signed": "{body}"},
        {"header": "X-Sig", "timestamp": {"header": "X-Time", "tolerance_seconds": "5"}},
    ],
)
def test_a_manifests_scheme_that_cannot_be_right_is_named(words: dict[str, Any]) -> None:
    with pytest.raises(ContractError):
        read_scheme(words)


def test_verification_takes_microseconds() -> None:
    body = b"x" * 11_600
    signature = "sha256=" + hmac.new(b"new-secret", body, hashlib.sha256).hexdigest()
    delivery = Delivery(body=body, headers={"x-hub-signature-256": signature})
    started = time.process_time()
    for _ in range(1000):
        verify(SCHEMES["github"], SECRETS[:1], delivery, now=NOW)
    assert time.process_time() - started < 0.5
