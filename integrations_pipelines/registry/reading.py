"""Lists for people and other services: what was synced, how it went, which record is which entity. Reads only."""

import datetime
import uuid as uuidlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from psycopg.rows import class_row
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from integrations_pipelines.errors import ConfigurationError, DatabaseUnavailable, NotFound
from integrations_pipelines.registry import urls
from integrations_pipelines.registry.apply import OUTCOMES
from integrations_pipelines.registry.statements import Statements, statements

Row = TypeVar("Row")

_SQL = statements(Path(__file__).with_name("reading.sql"))
_PATIENCE = "10"  # seconds until a server that does not answer counts as unreachable
_BUSY = ("starting up", "shutting down", "too many", "recovery", "remaining connection slots")

MAP_STATUSES = ("mapped", "deleted", "unmatched", "review")


@dataclass(frozen=True, kw_only=True)
class ResourceStatus:
    """How the last job of one resource went, and how its records stand now. ``outcomes`` names every outcome."""

    system_key: str
    resource: str
    job: uuidlib.UUID | None
    status: str | None
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    extracted: int
    outcomes: Mapping[str, int]
    error: str | None
    mapped: int
    parked: int
    quarantined: int
    next_try_at: datetime.datetime | None = None

    @property
    def is_balanced(self) -> bool:
        """Every extracted record has exactly one outcome."""
        return self.extracted == sum(self.outcomes.values())


@dataclass(frozen=True, kw_only=True)
class RecordMapRow:
    """A record map, by outward names alone."""

    uuid: uuidlib.UUID
    system_key: str
    resource: str
    source_record_id: str
    target_domain: str
    target_uuid: uuidlib.UUID | None
    map_status: str
    decided_by: str
    source_version: datetime.datetime | None
    last_synced_at: datetime.datetime


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which record maps; None is no condition. An ``entity`` that was merged means its survivor."""

    system_key: str | None = None
    resource: str | None = None
    status: str | None = None
    entity: uuidlib.UUID | None = None
    limit: int = 50


@contextmanager
def reading_connection(url: str, *, actor: str) -> Iterator[Connection]:
    """Give a transaction on the database at ``url``, written down as ``actor``'s where it writes.

    Raises ``DatabaseUnavailable`` where nothing answers and ``ConfigurationError`` where we are not let in.
    """
    at = urls.with_option(url, "options", _as_actor(actor))
    if "connect_timeout=" not in at:
        at = urls.with_option(at, "connect_timeout", _PATIENCE)
    engine = create_engine(
        urls.for_sqlalchemy(at), poolclass=NullPool, connect_args={"prepare_threshold": None}
    )
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise _refused(url, str(error.orig)) from error
    with connection, connection.begin():
        yield connection


def schema_revision(connection: Connection) -> str | None:
    """Return the schema's revision, None where nothing was migrated yet; without Alembic, which is slow to import."""
    if _SQL.run(connection, "is_set_up").fetchone() != (True,):
        return None
    found = _SQL.run(connection, "revision").fetchone()
    return str(found[0]) if found else None


def newest_revision() -> str:
    """Return the newest revision of this program; revisions are numbered, and files are named after them."""
    folder = Path(__file__).parent / "migrations" / "versions"
    return max(path.name.partition("_")[0] for path in folder.glob("[0-9]*.py"))


def rows(
    connection: Connection,
    source: Statements,
    name: str,
    shape: type[Row],
    values: Mapping[str, Any],
    **identifiers: Any,
) -> list[Row]:
    """Return what the statement ``name`` finds, a ``shape`` a row."""
    cursor = source.run(connection, name, values, **identifiers)
    cursor.row_factory = class_row(shape)
    return cursor.fetchall()


def resource_statuses(connection: Connection, system_key: str | None = None) -> list[ResourceStatus]:
    """Return the status of every resource that was ever synced, by source system and resource."""
    # Compiling the statement takes longer than running it.
    connection.exec_driver_sql("set local jit = off")
    found = rows(connection, _SQL, "status", ResourceStatus, {"system_key": system_key})
    return [replace(one, outcomes=_every_outcome(one.outcomes)) for one in found]


def record_maps(connection: Connection, wanted: Wanted) -> list[RecordMapRow]:
    """Return at most ``wanted.limit`` record maps. Raises ``NotFound`` for a source system or an entity unknown."""
    # Imported here: the models cost `integrations status` a quarter of its time.
    from integrations_pipelines.registry.sources import source_of

    system = source_of(connection, wanted.system_key) if wanted.system_key is not None else None
    values = {**vars(wanted), "system_id": system.id if system else None}
    if wanted.entity is not None:
        values["entity"] = survivor_of(connection, wanted.entity)
    return rows(connection, _SQL, "record_maps", RecordMapRow, values)


def survivor_of(connection: Connection, entity: uuidlib.UUID) -> uuidlib.UUID:
    """Return the uuid that ``entity`` answers as today. Raises ``NotFound``."""
    found = _SQL.run(connection, "survivor", {"entity": entity}).fetchone()
    if found is None:
        raise NotFound(f"no entity has the uuid {entity}")
    return uuidlib.UUID(str(found[0]))


def system_keys(connection: Connection) -> list[str]:
    """Return the keys of all source systems."""
    return [key for (key,) in _SQL.run(connection, "system_keys")]


def synced_resources(connection: Connection, system_key: str) -> list[str]:
    """Return the names of the resources of a source system that were ever synced."""
    return [name for (name,) in _SQL.run(connection, "synced_resources", {"system_key": system_key})]


def held_as(connection: Connection, system_key: str, resource: str) -> str | None:
    """Return the entity type that the records of a resource were taken as, None where there are none."""
    values = {"system_key": system_key, "resource": resource}
    found = _SQL.run(connection, "held_as", values).fetchone()
    return str(found[0]) if found else None


def _every_outcome(found: Mapping[str, int]) -> dict[str, int]:
    return {name: int(found.get(name, 0)) for name in dict.fromkeys((*OUTCOMES, *found))}


def _as_actor(actor: str) -> str:
    escaped = actor.replace("\\", "\\\\").replace(" ", "\\ ")
    return f"-cintegrations.actor={escaped}"


def _refused(url: str, why: str) -> Exception:
    """Tell a server that is not there from one that does not let us in; libpq has no code for either."""
    where = urls.without_password(url)
    reason = why.strip().splitlines()[-1].removeprefix("connection failed: ")
    if "FATAL" in why and not any(word in why for word in _BUSY):
        return ConfigurationError(f"DATABASE_URL: {where} refuses: {reason}")
    return DatabaseUnavailable(f"{where} does not answer: {reason}")
