"""Replay: what was landed, read under today's projection, and compared with what stands. Differences are written."""

import datetime
import uuid as uuidlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.apply import LandedUnit
from integrations_pipelines.registry.projecting import (
    RELATION,
    Project,
    ProjectedColumns,
    entity_types,
    projected_chunks,
    relation_line,
)
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.registry.statements import copy_lines, driver, statements

_SQL = statements(Path(__file__).with_name("replay.sql"))


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What to replay; no condition at all is everything. ``since`` and ``until`` bound when it was landed.

    ``record`` is (resource, source record id). ``error_class`` and ``uuids`` mean quarantined records alone.
    """

    job: uuidlib.UUID | None = None
    record: tuple[str, str] | None = None
    error_class: str | None = None
    uuids: tuple[uuidlib.UUID, ...] | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    only_quarantined: bool = False

    @property
    def has_landings(self) -> bool:
        """Whether landed rows are in it, and not quarantined records alone."""
        return self.error_class is None and self.uuids is None and not self.only_quarantined


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What today's projection says differently. ``current``: records that it speaks for; ``behind``: those deleted
    since. ``attributes``: name, in how many records. ``samples``: some source record ids. ``unreadable``: why, by
    source record id.
    """

    current: int
    behind: int
    attributes: dict[str, int]
    samples: list[str]
    unreadable: dict[str, str] = field(default_factory=dict)


def systems(connection: Connection, selection: Selection, system_key: str | None = None) -> list[str]:
    """Return the source systems that ``selection`` concerns, or whether ``system_key`` is one."""
    values = {**_values(selection), "system_key": system_key, "with_landings": selection.has_landings}
    return [row[0] for row in _SQL.run(connection, "systems", values).fetchall()]


def landings_by_resource(
    connection: Connection, source: Source, selection: Selection
) -> dict[str, list[int]]:
    """Return the numbers of the applied landings in ``selection``, by resource; none where records wait alone."""
    resource = selection.record[0] if selection.record else None
    values = {"source_system_id": source.id, "resource": resource, **_values(selection)}
    found: dict[str, list[int]] = {}
    for (name,) in _SQL.run(connection, "waiting_resources", values).fetchall():
        if resource in (None, name):
            found[name] = []
    if selection.has_landings:
        for name, landing in _SQL.run(connection, "landings", values).fetchall():
            found.setdefault(name, []).append(landing)
    return found


def has_job(connection: Connection, uuid: uuidlib.UUID) -> bool:
    """Return whether there is such an import job."""
    return _SQL.run(connection, "has_job", {"job": uuid}).fetchone() == (True,)


def has_table(connection: Connection, table: tuple[str, str]) -> bool:
    """Return whether the landing table is there."""
    name = sql.Identifier(*table).as_string(driver(connection))
    return _SQL.run(connection, "has_table", {"name": name}).fetchone() == (True,)


def landings_of_record(
    connection: Connection, source: Source, table: tuple[str, str], record: str
) -> set[int]:
    """Return the landings that hold a version of ``record``."""
    values = {"system": str(source.uuid), "record": record}
    rows = _SQL.run(connection, "landings_of_record", values, landed_table=sql.Identifier(*table)).fetchall()
    return {row[0] for row in rows}


def compare(
    connection: Connection, unit: LandedUnit, landings: Sequence[int], project: Project
) -> Differences:
    """Project the live payloads that landed with ``landings`` anew and say what comes out differently.

    The differences stay in working tables of the caller's transaction, for ``write``. ``unit`` names the resource.
    """
    values = _unit_values(unit, landings)
    _SQL.run(connection, "working_tables")
    query = sql.SQL(_SQL.literal("payloads")).format(landed_table=sql.Identifier(*unit.table))
    unreadable: dict[str, str] = {}
    for heads, columns in projected_chunks(connection, query, values, project):
        records = [head[0] for head in heads]
        unreadable |= {heads[n][1]: reason for n, reason in columns.errors.items()}
        _copy(connection, records, columns, unit.entity_type)
    _SQL.run(connection, "analyze")
    _SQL.run(connection, "differing", values)
    ((current, behind),) = _SQL.run(connection, "counts").fetchall()
    return Differences(
        current=current,
        behind=behind,
        attributes=dict(_SQL.run(connection, "attributes").fetchall()),
        samples=[row[0] for row in _SQL.run(connection, "samples").fetchall()],
        unreadable=unreadable,
    )


def write(connection: Connection, unit: LandedUnit) -> None:
    """Write what ``compare`` found in this transaction; resolution is told of every record concerned."""
    values = _unit_values(unit, ())
    for name in _WRITES:
        _SQL.run(connection, name, values)


_WRITES = (
    "mark_pending",
    "write_records",
    "release_identifiers",
    "insert_identifiers",
    "release_relations",
    "insert_relations",
    "clear",
)


def _values(selection: Selection) -> dict[str, Any]:
    return {
        "job": selection.job,
        "error_class": selection.error_class,
        "uuids": None if selection.uuids is None else list(selection.uuids),
        "since": selection.since,
        "until": selection.until,
    }


def _unit_values(unit: LandedUnit, landings: Sequence[int]) -> dict[str, Any]:
    return {
        "source_system_id": unit.source_system_id,
        "resource": unit.resource,
        "entity_type": unit.entity_type,
        "landings": list(landings),
        "only": None if unit.only is None else list(unit.only),
    }


def _copy(connection: Connection, records: list[int], columns: ProjectedColumns, entity_type: str) -> None:
    types = entity_types(columns, entity_type)
    said = zip(records, columns.attributes, columns.name_keys, columns.rejected, types, strict=True)
    lines = [
        f"{one}\t{values}\t{key}\t{no or ''}\t{type_}\n" for one, values, key, no, type_ in said if values
    ]
    copy_lines(connection, "replayed", _REPLAYED, lines)
    held = [
        f"{records[n]}\t{kind}\t{value}\t{strength}\n" for n, kind, value, strength in columns.identifiers
    ]
    copy_lines(connection, "replayed_identifier", ("record_id", "kind", "value", "strength"), held)
    related = [relation_line(str(records[row[0]]), row) for row in columns.relations]
    copy_lines(connection, "replayed_relation", ("record_id", *RELATION), related)


_REPLAYED = ("record_id", "attributes", "name_key", "rejected", "entity_type")
