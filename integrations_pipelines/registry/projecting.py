"""Landed payloads through projection into COPY, a chunk at a time: memory is bounded, and while PostgreSQL takes one
chunk the next is projected.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import driver

_CHUNK = 20_000

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
    """Yield (heads, columns) of ``query``, whose rows are a payload and then a head; columns count rows from 0."""
    with driver(connection).cursor(name="news") as news, ThreadPoolExecutor(max_workers=1) as beside:
        news.execute(query, values)
        before: tuple[list[Head], Future[ProjectedColumns]] | None = None
        while rows := news.fetchmany(_CHUNK):
            coming = [row[1:] for row in rows], beside.submit(project, [row[0] for row in rows])
            if before is not None:
                yield before[0], before[1].result()
            before = coming
        if before is not None:
            yield before[0], before[1].result()


def entity_types(columns: ProjectedColumns, entity_type: str) -> list[str]:
    """Return the entity type of each row: ``NO_ENTITY`` for who is passed over."""
    passed = columns.passed_over
    return [NO_ENTITY if passed and n in passed else entity_type for n in range(len(columns.attributes))]


def relation_line(start: str, row: RelationRow) -> str:
    """Return the COPY line of a relation, whose first fields are ``start``."""
    _, name, _, target, *fields = row
    return "\t".join((start, name, target, *(field or "" for field in fields))) + "\n"
