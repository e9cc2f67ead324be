"""From landed rows to the current version of each source record: set-based, one transaction a landing.

Of all landed rows of a record the newest wins, by (its own version, else when it was observed), then by when it was
observed, then by content: a pure function of the rows, so that the order in which landings are applied does not matter.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import copy_lines, driver, statements

_SQL = statements(Path(__file__).with_name("apply.sql"))
_CHUNK = 50_000

OUTCOMES = (
    "new",
    "changed",
    "unchanged",
    "stale",
    "duplicate",
    "deleted",
    "undeleted",
    "quarantined",
    "conflict",
)


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


@dataclass(frozen=True, kw_only=True)
class LandedUnit:
    """A landing that waits for being applied, by internal ids.

    ``table`` is its connector's landing table.
    """

    landing: int
    source_system_id: int
    import_job_id: int
    resource: str
    entity_type: str
    origin: str
    table: tuple[str, str]


def apply(connection: Connection, unit: LandedUnit, project: Project) -> dict[str, int]:
    """Take the landing's rows into the current versions, in the caller's transaction; return rows by outcome.

    Every landed row has exactly one outcome of ``OUTCOMES``. A payload that cannot be projected is quarantined.
    """
    values = _values(connection, unit)
    table = sql.Identifier(*unit.table)
    _SQL.run(connection, "arrive", values, landed_table=table)
    _SQL.run(connection, "projected_tables")
    _project_news(connection, table, values, project)
    _SQL.run(connection, "analyze_arrivals")
    _write_records(connection, values)
    _write_identity(connection, values)
    _SQL.run(connection, "mark_pending", values)
    outcomes = dict(_SQL.run(connection, "outcomes").fetchall())
    _SQL.run(connection, "clear")
    return outcomes


def known_already(connection: Connection, unit: LandedUnit, observed: Mapping[str, Any]) -> dict[int, bool]:
    """Return the row numbers that say nothing new, each with whether this very job brought the record before.

    ``observed``: parallel lists ``ids``, ``versions``, ``hashes``, ``deleted``, and one ``observed_at``.
    """
    values = {**_values(connection, unit), **observed}
    known = {int(n): bool(again) for n, again in _SQL.run(connection, "known_already", values)}
    unversioned = [observed["ids"][n] for n in known if observed["versions"][n] is None]
    if unversioned:
        _SQL.run(connection, "seen_again", {**values, "ids": unversioned})
    return known


def _values(connection: Connection, unit: LandedUnit) -> dict[str, Any]:
    rows = driver(connection).execute(
        "select id from integrations.landing where import_job_id = %s and resource = %s and id <> %s",
        (unit.import_job_id, unit.resource, unit.landing),
    )
    return {
        "landing": unit.landing,
        "source_system_id": unit.source_system_id,
        "import_job_id": unit.import_job_id,
        "resource": unit.resource,
        "entity_type": unit.entity_type,
        "origin": unit.origin,
        "job_landings": [row[0] for row in rows],
    }


def _project_news(
    connection: Connection, table: sql.Identifier, values: dict[str, Any], project: Project
) -> None:
    news = _SQL.run(connection, "news", values, landed_table=table)
    failed: dict[int, str] = {}
    while rows := news.fetchmany(_CHUNK):
        positions = [row[0] for row in rows]
        columns = project([row[1] for row in rows])
        failed |= {positions[n]: reason for n, reason in columns.errors.items()}
        _copy(connection, positions, columns)
    if failed:
        aside = {**values, "positions": list(failed), "reasons": list(failed.values())}
        _SQL.run(connection, "set_aside", aside, landed_table=table)


def _copy(connection: Connection, positions: list[int], columns: ProjectedColumns) -> None:
    records = zip(positions, columns.attributes, columns.name_keys, columns.rejected, strict=True)
    lines = [
        f"{position}\t{said}\t{key}\t{not_said or ''}\n" for position, said, key, not_said in records if said
    ]
    copy_lines(connection, "projected", ("position", "attributes", "name_key", "rejected"), lines)
    held = [
        f"{positions[n]}\t{kind}\t{value}\t{strength}\n" for n, kind, value, strength in columns.identifiers
    ]
    copy_lines(connection, "projected_identifier", ("position", "kind", "value", "strength"), held)
    related = [_relation_line(positions[row[0]], row) for row in columns.relations]
    copy_lines(connection, "projected_relation", _RELATION, related)


_RELATION = (
    "position",
    "name",
    "target_type",
    "target_resource",
    "target_key",
    "identifier_kind",
    "identifier_value",
)


def _relation_line(position: int, row: RelationRow) -> str:
    _, name, _, target, *fields = row
    return "\t".join((str(position), name, target, *(field or "" for field in fields))) + "\n"


def _write_records(connection: Connection, values: dict[str, Any]) -> None:
    if _SQL.run(connection, "is_plain").fetchone() == (True,):
        _SQL.run(connection, "insert_plain_records", values)
        return
    _SQL.run(connection, "insert_records", values)
    _SQL.run(connection, "update_newest", values)
    _SQL.run(connection, "update_live", values)


def _write_identity(connection: Connection, values: dict[str, Any]) -> None:
    for name in (
        "owners",
        "release_identifiers",
        "insert_identifiers",
        "release_relations",
        "insert_relations",
    ):
        _SQL.run(connection, name, values)
