"""Deliveries into the inbox by the group: whoever waits at the same time shares one insert and one commit.

One insert a request costs a pool round trip and half an fsync each (webhooks.md, A5). Here a flusher takes what is
there, up to ``LARGEST`` rows sorted by key, and answers after the commit. Nobody waits for a timer.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, Literal

import orjson
import psycopg

from integrations_pipelines.errors import DatabaseUnavailable
from integrations_pipelines.inbox.arriving import Arrival
from integrations_pipelines.registry.inbox import STATEMENTS

Stored = Literal["stored", "duplicate", "revoked"]
Waiting = tuple[Arrival, "asyncio.Future[Stored]"]
LARGEST = 256
_TRIES, _SECONDS = 3, 15.0
_STORE = STATEMENTS.literal("store").encode()
_BEFORE = STATEMENTS.literal("stored_before").encode()


class Store:
    """The way into the inbox. ``start`` it in the loop that uses it, and ``stop`` it."""

    def __init__(self, url: str, *, flushers: int = 1, most_waiting: int = 2_000) -> None:
        """``most_waiting``: more than that is refused at once, so that a slow disk does not eat the memory."""
        self._url, self._flushers, self._most = url, flushers, most_waiting
        self._waiting: deque[Waiting] = deque()
        self._something = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to store."""
        self._tasks = [asyncio.create_task(self._flush()) for _ in range(self._flushers)]

    async def stop(self) -> None:
        """Store what waits, and end."""
        for _ in range(500):
            if not self._waiting:
                break
            await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def put(self, arrival: Arrival) -> Stored:
        """Return once ``arrival`` is committed, or was before, or its secret has been revoked meanwhile.

        Raise ``DatabaseUnavailable`` where the queue is full or PostgreSQL does not answer: it may be stored or not.
        """
        if len(self._waiting) >= self._most:
            raise DatabaseUnavailable("the inbox's queue is full", retry_after=2)
        answer: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, answer))
        self._something.set()
        return await answer

    async def _flush(self) -> None:
        connection: psycopg.AsyncConnection[Any] | None = None
        while True:
            await self._something.wait()
            batch = [self._waiting.popleft() for _ in range(min(LARGEST, len(self._waiting)))]
            if not self._waiting:
                self._something.clear()
            if not batch:
                continue
            try:
                async with asyncio.timeout(_SECONDS):
                    connection = connection or await _connected(self._url)
                    await _store(connection, batch)
            except (psycopg.Error, OSError, TimeoutError, asyncio.CancelledError) as error:
                _fail(batch, error)
                if connection is not None:
                    await connection.close()
                connection = None
                if isinstance(error, asyncio.CancelledError):
                    raise


async def _connected(url: str) -> "psycopg.AsyncConnection[Any]":
    return await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=3)


def _fail(batch: Sequence[Waiting], error: BaseException) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(DatabaseUnavailable(f"inbox: {type(error).__name__}", retry_after=5))


async def _store(connection: "psycopg.AsyncConnection[Any]", batch: Sequence[Waiting]) -> None:
    ordered = sorted(batch, key=lambda one: (one[0].source_system_id, one[0].delivery_key))
    try:
        await _store_all(connection, ordered)
    except (psycopg.errors.DataError, psycopg.errors.ProgramLimitExceeded) as error:
        if len(ordered) == 1:
            raise
        del error
        # One row that PostgreSQL cannot take must not fail its neighbours.
        for one in ordered:
            try:
                await _store_all(connection, [one])
            except psycopg.DatabaseError as fault:
                _fail([one], fault)


async def _store_all(connection: "psycopg.AsyncConnection[Any]", batch: Sequence[Waiting]) -> None:
    arrivals = [arrival for arrival, _ in batch]
    new = await _insert(connection, arrivals)
    left = []
    for arrival, answer in batch:
        key = (arrival.source_system_id, arrival.delivery_key)
        if key in new:
            new.remove(key)
            _tell(answer, "stored")
        else:
            left.append((arrival, answer))
    if left:
        before = await _stored_before(connection, [arrival for arrival, _ in left])
        for arrival, answer in left:
            is_there = (arrival.source_system_id, arrival.delivery_key) in before
            _tell(answer, "duplicate" if is_there else "revoked")


def _tell(answer: "asyncio.Future[Stored]", stored: Stored) -> None:
    if not answer.done():
        answer.set_result(stored)


async def _insert(
    connection: "psycopg.AsyncConnection[Any]", arrivals: Sequence[Arrival]
) -> set[tuple[int, str]]:
    rows, at = [], 1
    for one in arrivals:
        sent = one.sent_at.isoformat() if one.sent_at else None
        size = len(one.body)
        words = {"s": one.source_system_id, "k": one.delivery_key, "h": one.signed_hash.hex(), "t": sent}
        rows.append({**words, "v": one.secret_version_id, "e": one.headers, "o": at, "l": size})
        at += size
    values = {"rows": orjson.dumps(rows).decode(), "bodies": b"".join([one.body for one in arrivals])}
    for attempt in range(_TRIES):
        try:
            found = await (await connection.execute(_STORE, values)).fetchall()
            return {(source, key) for source, key, _ in found}
        except psycopg.errors.DeadlockDetected:
            # Two receivers, the same deliveries under exchanged ids: one of the two is through by now.
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


async def _stored_before(
    connection: "psycopg.AsyncConnection[Any]", arrivals: Sequence[Arrival]
) -> set[tuple[int, str]]:
    rows = await (await connection.execute(_BEFORE, _keys(arrivals))).fetchall()
    return {(source, key) for source, key in rows}


def _keys(arrivals: Sequence[Arrival]) -> dict[str, list[Any]]:
    return {
        "sources": [one.source_system_id for one in arrivals],
        "keys": [one.delivery_key for one in arrivals],
        "hashes": [one.signed_hash for one in arrivals],
    }
