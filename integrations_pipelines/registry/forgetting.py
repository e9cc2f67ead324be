"""Forgetting: what a source system told since a moment is taken back, in its records, its quarantine and its inbox.

Landed rows stay, marked, so that one can see what it was. The records are put back to before their first version, and
whoever calls this applies what is left of them again.
"""

import uuid as uuidlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.apply import LandedUnit
from integrations_pipelines.registry.projecting import NO_ENTITY
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.registry.statements import driver, statements

_SQL = statements(Path(__file__).with_name("forgetting.sql"))


@dataclass(frozen=True, kw_only=True)
class Forgetting:
    """What is to be forgotten of one resource: all that was observed at ``since`` or later, None: ever.

    ``table`` is its connector's landing table. ``entity_type`` None: its connector has no such resource any more.
    """

    source: Source
    resource: str
    table: tuple[str, str]
    entity_type: str | None
    since: datetime | None

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of the statements."""
        return {
            "source_system_id": self.source.id,
            "system": str(self.source.uuid),
            "resource": self.resource,
            "since": self.since,
            "entity_type": self.entity_type,
        }

    def unit(self, remaining: "Remaining") -> LandedUnit:
        """Return a landing of before as apply knows it: of the forgotten records alone."""
        return LandedUnit(
            landing=remaining.landing,
            source_system_id=self.source.id,
            import_job_id=remaining.import_job_id,
            resource=self.resource,
            entity_type=self.entity_type or NO_ENTITY,
            origin="replay",
            table=self.table,
            only=remaining.records,
        )


@dataclass(frozen=True, kw_only=True)
class Remaining:
    """A landing that holds versions of the forgotten records from before: ``records`` are their ids."""

    landing: int
    import_job_id: int
    records: tuple[str, ...]


def resources_of(connection: Connection, source: Source) -> dict[str, list[str]]:
    """Return every resource of which anything was ever taken, with the entity types that its records are."""
    rows = _SQL.run(connection, "resources", {"source_system_id": source.id}).fetchall()
    return {name: list(types or ()) for name, types in rows}


def hold_applying(connection: Connection, source: Source, resource: str) -> None:
    """Keep everybody else from applying landings of ``resource`` until the transaction ends."""
    _SQL.run(connection, "hold_applying", {"source_system_id": source.id, "resource": resource})


def forget(connection: Connection, parts: Sequence[Forgetting]) -> Counter[str]:
    """Put the records concerned back to before their first version; return how much was forgotten, by what it was.

    The caller applies what is ``remaining``, says ``let_go``, resolves, and says ``keep_uuids``, in one transaction.
    ``parts`` are of one source system.
    """
    counts = Counter[str]()
    _SQL.run(connection, "prepare")
    for part in parts:
        counts += _touch(connection, part)
    values = parts[0].values
    for name in ("note_entities", "look_again", "release_identifiers", "release_relations"):
        _SQL.run(connection, name, values)
    for part in parts:
        counts += _reset(connection, part)
    return counts


def remaining(connection: Connection, part: Forgetting) -> Iterator[Remaining]:
    """Yield the landings that hold older versions of the forgotten records of a resource, the newest first."""
    if not _has_table(connection, part):
        return
    table = sql.Identifier(*part.table)
    for landing, job, records in _SQL.run(connection, "remaining", part.values, table=table).fetchall():
        yield Remaining(landing=landing, import_job_id=job, records=tuple(records))


def let_go(connection: Connection, source: Source) -> None:
    """Let records of which nothing is left be no entity, mapped to nothing; what aims at them waits again."""
    for name in ("note_gone", "let_go", "unmap", "park_relations", "stop_asking"):
        _SQL.run(connection, name, {"source_system_id": source.id})


def keep_uuids(connection: Connection) -> None:
    """Empty the entities that have no records any more; their uuids wait for the records' return."""
    for name in ("empty_entities", "keep_uuids"):
        _SQL.run(connection, name)


def forget_events(connection: Connection, source: Source, since: datetime | None) -> int:
    """Settle the deliveries that came since and that nobody has worked on; return how many."""
    values = {"source_system_id": source.id, "since": since}
    return _SQL.run(connection, "forget_events", values).rowcount


def untell_merges(connection: Connection, part: Forgetting) -> list[uuidlib.UUID]:
    """Let it not have been told that records of a resource are one; return the decisions to take back for that."""
    return [row[0] for row in _SQL.run(connection, "untell", part.values).fetchall()]


def counted(connection: Connection) -> dict[str, int]:
    """Return how many records were concerned, how many are gone, and how many of these were known before."""
    row = _SQL.run(connection, "counts").fetchone() or (0, 0, 0)
    return dict(zip(("records", "gone", "gone_though_known_before"), row, strict=True))


def gone_samples(connection: Connection, resource: str, some: int) -> list[str]:
    """Return some of the source record ids of ``resource`` of which nothing is left."""
    rows = _SQL.run(connection, "samples", {"resource": resource, "some": some}).fetchall()
    return [row[0] for row in rows]


def _touch(connection: Connection, part: Forgetting) -> Counter[str]:
    """Mark the landings and note the records that have rows in them."""
    values: dict[str, Any] = {**part.values, "landings": None}
    if part.since is not None:
        values["landings"] = _landings(connection, part) if _has_table(connection, part) else []
    rows = _SQL.run(connection, "mark_landings", values).fetchall()
    if part.since is None:
        _SQL.run(connection, "touch_all", values)
    elif values["landings"]:
        _SQL.run(connection, "touch_landed", values, table=sql.Identifier(*part.table))
    return Counter(landings=len(rows), landed_rows=sum(row[0] for row in rows))


def _landings(connection: Connection, part: Forgetting) -> list[int]:
    """Return the landings to forget; rows in them that were observed before move to a landing of their own."""
    table = sql.Identifier(*part.table)
    found = _SQL.run(connection, "landings", part.values, table=table).fetchall()
    for landing, _, before in found:
        if before:
            values = {**part.values, "landing": landing, "landed": before}
            row = _SQL.run(connection, "part_landing", values).fetchone()
            assert row is not None  # noqa: S101 - INSERT ... RETURNING gives a row
            for name in ("move_rows", "follow_newest", "follow_live"):
                _SQL.run(connection, name, {**values, "new": row[0]}, table=table)
    return [row[0] for row in found]


def _reset(connection: Connection, part: Forgetting) -> Counter[str]:
    values = part.values
    _SQL.run(connection, "reset", values)
    quarantined = _SQL.run(connection, "forget_quarantine", values).rowcount
    if part.since is not None:
        _SQL.run(connection, "reopen_quarantine", values)
    _SQL.run(connection, "forget_suspicions", values)
    return Counter(quarantined=quarantined)


def _has_table(connection: Connection, part: Forgetting) -> bool:
    name = sql.Identifier(*part.table).as_string(driver(connection))
    found = driver(connection).execute("select to_regclass(%s) is not null", [name]).fetchone()
    return found == (True,)
