"""Landed payloads through projection into COPY, a chunk at a time: memory is bounded, and while PostgreSQL takes one
chunk the next is projected.
"""

import gc
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import driver

_CHUNK = 20_000
_TURN = 0.000_2  # seconds
Prepared = TypeVar("Prepared")

RelationRow = tuple[int, str, int, str, str | None, str | None, str | None, str | None]


class ProjectedColumns(Protocol):
    """What ``entities.project_many`` returns for a list of payloads, in columns; row numbers count from 0.

    ``attributes``: JSON objects, None where ``errors`` says why a payload could not be read.
    ``identifiers``: (row, kind, value, strength).
    ``relations``: (row, name, ordinal, target type, resource, key, identifier kind, identifier value).
    ``passed_over``: rows that become records and no entity.
    """

    @property
    def attributes(self) -> Sequence[str | None]: ...  # noqa: D102 - columns, told above
    @property
    def name_keys(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def rejected(self) -> Sequence[str | None]: ...  # noqa: D102
    @property
    def errors(self) -> Mapping[int, str]: ...  # noqa: D102
    @property
    def identifiers(self) -> Sequence[tuple[int, str, str, str]]: ...  # noqa: D102
    @property
    def relations(self) -> Sequence[RelationRow]: ...  # noqa: D102
    @property
    def passed_over(self) -> Collection[int]: ...  # noqa: D102


Project = Callable[[Sequence[str]], ProjectedColumns]

# The entity type of a source record that is none on purpose: a bot, an app.
NO_ENTITY = "none"
RELATION = ("name", "target_type", "target_resource", "target_key", "identifier_kind", "identifier_value")


Head = tuple[Any, ...]


def projected_chunks(
    connection: Connection, query: sql.Composed, values: Mapping[str, Any], project: Project
) -> Iterator[tuple[list[Head], ProjectedColumns]]:
    """Yield (heads, columns) of ``query``, whose rows end with a payload: heads have it too; columns count from 0."""
    return prepared_chunks(connection, query, values, project, lambda heads, columns: (heads, columns))


def prepared_chunks(
    connection: Connection,
    query: sql.Composed,
    values: Mapping[str, Any],
    project: Project,
    prepare: Callable[[list[Head], ProjectedColumns], Prepared],
) -> Iterator[Prepared]:
    """Yield what ``prepare`` makes of each chunk's heads and columns, in a thread beside the one that takes it."""

    def work(rows: list[tuple[Any, ...]]) -> Prepared:
        return prepare(rows, project([row[-1] for row in rows]))

    with (
        _undisturbed(),
        driver(connection).cursor(name="news", binary=True) as news,
        ThreadPoolExecutor(1) as beside,
    ):
        news.execute(query, values)
        before: Future[Prepared] | None = None
        while rows := news.fetchmany(_CHUNK):
            coming = beside.submit(work, rows)
            if before is not None:
                yield before.result()
            before = coming
        if before is not None:
            yield before.result()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Whoever sends to PostgreSQL asks for the interpreter every 128 kB, and would wait for 5 ms each time; and rows
    make no cycles, yet looking for them takes longer than making them ready.
    """
    usual, was_enabled = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(_TURN)
    gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
        if was_enabled:
            gc.enable()


def entity_types(columns: ProjectedColumns, entity_type: str) -> list[str]:
    """Return the entity type of each row: ``NO_ENTITY`` for who is passed over."""
    passed, count = columns.passed_over, len(columns.attributes)
    if not passed:
        return [entity_type] * count
    return [NO_ENTITY if n in passed else entity_type for n in range(count)]


def relation_line(start: str, row: RelationRow) -> str:
    """Return the COPY line of a relation, whose first fields are ``start``."""
    _, name, _, target, *fields = row
    return "\t".join((start, name, target, *(field or "" for field in fields))) + "\n"
