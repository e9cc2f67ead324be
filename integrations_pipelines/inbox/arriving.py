"""From a request to a verdict and, if it is good, to a row of the inbox. No I/O: whoever calls has the bytes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from integrations_pipelines.contract import BodyField, Challenge, HookSecret, KnownSecret, value_at
from integrations_pipelines.contract.webhooks import Told
from integrations_pipelines.inbox.doors import Door
from integrations_pipelines.inbox.reading import Delivery
from integrations_pipelines.inbox.verifying import Accepted, Secret, VerifyEd25519, verify

LONGEST_KEY = 255
"""Bytes. A B-tree takes no key of 9 kB; what is longer is replaced by its hash."""


class Arrival(NamedTuple):
    """A delivery that is to be stored. ``secret_version_id`` None: unsigned, by its operator's wish."""

    source_system_id: int
    delivery_key: str
    signed_hash: bytes
    secret_version_id: int | None
    sent_at: datetime | None
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Arrival(source_system_id={self.source_system_id}, delivery_key={self.delivery_key!r})"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is said at once and stored nowhere: a handshake. ``secret``: what was handed over, for the vault."""

    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Turned:
    """Not let in, for ``reason``: counted, and not kept."""

    reason: str


def judge(
    door: Door, delivery: Delivery, *, now: datetime, verify_ed25519: VerifyEd25519
) -> Arrival | Answer | Turned:
    """Return what is to be done with ``delivery`` at ``door``. Never raises."""
    if (answer := _handshake_before(door, delivery, now)) is not None:
        return answer
    keys = door.live(now)
    secrets = [key.secret for key in keys]
    verdict = verify(door.webhooks.scheme, secrets, delivery, now=now, verify_ed25519=verify_ed25519)
    if isinstance(verdict, Accepted):
        row = next(key.id for key in keys if key.secret.version == verdict.version)
        covers, sent_at = verdict.covers, verdict.sent_at
    elif door.unsigned:
        row, covers, sent_at = None, hashlib.sha256(delivery.body).digest(), None
    else:
        return Turned(reason=verdict.reason)
    if not _is_own(door, delivery):
        return Turned(reason="other_tenant")
    if (answer := _challenge(door, delivery)) is not None:
        return answer
    return Arrival(
        source_system_id=door.source_system_id,
        delivery_key=_key(door, delivery, covers),
        signed_hash=covers,
        secret_version_id=row,
        sent_at=sent_at,
        headers=_kept(door, delivery),
        body=delivery.body,
    )


def told(place: Told, headers: Mapping[str, str], body: Any) -> str:
    """Return the text or number at ``place``, "" where there is none. ``body`` is parsed."""
    found = value_at(body, place.path) if isinstance(place, BodyField) else headers.get(place.name.lower())
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def _handshake_before(door: Door, delivery: Delivery, now: datetime) -> Answer | None:
    for one in door.webhooks.handshakes:
        match one:
            case HookSecret(header=name):
                secret, until = delivery.headers.get(name.lower()), door.expects_secret_until
                if secret and until is not None and now < until:
                    return Answer(headers={name: secret}, secret=secret)
            case KnownSecret(secret=text):
                known = [Secret(version=0, text=text)]
                if isinstance(verify(door.webhooks.scheme, known, delivery, now=now), Accepted):
                    return Answer(body="this is a test call; nothing was stored")
            case Challenge():
                pass
    return None


def _challenge(door: Door, delivery: Delivery) -> Answer | None:
    for one in door.webhooks.handshakes:
        if isinstance(one, Challenge) and one.equals.encode() in delivery.body:
            body = _parsed(delivery.body)
            answer = value_at(body, one.answer)
            if value_at(body, one.path) == one.equals and isinstance(answer, str):
                return Answer(body=answer)
    return None


def _is_own(door: Door, delivery: Delivery) -> bool:
    tenant = door.webhooks.tenant
    if tenant is None or not door.tenant:
        return True
    body = _parsed(delivery.body) if isinstance(tenant.at, BodyField) else None
    return (
        told(tenant.at, delivery.headers, body).lower() == tenant.template.format(value=door.tenant).lower()
    )


def _key(door: Door, delivery: Delivery, covers: bytes) -> str:
    place = door.webhooks.delivery
    if place is None:
        return f"signed:{covers.hex()}"
    key = told(place, delivery.headers, _parsed(delivery.body) if isinstance(place, BodyField) else None)
    written = key.encode("utf-8", "surrogatepass")
    if not key:
        return f"signed:{covers.hex()}"
    # No column takes a NUL or half a character.
    is_plain = len(written) <= LONGEST_KEY and key.isprintable()
    return key if is_plain else f"sha256:{hashlib.sha256(written).hexdigest()}"


def _kept(door: Door, delivery: Delivery) -> dict[str, str]:
    given = delivery.headers
    return {
        name: given[name][:LONGEST_KEY].replace("\0", "")
        for name in door.webhooks.kept_headers
        if name in given
    }


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError:
        return None
