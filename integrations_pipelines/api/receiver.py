"""``POST /webhooks/{source system uuid}``: raw bytes, verified, stored once, committed, and only then 202.

A plain ASGI application: a route with parsed parameters costs three times as much (webhooks.md, A5).
Status codes and their reasons: docs/reference/webhooks.md. Our own trouble is 503, never 4xx: some third parties never
try a 4xx again.
"""

import json
import logging
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from http import HTTPStatus
from typing import Any

from integrations_pipelines.api.doors import Doors
from integrations_pipelines.api.storing import Outcome, Store
from integrations_pipelines.contract import Webhooks
from integrations_pipelines.contract.schemes import GITHUB
from integrations_pipelines.contract.webhooks import MEBIBYTE
from integrations_pipelines.errors import DatabaseUnavailable, Later
from integrations_pipelines.inbox.arriving import Answer, Arrival, Turned, judge
from integrations_pipelines.inbox.doors import Door, DoorKey
from integrations_pipelines.inbox.reading import Delivery
from integrations_pipelines.inbox.verifying import Secret
from integrations_pipelines.vault import verify_ed25519

LOG = logging.getLogger(__name__)
PREFIX = "/webhooks/"
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
TakeReply = Callable[["Reply | None"], None]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What goes back."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def messages(self) -> tuple[MutableMapping[str, Any], MutableMapping[str, Any]]:
        """What ASGI is told, start and body: made once for the replies that are constants."""
        body = self.body.encode("utf-8", "replace")
        kind = b"application/json" if body.startswith(b"{") else b"text/plain; charset=utf-8"
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        headers += [
            (name.lower().encode(), value.encode("latin-1", "replace"))
            for name, value in self.headers.items()
        ]
        start = {"type": "http.response.start", "status": self.status, "headers": headers}
        return start, {"type": "http.response.body", "body": body}

    @cached_property
    def written(self) -> bytes:
        """All of it as HTTP/1.1, for a connection that is kept."""
        start, body = self.messages
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}".encode()]
        lines += [name + b": " + value for name, value in start["headers"]]
        return b"\r\n".join([*lines, b"", body["body"]])


class _Left(Exception):
    """The sender went away before its body was there."""


class _TooLarge(Exception):
    """More bytes than the source system takes."""


# What stands where no source system is: it is asked like a real one, so that both take the same time.
_NOBODY = Door(
    source_system_id=0,
    system_key="",
    webhooks=Webhooks(scheme=GITHUB, type=(), events=()),
    keys=(DoorKey(id=0, secret=Secret(version=0, text=os.urandom(32).hex())),),
    largest_body=MEBIBYTE,
)
_ACCEPTED = Reply(status=202)  # without a body: a second write costs as much as the signature
_DUPLICATE = Reply(status=200, body='{"status":"duplicate"}')
_REFUSED = Reply(status=401, body='{"error":"the signature does not verify"}')
_UNKNOWN = Reply(status=404, body='{"error":"there is no such address"}')
_GONE = Reply(status=410, body='{"error":"no more webhooks are wanted here"}')


class Receiver:
    """The ASGI application. ``public_url``: where third parties reach us; None: as the request says."""

    def __init__(self, doors: Doors, store: Store, *, public_url: str | None) -> None:
        self._doors, self._store = doors, store
        self._public_url = public_url.rstrip("/") if public_url else None
        self.refused: Counter[tuple[int, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            reply = await self._answer(scope, receive)
        except Later as error:
            reply = _trouble(error.retry_after)
        except _Left:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it is ours: the sender has to try again
            LOG.warning("a delivery could not be taken: %s", type(error).__name__)
            reply = _trouble(None)
        for message in reply.messages:
            await send(message)

    def awaits(self, path: str, length: str) -> bool:
        """Return whether a body of ``length`` bytes, posted to ``path``, may be handed to ``take``."""
        try:
            door = self._doors.get(path[len(PREFIX) :].lower()) or _NOBODY
        except Later:
            return False
        return length.isascii() and length.isdigit() and len(length) < 20 and _fits(door, int(length))

    def take(self, path: str, headers: Mapping[str, str], body: bytes, answer: TakeReply) -> None:
        """Have ``answer`` called once, with the reply to a delivery; None: it is for ``__call__`` to say.

        Never raises. What is refused here by doors that were read before it came is judged again there.
        """
        try:
            known = self._doors.get(path[len(PREFIX) :].lower())
            door = known or _NOBODY
            delivery = Delivery(body=body, headers=headers)
            outcome = judge(door, delivery, now=datetime.now(UTC), verify_ed25519=verify_ed25519)
            if known is None or known.is_gone or not isinstance(outcome, Arrival):
                answer(None)
            else:
                self._store.offer(outcome, partial(_told, answer))
        except Later as error:
            answer(_trouble(error.retry_after))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is ours: the sender has to try again
            LOG.warning("a delivery could not be taken: %s", type(error).__name__)
            answer(_trouble(None))

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        if scope["method"] != "POST":
            return Reply(status=405, body='{"error":"webhooks are posted"}', headers={"allow": "POST"})
        came = time.monotonic()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        known = self._doors.get(scope["path"][len(PREFIX) :].lower())
        door = known or _NOBODY
        if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            return Reply(status=415, body='{"error":"send the body as it is, without a content encoding"}')
        try:
            body = await _read(receive, headers, door.largest_body)
        except _TooLarge:
            return _too_large(door.largest_body)
        url = self._url(scope, headers) if door.reads_url else ""
        done = await self._try(known, Delivery(body=body, headers=headers, url=url))
        if done is None:
            # Refused by doors that were read before it came: a secret set a moment ago has to be known.
            await self._doors.read_since(came)
            known = self._doors.get(scope["path"][len(PREFIX) :].lower())
            delivery = Delivery(body=body, headers=headers, url=self._url(scope, headers))
            done = await self._try(known, delivery, is_last=True)
        return done or (_REFUSED if known else _UNKNOWN)

    async def _try(self, known: Door | None, delivery: Delivery, *, is_last: bool = False) -> Reply | None:
        door = known or _NOBODY
        if door.is_gone:
            return _GONE
        outcome = judge(door, delivery, now=datetime.now(UTC), verify_ed25519=verify_ed25519)
        match outcome:
            case Arrival():
                return await self._stored(outcome, is_last=is_last) if known is not None else None
            case Turned(reason=reason):
                if is_last and known is not None:
                    self.refused[door.source_system_id, reason] += 1
                return None
            case Answer():
                if outcome.secret is not None:
                    await self._doors.take_secret(door, outcome.secret)
                return Reply(status=200, body=outcome.body, headers=outcome.headers)

    async def _stored(self, arrival: Arrival, *, is_last: bool) -> Reply | None:
        match await self._store.put(arrival):
            case "stored":
                return _ACCEPTED
            case "duplicate":
                return _DUPLICATE
            case "revoked":
                if is_last:
                    self.refused[arrival.source_system_id, "revoked_secret"] += 1
                return None

    def _url(self, scope: Scope, headers: Mapping[str, str]) -> str:
        # What the sender called. A forged header changes what is verified, never what is accepted: it is signed.
        proto = headers.get("x-forwarded-proto", scope.get("scheme", "http")).split(",")[0].strip()
        host = headers.get("x-forwarded-host", headers.get("host", "")).split(",")[0].strip()
        base = self._public_url or f"{proto}://{host}"
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope.get("query_string", b"")
        return base + path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")


async def _read(receive: Receive, headers: Mapping[str, str], largest: int) -> bytes:
    """Return the body, counted as it comes. Raise ``_TooLarge`` as soon as that is sure."""
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > largest:
        raise _TooLarge
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Left
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > largest:
            raise _TooLarge
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _fits(door: Door, length: int) -> bool:
    return length <= door.largest_body and not door.reads_url


def _told(answer: TakeReply, outcome: Outcome) -> None:
    match outcome:
        case "stored":
            answer(_ACCEPTED)
        case "duplicate":
            answer(_DUPLICATE)
        case "revoked":
            answer(None)
        case DatabaseUnavailable():
            answer(_trouble(outcome.retry_after))


def _too_large(largest: int) -> Reply:
    return Reply(status=413, body=json.dumps({"error": f"the body is larger than {largest} bytes"}))


def _trouble(retry_after: float | None) -> Reply:
    seconds = str(max(1, int(retry_after or 5)))
    return Reply(status=503, body='{"error":"try again later"}', headers={"retry-after": seconds})
