"""From landed rows to the current version of each source record: set-based, one transaction a landing.

Of all landed rows of a record the newest wins, by (its own version, else when it was observed), then by when it was
observed, then by content: a pure function of the rows, so that the order in which landings are applied does not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.isolating import (
    ONE_RECORD,
    culprits,
    refusal_of,
    refused,
    set_aside,
)
from integrations_pipelines.registry.projecting import (
    RELATION,
    Project,
    ProjectedColumns,
    entity_types,
    projected_chunks,
    relation_line,
)
from integrations_pipelines.registry.statements import copy_lines, driver, statements

_SQL = statements(Path(__file__).with_name("apply.sql"))

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


@dataclass(frozen=True, kw_only=True)
class LandedUnit:
    """A landing that waits for being applied, by internal ids.

    ``table`` is its connector's landing table. ``only``: take these source record ids and leave the others; None: all.
    """

    landing: int
    source_system_id: int
    import_job_id: int
    resource: str
    entity_type: str
    origin: str
    table: tuple[str, str]
    only: tuple[str, ...] | None = None


def apply(connection: Connection, unit: LandedUnit, project: Project) -> dict[str, int]:
    """Take the landing's rows into the current versions, in the caller's transaction; return rows by outcome.

    Every landed row has exactly one outcome of ``OUTCOMES``. A payload that cannot be projected is quarantined, and so
    is one that PostgreSQL refuses.
    """
    values, table = unit_values(connection, unit), sql.Identifier(*unit.table)
    try:
        with connection.begin_nested():
            return _apply(connection, table, values, project, unit.only)
    except ONE_RECORD as error:
        return _without_culprits(connection, table, values, project, error)


def judge(connection: Connection, unit: LandedUnit) -> dict[str, int]:
    """Return the outcomes that applying the landing would have, writing nothing."""
    values, table = unit_values(connection, unit), sql.Identifier(*unit.table)
    _SQL.run(connection, "arrive", values, landed_table=table)
    outcomes = dict(_SQL.run(connection, "outcomes").fetchall())
    _SQL.run(connection, "clear_arrivals")
    return outcomes


def _apply(
    connection: Connection,
    table: sql.Identifier,
    values: dict[str, Any],
    project: Project,
    only: Sequence[str] | None,
) -> dict[str, int]:
    is_whole = only is None and not values["failed"]
    if is_whole and _SQL.run(connection, "is_first_load", values, landed_table=table).fetchone() == (True,):
        # Arrow puts a first load together: the code location, and a run that takes webhooks, do without importing it.
        from integrations_pipelines.registry.first_load import load_first

        return load_first(connection, table, values, project)
    failed = _read(connection, table, values, project)
    _SQL.run(connection, "analyze_arrivals")
    for name in _WRITES:
        _SQL.run(connection, name, values)
    outcomes = dict(_SQL.run(connection, "outcomes").fetchall())
    _SQL.run(connection, "clear")
    if failed:
        set_aside(connection, table, values, failed)
        outcomes["quarantined"] = len(failed)
    return outcomes


def _without_culprits(
    connection: Connection, table: sql.Identifier, values: dict[str, Any], project: Project, error: Exception
) -> dict[str, int]:
    """Set aside the rows that PostgreSQL refuses, found by halves, and take the others. Raises where they are many."""
    rows = [row[0] for row in _SQL.run(connection, "positions", values, landed_table=table).fetchall()]

    def refusal(wanted: Sequence[int]) -> Exception | None:
        chosen = set(wanted)
        trial = {**values, "failed": [one for one in rows if one not in chosen]}
        return refused(connection, lambda: _apply(connection, table, trial, project, ()))

    found = culprits(rows, refusal, error)
    outcomes = _apply(connection, table, {**values, "failed": list(found)}, project, ())
    reasons = {position: refusal_of(why) for position, why in found.items()}
    set_aside(connection, table, values, reasons, stage="apply", error_class="Refused")
    outcomes["quarantined"] = outcomes.get("quarantined", 0) + len(found)
    return outcomes


_WRITES = (
    "insert_records",
    "update_newest",
    "update_live",
    "owners",
    "release_identifiers",
    "insert_identifiers",
    "release_relations",
    "insert_relations",
    "mark_pending",
    "release_quarantined",
)


def unit_values(connection: Connection, unit: LandedUnit) -> dict[str, Any]:
    """Return what the statements of ``apply.sql`` ask for of a landing, and of those of its job beside it."""
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
        "only": None if unit.only is None else list(unit.only),
        "failed": [],
    }


def _read(
    connection: Connection, table: sql.Identifier, values: dict[str, Any], project: Project
) -> dict[int, str]:
    """Fill the working tables; return why payloads cannot be projected, by position: those stand in none of them."""
    failed: dict[int, str] = {}
    while True:
        left_out = [*values["failed"], *failed]
        _SQL.run(connection, "arrive", {**values, "failed": left_out}, landed_table=table)
        _SQL.run(connection, "projected_tables")
        more = _project_news(connection, table, values, project)
        if not more:
            return failed
        # An older row of the same record may be the newest now, and has to be read instead.
        failed |= more
        _SQL.run(connection, "start_again")


def _project_news(
    connection: Connection, table: sql.Identifier, values: dict[str, Any], project: Project
) -> dict[int, str]:
    failed: dict[int, str] = {}
    query = sql.SQL(_SQL.literal("news")).format(landed_table=table)
    _SQL.run(connection, "no_loops")
    for heads, columns in projected_chunks(connection, query, values, project):
        positions = [head[0] for head in heads]
        failed |= {positions[n]: reason for n, reason in columns.errors.items()}
        _copy(connection, positions, columns, values["entity_type"])
    _SQL.run(connection, "loops")
    return failed


def _copy(connection: Connection, positions: list[int], columns: ProjectedColumns, entity_type: str) -> None:
    types = entity_types(columns, entity_type)
    records = zip(positions, columns.attributes, columns.name_keys, columns.rejected, types, strict=True)
    lines = [f"{one}\t{said}\t{key}\t{no or ''}\t{type_}\n" for one, said, key, no, type_ in records if said]
    copy_lines(connection, "projected", _PROJECTED, lines)
    held = [
        f"{positions[n]}\t{kind}\t{value}\t{strength}\n" for n, kind, value, strength in columns.identifiers
    ]
    copy_lines(connection, "projected_identifier", ("position", "kind", "value", "strength"), held)
    related = [relation_line(str(positions[row[0]]), row) for row in columns.relations]
    copy_lines(connection, "projected_relation", ("position", *RELATION), related)


_PROJECTED = ("number", "attributes", "name_key", "rejected", "entity_type")
