"""The one insert of the inbox, prepared once a connection and sent through libpq: a batch is one round trip.

psycopg's cursors cost a batch as much processor time as ten signatures: they read the statement again, and make an
object of every field that comes back. The connection is psycopg's, and so is the waiting.
"""

from collections.abc import Sequence
from typing import Any

import orjson
import psycopg
from psycopg import errors, generators, pq

from integrations_pipelines.inbox.arriving import Arrival
from integrations_pipelines.registry.inbox import STATEMENTS
from integrations_pipelines.registry.packing import pack

_TRIES = 3
_NAME, _BINARY, _TEXT = b"store", 1, 0
_STORE = STATEMENTS.literal("store").encode()
Key = tuple[int, str]
"""Source system and delivery key: what a delivery is known by."""


async def connected(url: str) -> "psycopg.AsyncConnection[Any]":
    """Return a connection that is ready to ``insert``. Raise ``psycopg.Error`` where there is none to be had."""
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=3)
    try:
        connection.pgconn.send_prepare(_NAME, _STORE)
        await _result(connection)
    except BaseException:
        await connection.close()
        raise
    return connection


async def insert(connection: "psycopg.AsyncConnection[Any]", arrivals: Sequence[Arrival]) -> set[Key]:
    """Store and commit what is not there yet; return the keys of what is new. Raise ``psycopg.Error``."""
    values = _values(arrivals)
    for attempt in range(_TRIES):
        try:
            connection.pgconn.send_query_prepared(_NAME, values, [_BINARY, _BINARY, _TEXT], _TEXT)
            result = await _result(connection)
        except errors.DeadlockDetected:
            # Two receivers, the same deliveries under exchanged ids: one of the two is through by now.
            if attempt == _TRIES - 1:
                raise
        else:
            return _new(result, arrivals)
    raise AssertionError("unreachable")


def key_of(arrival: Arrival) -> Key:
    """Return what ``arrival`` is known by."""
    return arrival.source_system_id, arrival.delivery_key


def _values(arrivals: Sequence[Arrival]) -> list[bytes]:
    rows, bodies, at = [], [], 1
    for one in arrivals:
        body, unpacked = pack(one.body)
        size = len(body)
        row = {
            "s": one.source_system_id,
            "k": one.delivery_key,
            "h": one.signed_hash.hex(),
            "v": one.secret_version_id,
            "t": one.sent_at,
            "e": one.headers,
            "o": at,
            "l": size,
            "z": unpacked,
        }
        rows.append(row)
        bodies.append(body)
        at += size
    return [orjson.dumps(rows), b"".join(bodies), str(len(rows)).encode()]


def _new(result: pq.abc.PGresult, arrivals: Sequence[Arrival]) -> set[Key]:
    stored = orjson.loads(result.get_value(0, 0) or b"0")
    if stored == len(arrivals):
        return {key_of(one) for one in arrivals}
    keys: list[list[Any]] = orjson.loads(result.get_value(0, 1) or b"[]")
    return {(source, key) for source, key in keys}


async def _result(connection: "psycopg.AsyncConnection[Any]") -> pq.abc.PGresult:
    results = await connection.wait(generators.execute(connection.pgconn))
    for one in results:
        if one.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            raise errors.error_from_result(one)
    last: pq.abc.PGresult = results[-1]
    return last
