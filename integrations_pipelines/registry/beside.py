"""A second session that reads what a transaction sees, while the first one writes: a statement of PostgreSQL's that
writes has one processor, and a session has one statement at a time.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Semaphore
from typing import TypeVar

import psycopg
from psycopg import sql
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, TimeoutError

from integrations_pipelines.registry.statements import driver

Item = TypeVar("Item")
Done = TypeVar("Done")

# We wait for the second session, and it perhaps for a lock that somebody who waits for us is about to get: a circle
# that PostgreSQL does not see.
_PATIENCE = "set local lock_timeout = '1s'"


@contextmanager
def session_beside(
    connection: Connection, prepare: Callable[[Connection], None]
) -> Iterator[Connection | None]:
    """Give a read-only session that sees what ``connection`` sees, but for what that has written itself.

    ``connection``'s transaction is REPEATABLE READ. ``prepare`` touches everything that will be read, so that all
    locks are held from there on. None where no session is to be had, or somebody is at what it reads.
    """
    with ExitStack() as closing:
        yield _opened(closing, connection, prepare)


def _opened(
    closing: ExitStack, connection: Connection, prepare: Callable[[Connection], None]
) -> Connection | None:
    with ExitStack() as opening:
        try:
            beside = opening.enter_context(connection.engine.connect())
            _share(connection, beside)
            prepare(beside)
        except (DBAPIError, TimeoutError, psycopg.OperationalError):
            return None
        closing.push(opening.pop_all())
        return beside


def _share(connection: Connection, beside: Connection) -> None:
    (snapshot,) = driver(connection).execute("select pg_export_snapshot()").fetchone() or ("",)
    begin = "set transaction isolation level repeatable read, read only"
    beside.exec_driver_sql(begin)
    driver(beside).execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(snapshot)))
    driver(beside).execute(_PATIENCE)


@contextmanager
def ahead(work: Callable[[Item], Done], items: Sequence[Item], most: int) -> Iterator[Iterator[Done]]:
    """Give what ``work`` returns for each of ``items``, in order.

    It is done in a thread beside, from now on, at most ``most`` items ahead of whoever takes them.
    """
    room = Semaphore(most)

    def once_there_is_room(item: Item) -> Done:
        room.acquire()
        return work(item)

    with ThreadPoolExecutor(1) as beside:
        coming = deque(beside.submit(once_there_is_room, item) for item in items)
        try:
            yield _taken(coming, room)
        finally:
            for one in coming:
                one.cancel()
            room.release(len(items) + 1)


def _taken(coming: deque[Future[Done]], room: Semaphore) -> Iterator[Done]:
    while coming:
        yield coming.popleft().result()
        room.release()
