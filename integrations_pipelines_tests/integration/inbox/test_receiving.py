"""The door, over real HTTP: what is let in, what is refused and how, and what the inbox holds afterwards."""

import gzip
import json
import statistics
import time
from base64 import b64encode
from collections.abc import Iterator
from uuid import uuid4

import pytest

from integrations_pipelines.draining import drain
from integrations_pipelines.registry.inbox import set_webhook_words
from integrations_pipelines.registry.packing import unpack
from integrations_pipelines.registry.sources import Source, set_active
from integrations_pipelines.sync import close, running_job
from integrations_pipelines.vault import SecretValue, revoke, set_credential
from integrations_pipelines_tests.integration.inbox.house import SECRET, House, github, member_changed, slack

BODY = json.dumps({"action": "opened", "issue": {"id": 1}}).encode()


def stored(house: House, source: Source) -> list[tuple[bytes, str, str]]:
    query = "select body, delivery_key, state from integrations.webhook_event where source_system_id = %s"
    return [(bytes(body), key, state) for body, key, state in house.rows(query, source.id)]


def test_a_good_delivery_is_stored_before_it_is_answered(house: House) -> None:
    source = house.add()
    answer = house.post(source, BODY, github(BODY, delivery="d-1"))
    assert answer.status_code == 202
    assert stored(house, source) == [(BODY, "d-1", "received")]


def test_a_long_body_is_packed_and_read_whole(house: House) -> None:
    source = house.add("slack")
    body = member_changed(77, 1_000, note="words of some length, " * 500)
    assert house.post(source, body, slack(body)).status_code == 202
    query = "select body, unpacked_size from integrations.webhook_event where source_system_id = %s"
    ((kept, size),) = house.rows(query, source.id)
    assert (size, len(kept) < size // 4, unpack(bytes(kept), size)) == (len(body), True, body)
    with running_job(house.hub, source.system_key, job_type="webhook") as job:
        pulled = drain(house.hub, job).pulled
        close(house.hub, job, pulled.values())
    assert pulled["users"].outcomes == {"new": 1}


def test_the_same_delivery_is_taken_once(house: House) -> None:
    source, headers = house.add(), github(BODY)
    assert [house.post(source, BODY, headers).status_code for _ in range(3)] == [202, 200, 200]
    assert len(stored(house, source)) == 1


def test_the_same_body_under_another_delivery_id_is_taken_once(house: House) -> None:
    source = house.add()
    assert [house.post(source, BODY, github(BODY)).status_code for _ in range(2)] == [202, 200]
    assert len(stored(house, source)) == 1


def test_a_bad_signature_is_counted_and_its_body_not_kept(house: House) -> None:
    source = house.add()
    assert house.post(source, BODY, github(BODY, secret="another")).status_code == 401
    assert house.post(source, BODY, {}).status_code == 401
    assert stored(house, source) == []
    deadline = time.monotonic() + 5
    found: list[tuple[object, ...]] = []
    while time.monotonic() < deadline and len(found) < 2:
        query = (
            "select reason, refused from integrations.webhook_refusal where source_system_id = %s order by 1"
        )
        found = house.rows(query, source.id)
    assert found == [("no_signature", 1), ("wrong_signature", 1)]


@pytest.mark.parametrize("path", ["01990000-0000-7000-8000-000000000000", "nobody", "", "%00", "x" * 300])
def test_an_address_that_nobody_has_is_404(house: House, path: str) -> None:
    assert house.post(path, BODY, github(BODY)).status_code == 404


def test_no_secret_means_no_acceptance(house: House) -> None:
    source = house.add(secret=None)
    assert house.post(source, BODY, github(BODY, secret="")).status_code == 401


def test_unsigned_is_taken_only_with_a_reason(house: House) -> None:
    source = house.add(secret=None)
    with house.hub.engine.begin() as connection:
        set_webhook_words(connection, source, {"allow_unsigned": " "})
    assert house.post(source, BODY, {}).status_code == 401
    with house.hub.engine.begin() as connection:
        set_webhook_words(connection, source, {"allow_unsigned": "on the intranet, behind mTLS"})
    assert house.post(source, BODY, {}).status_code == 202


def test_too_large_and_packed_bodies_are_refused(house: House) -> None:
    source = house.add("slack")
    large = b"x" * 1_048_577

    def chunks() -> Iterator[bytes]:
        yield from (large[:600_000], large[600_000:])

    assert house.post(source, large, slack(large)).status_code == 413
    counted = house.client.post(
        f"{house.address}/webhooks/{source.uuid}", content=chunks(), headers=slack(large)
    )
    assert counted.status_code == 413
    bomb = gzip.compress(b"\0" * 10_000_000)
    packed = {**slack(bomb), "content-encoding": "gzip"}
    assert house.post(source, bomb, packed).status_code == 415
    assert stored(house, source) == []


def test_another_method_is_405(house: House) -> None:
    answer = house.client.get(f"{house.address}/webhooks/{house.add().uuid}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_new_account_and_a_new_secret_are_known_at_once(house: House) -> None:
    for number in range(5):
        source = house.add()
        body = json.dumps({"number": number}).encode()
        assert house.post(source, body, github(body)).status_code == 202
        with house.hub.engine.begin() as connection:
            version = set_credential(
                connection, house.hub.keys, source.system_key, "webhook_secret", SecretValue("the next one")
            )
        assert house.post(source, BODY, github(BODY, secret="the next one")).status_code == 202
        # The former is accepted for its overlap, the revoked one never.
        other = body + b" "
        assert house.post(source, other, github(other)).status_code == 202
        with house.hub.engine.begin() as connection:
            revoke(connection, source.system_key, "webhook_secret", version)
        last = body + b"  "
        assert house.post(source, last, github(last, secret="the next one")).status_code == 401


def test_a_switched_off_account_still_keeps_what_comes_unless_its_operator_says_gone(house: House) -> None:
    source = house.add()
    with house.hub.engine.begin() as connection:
        set_active(connection, source, is_active=False)
    assert house.post(source, BODY, github(BODY)).status_code == 202
    with house.hub.engine.begin() as connection:
        set_webhook_words(connection, source, {"gone": True})
    time.sleep(0.6)
    assert house.post(source, BODY, github(BODY)).status_code == 410


def test_slacks_challenge_is_sent_back_only_if_it_is_signed(house: House) -> None:
    source = house.add("slack")
    body = json.dumps({"type": "url_verification", "challenge": "c-3eZbrw1aB"}).encode()
    answer = house.post(source, body, slack(body))
    assert (answer.status_code, answer.text) == (200, "c-3eZbrw1aB")
    assert house.post(source, body, slack(body, secret="another")).status_code == 401
    assert stored(house, source) == []


def test_an_old_and_an_early_delivery_are_refused(house: House) -> None:
    source = house.add("slack")
    for shift in (-600, 600):
        assert house.post(source, BODY, slack(BODY, at=time.time() + shift)).status_code == 401


def test_hubspots_public_address_is_signed_behind_a_proxy(house: House) -> None:
    import hashlib
    import hmac

    source = house.add("hubspot")
    stamp, body = str(int(time.time() * 1000)), b"[]"
    url = f"https://hub.example.com/webhooks/{source.uuid}?from=hubspot"
    message = b"POST" + url.encode() + body + stamp.encode()
    headers = {
        "x-hubspot-signature-v3": b64encode(
            hmac.new(SECRET.encode(), message, hashlib.sha256).digest()
        ).decode(),
        "x-hubspot-request-timestamp": stamp,
    }
    forwarded = {"x-forwarded-proto": "https", "x-forwarded-host": "hub.example.com"}
    path = f"{source.uuid}?from=hubspot"
    assert house.post(path, body, headers | forwarded).status_code == 202
    assert (
        house.post(path, body, headers | forwarded | {"x-forwarded-host": "other.example"}).status_code == 401
    )


def test_unknown_and_badly_signed_take_the_same_time(house: House) -> None:
    source = house.add()
    times: dict[str, list[float]] = {"unknown": [], "bad": []}
    for _ in range(12):
        for name, path in (("unknown", str(uuid4())), ("bad", str(source.uuid))):
            began = time.perf_counter()
            house.post(path, BODY, github(BODY, secret="another"))
            times[name].append(time.perf_counter() - began)
    unknown, bad = statistics.median(times["unknown"]), statistics.median(times["bad"])
    assert abs(unknown - bad) < 0.5 * max(unknown, bad)


def test_health_says_whether_the_database_answers(house: House) -> None:
    assert house.client.get(f"{house.address}/healthz").json() == {"status": "ok"}
    assert house.client.get(f"{house.address}/readyz").status_code == 200


def test_poison_is_answered_and_set_aside_and_those_behind_it_go_through(house: House) -> None:
    source = house.add("slack")
    deep = b'{"event_id":"deep","event":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    poison = [
        deep,
        member_changed(1, 5, name="NUL").replace(b'"NUL"', b'"a\\u0000b"'),
        member_changed(2, 5, name="HALF").replace(b'"HALF"', b'"\\ud800"'),
        member_changed(3, 5, big=int("9" * 40)),
        json.dumps({"event_id": "x" * 9_000, "event": {"type": "user_change"}}).encode(),
        b'{"event_id":"a\\u0000b","event":{"type":"user_change","user":null}}',
        b"\xff\xfe no JSON",
    ]
    good = member_changed(9, 7)
    statuses = [house.post(source, body, slack(body)).status_code for body in [*poison, good]]
    assert statuses == [202] * (len(poison) + 1)
    assert all(len(key) <= 255 for _, key, _ in stored(house, source))
    with running_job(house.hub, source.system_key, job_type="webhook") as job:
        done = drain(house.hub, job)
        close(house.hub, job, done.pulled.values())
    assert {state for _, _, state in stored(house, source)} == {"done", "dead"}
    mine = "select source_record_id from staging.source_record where source_system_id = %s order by 1"
    assert house.rows(mine, source.id) == [("U00003",), ("U00009",)]
    aside = "select count(*), count(payload) from integrations.quarantined_record where source_system_id = %s"
    assert house.rows(aside, source.id) == [(6, 6)]


def test_a_delivery_id_of_9_kilobytes_in_a_header_is_known_again(house: House) -> None:
    source, headers = house.add(), github(BODY, delivery="d" * 9_000)
    assert [house.post(source, BODY, headers).status_code for _ in range(2)] == [202, 200]
    assert stored(house, source)[0][1].startswith("sha256:")
