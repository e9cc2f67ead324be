"""Deliveries into the inbox by the group: whoever waits at the same time shares one insert and one commit.

One insert a request costs a pool round trip and half an fsync each (webhooks.md, A5). Here a flusher takes what is
there, up to ``LARGEST`` rows sorted by key, and answers after the commit. Who comes alone waits for no timer; where
there were several a moment ago, a few wait a millisecond for company.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Literal

import psycopg

from integrations_pipelines.api.inserting import Key, connected, insert, key_of
from integrations_pipelines.errors import DatabaseUnavailable
from integrations_pipelines.inbox.arriving import Arrival
from integrations_pipelines.registry.inbox import STATEMENTS

LOG = logging.getLogger(__name__)
Stored = Literal["stored", "duplicate", "revoked"]
Outcome = Stored | DatabaseUnavailable
Tell = Callable[[Outcome], None]
LARGEST = 256
_COMPANY, _MOMENT = 16, 0.001
_SECONDS = 15.0
_BEFORE = STATEMENTS.literal("stored_before").encode()


class Waiting:
    """A delivery that is to be stored, and who is told of it: once."""

    __slots__ = ("_tell", "arrival")

    def __init__(self, arrival: Arrival, tell: Tell) -> None:
        self.arrival = arrival
        self._tell: Tell | None = tell

    def tell(self, outcome: Outcome) -> None:
        """Say what came of it, unless that was said already."""
        tell, self._tell = self._tell, None
        try:
            if tell is not None:
                tell(outcome)
        except Exception as error:  # noqa: BLE001 - one connection's fault must not stop those behind it
            LOG.warning("a sender could not be told: %s", type(error).__name__)


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

    def offer(self, arrival: Arrival, tell: Tell) -> None:
        """Have ``tell`` called once ``arrival`` is committed, or was before, or its secret has been revoked meanwhile.

        It is told ``DatabaseUnavailable`` where PostgreSQL does not answer: it may be stored or not. Raise that where
        the queue is full.
        """
        if len(self._waiting) >= self._most:
            raise DatabaseUnavailable("the inbox's queue is full", retry_after=2)
        self._waiting.append(Waiting(arrival, tell))
        self._something.set()

    async def put(self, arrival: Arrival) -> Stored:
        """Return what ``offer`` tells. Raise ``DatabaseUnavailable`` as it does, and where it tells that."""
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.offer(arrival, lambda outcome: None if answer.done() else answer.set_result(outcome))
        outcome = await answer
        if isinstance(outcome, DatabaseUnavailable):
            raise outcome
        return outcome

    async def _flush(self) -> None:
        connection: psycopg.AsyncConnection[Any] | None = None
        before = 0
        while True:
            await self._something.wait()
            if before > 1 and len(self._waiting) < _COMPANY:
                # More were there a moment ago: waiting this long for them costs less than a commit of one's own.
                await asyncio.sleep(_MOMENT)
            batch = [self._waiting.popleft() for _ in range(min(LARGEST, len(self._waiting)))]
            if not self._waiting:
                self._something.clear()
            before = len(batch)
            if not batch:
                continue
            try:
                async with asyncio.timeout(_SECONDS):
                    connection = connection or await connected(self._url)
                    await _store(connection, batch)
            except (psycopg.Error, OSError, TimeoutError, asyncio.CancelledError) as error:
                _fail(batch, error)
                if connection is not None:
                    await connection.close()
                connection = None
                if isinstance(error, asyncio.CancelledError):
                    raise


def _fail(batch: Sequence[Waiting], error: BaseException) -> None:
    for one in batch:
        one.tell(DatabaseUnavailable(f"inbox: {type(error).__name__}", retry_after=5))


async def _store(connection: "psycopg.AsyncConnection[Any]", batch: Sequence[Waiting]) -> None:
    ordered = sorted(batch, key=lambda one: key_of(one.arrival))
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
    new = await insert(connection, [one.arrival for one in batch])
    left = []
    for one in batch:
        key = key_of(one.arrival)
        if key in new:
            new.remove(key)
            one.tell("stored")
        else:
            left.append(one)
    if left:
        before = await _stored_before(connection, [one.arrival for one in left])
        for one in left:
            one.tell("duplicate" if key_of(one.arrival) in before else "revoked")


async def _stored_before(connection: "psycopg.AsyncConnection[Any]", arrivals: Sequence[Arrival]) -> set[Key]:
    rows = await (await connection.execute(_BEFORE, _keys(arrivals))).fetchall()
    return {(source, key) for source, key in rows}


def _keys(arrivals: Sequence[Arrival]) -> dict[str, list[Any]]:
    return {
        "sources": [one.source_system_id for one in arrivals],
        "keys": [one.delivery_key for one in arrivals],
        "hashes": [one.signed_hash for one in arrivals],
    }
