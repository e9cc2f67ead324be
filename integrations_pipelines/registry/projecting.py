"""Landed payloads through projection into COPY, a chunk at a time: memory is bounded, and while PostgreSQL takes one
chunk the next is projected.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import copy_lines, driver

_CHUNK = 20_000

RelationRow = tuple[int, str, int, str, str | None, str | None, str | None, str | None]


class ProjectedColumns(Protocol):
    """What ``entities.project_many`` returns for a list of payloads, in columns; row numbers count from 0.

    ``attributes``: JSON objects, None where ``errors`` says why a payload could not be read.
    ``identifiers``: (row, kind, value, strength).
    ``relations``: (row, name, ordinal, target type, resource, key, identifier kind, identifier value).
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


Project = Callable[[Sequence[str]], ProjectedColumns]

RELATION = ("name", "target_type", "target_resource", "target_key", "identifier_kind", "identifier_value")


def projected_chunks(
    connection: Connection, query: sql.Composed, values: Mapping[str, Any], project: Project
) -> Iterator[tuple[list[int], ProjectedColumns]]:
    """Yield (numbers, columns) of ``query``, whose rows are a number and a payload; columns count rows from 0."""
    with driver(connection).cursor(name="news") as news, ThreadPoolExecutor(max_workers=1) as beside:
        news.execute(query, values)
        before: tuple[list[int], Future[ProjectedColumns]] | None = None
        while rows := news.fetchmany(_CHUNK):
            numbers, payloads = [row[0] for row in rows], [row[1] for row in rows]
            coming = numbers, beside.submit(project, payloads)
            if before is not None:
                yield before[0], before[1].result()
            before = coming
        if before is not None:
            yield before[0], before[1].result()


def copy_records(connection: Connection, table: str, numbers: list[int], columns: ProjectedColumns) -> None:
    """COPY number, attributes, name key and rejected attributes of the payloads that could be read into ``table``."""
    records = zip(numbers, columns.attributes, columns.name_keys, columns.rejected, strict=True)
    lines = [
        f"{number}\t{said}\t{key}\t{not_said or ''}\n" for number, said, key, not_said in records if said
    ]
    copy_lines(connection, table, ("number", "attributes", "name_key", "rejected"), lines)


def relation_line(start: str, row: RelationRow) -> str:
    """Return the COPY line of a relation, whose first fields are ``start``."""
    _, name, _, target, *fields = row
    return "\t".join((start, name, target, *(field or "" for field in fields))) + "\n"
