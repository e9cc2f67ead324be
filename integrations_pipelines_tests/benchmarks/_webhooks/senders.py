"""Senders in a process of their own: raw HTTP over kept connections, each delivery signed, new, and timed.

    python -m integrations_pipelines_tests.benchmarks._webhooks.senders PORT PATH CONNECTIONS SECONDS RATE START

RATE 0: each connection sends as soon as it was answered; else so many a second over all, timed from when they were due.
Prints one line of JSON: {sent, seconds, statuses, p50_ms, p99_ms, longest_ms, sender_us}; the last is processor time of
this process a delivery, which no figure of the receiver's holds.
"""

import asyncio
import hashlib
import hmac
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, cast

import uvloop

from integrations_pipelines_tests.benchmarks._webhooks.events import SIZE, template
from integrations_pipelines_tests.integration.inbox.house import SECRET

_KEY = SECRET.encode()


class Source(Protocol):
    """Where connections get their deliveries from, and what they tell of the answers."""

    def next_request(self) -> Sequence[bytes]:
        """Return the next one, in pieces."""

    def answered(self, sender: "Sender", status: bytes, took: float) -> None:
        """Note an answer, and go on."""


class Sender(asyncio.Protocol):
    """One connection; it has one delivery under way at a time."""

    def __init__(self, crowd: Source) -> None:
        self._crowd = crowd
        self._due = 0.0
        self._left = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, due: float) -> None:
        """Send the next delivery, which was due at ``due``."""
        self._due = due
        assert self._transport is not None
        self._transport.writelines(self._crowd.next_request())

    def data_received(self, data: bytes) -> None:
        # An answer comes in two pieces, its head and its body.
        if data.startswith(b"HTTP/1.1"):
            self._crowd.answered(self, data[9:12], time.perf_counter() - self._due)


class Crowd:
    """All connections together."""

    def __init__(self, path: str, start: int) -> None:
        self._head = (
            f"POST {path} HTTP/1.1\r\nhost: bench\r\nx-github-event: issues\r\ncontent-length: {SIZE}\r\n"
        )
        self._before, self._after = template()
        self._number = start
        self.statuses: Counter[str] = Counter()
        self.took: list[float] = []
        self.until = 0.0
        self.idle: list[Sender] = []
        self.rate = 0.0

    def next_request(self) -> list[bytes]:
        """Return head and body of a delivery that was never sent before."""
        self._number += 1
        body = self._before + b"%020d" % self._number + self._after
        signature = hmac.digest(_KEY, body, hashlib.sha256).hex()
        head = f"{self._head}x-github-delivery: {self._number}\r\nx-hub-signature-256: sha256={signature}\r\n\r\n"
        return [head.encode(), body]

    def answered(self, sender: Sender, status: bytes, took: float) -> None:
        """Note an answer, and go on."""
        self.statuses[status.decode("latin-1")] += 1
        self.took.append(took)
        now = time.perf_counter()
        if now >= self.until:
            return
        if self.rate:
            self.idle.append(sender)
        else:
            sender.send(now)

    async def run(self, port: int, connections: int, seconds: float, rate: float) -> float:
        """Send for ``seconds``; return how long it took until the last answer."""
        loop = asyncio.get_running_loop()
        made = [
            await loop.create_connection(lambda: Sender(self), "127.0.0.1", port) for _ in range(connections)
        ]
        senders = [protocol for _, protocol in made]
        began = time.perf_counter()
        self.until, self.rate = began + seconds, rate
        if rate:
            self.idle = senders
            await self._pace(began)
        else:
            for sender in senders:
                sender.send(began)
            await asyncio.sleep(seconds)
        while sum(self.statuses.values()) < len(self.took) or time.perf_counter() < self.until + 0.2:
            await asyncio.sleep(0.01)
        return seconds

    async def _pace(self, began: float) -> None:
        sent = 0
        while (now := time.perf_counter()) < self.until:
            while sent < (now - began) * self.rate and self.idle:
                self.idle.pop().send(began + sent / self.rate)
                sent += 1
            # Below a millisecond uvloop asks again at once: a whole core of two, taken from those that are measured.
            await asyncio.sleep(0.002)


class Burst:
    """All of ``requests``, as fast as they are answered; each must be taken with 202."""

    def __init__(self, requests: Iterable[Sequence[bytes]]) -> None:
        self._left = deque(requests)
        self._open = 0
        self._done = asyncio.Event()

    def next_request(self) -> Sequence[bytes]:
        """Return one that was not sent before."""
        self._open += 1
        return self._left.popleft()

    def answered(self, sender: Sender, status: bytes, took: float) -> None:
        """Send the next one, if there is one left."""
        assert status == b"202", (status, took)
        self._open -= 1
        if self._left:
            sender.send(time.perf_counter())
        elif not self._open:
            self._done.set()

    async def run(self, port: int, connections: int) -> None:
        """Send them all over ``connections``; return after the last answer."""
        loop = asyncio.get_running_loop()
        made = [
            await loop.create_connection(lambda: Sender(self), "127.0.0.1", port) for _ in range(connections)
        ]
        for _, sender in made[: len(self._left)]:
            sender.send(time.perf_counter())
        async with asyncio.timeout(600):
            await self._done.wait()
        for transport, _ in made:
            transport.close()


def request(path: str, headers: Mapping[str, str], body: bytes) -> tuple[bytes, bytes]:
    """Return a delivery as it goes over the wire."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
    return head.encode(), body


def main() -> None:
    """Do what the words say."""
    port, path, connections, seconds, rate, start = sys.argv[1:]
    crowd, before = Crowd(path, int(start)), time.process_time()
    took = uvloop.run(crowd.run(int(port), int(connections), float(seconds), float(rate)))
    ordered = sorted(crowd.took)
    figures = {
        "sent": len(ordered),
        "seconds": took,
        "statuses": crowd.statuses,
        "p50_ms": round(ordered[len(ordered) // 2] * 1000, 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 2),
        "longest_ms": round(ordered[-1] * 1000, 2),
        "sender_us": round((time.process_time() - before) / len(ordered) * 1e6),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
