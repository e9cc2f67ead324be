"""Source systems: the accounts at third parties that an organisation has connected."""

import uuid as uuidlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from integrations_pipelines.errors import NotFound, UsageError
from integrations_pipelines.registry.models import SourceSystem


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source system as it is now; ``id`` is internal and never leaves the database's own users.

    ``config``: ``settings`` (name: value, what the connector asks for) and, for files, ``files`` (resource: how its
    columns read).
    """

    id: int
    uuid: uuidlib.UUID
    system_key: str
    label: str
    system_type: str
    is_active: bool
    config: Mapping[str, Any]
    poll_seconds: int | None

    @property
    def settings(self) -> Mapping[str, str]:
        """The connector's settings for this account."""
        settings: Mapping[str, str] = self.config.get("settings", {})
        return settings


_COLUMNS = (
    SourceSystem.id,
    SourceSystem.uuid,
    SourceSystem.system_key,
    SourceSystem.label,
    SourceSystem.system_type,
    SourceSystem.is_active,
    SourceSystem.config_payload.label("config"),
    SourceSystem.poll_seconds,
)


def add_source(
    connection: Connection,
    *,
    system_key: str,
    system_type: str,
    label: str | None = None,
    settings: Mapping[str, str],
    poll_seconds: int | None = None,
) -> Source:
    """Insert a source system and return it. Raises ``UsageError`` where the key is taken: it never changes hands.

    One that ``restore`` has made, of the same type and without settings, is completed and switched on instead.
    """
    row = {
        "system_key": system_key,
        "label": label or system_key,
        "system_type": system_type,
        "config_payload": {"settings": dict(settings)},
        "poll_seconds": poll_seconds,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(SourceSystem).values(row))
    except IntegrityError as error:
        completed = update(SourceSystem).where(
            SourceSystem.system_key == system_key,
            SourceSystem.system_type == system_type,
            SourceSystem.config_payload.contains({"restored": True}),
        )
        if connection.execute(completed.values({**row, "is_active": True})).rowcount != 1:
            raise UsageError(f"a source system called {system_key!r} is there already") from error
    return source_of(connection, system_key)


def source_of(connection: Connection, system_key: str) -> Source:
    """Return the source system called ``system_key``. Raises ``NotFound``."""
    row = connection.execute(select(*_COLUMNS).where(SourceSystem.system_key == system_key)).one_or_none()
    if row is None:
        raise NotFound(
            f"no source system is called {system_key!r}; `integrations source list` shows them all"
        )
    return _source(row)


def source_by_uuid(connection: Connection, uuid: uuidlib.UUID) -> Source | None:
    """Return the source system of that outward uuid, None where there is none."""
    row = connection.execute(select(*_COLUMNS).where(SourceSystem.uuid == uuid)).one_or_none()
    return _source(row) if row else None


def all_sources(connection: Connection, *, only_active: bool = False) -> list[Source]:
    """Return the source systems by key."""
    query = select(*_COLUMNS).order_by(SourceSystem.system_key)
    if only_active:
        query = query.where(SourceSystem.is_active)
    return [_source(row) for row in connection.execute(query)]


def set_active(connection: Connection, source: Source, *, is_active: bool) -> None:
    """Switch polling and syncing on or off; nothing that was taken is touched."""
    connection.execute(update(SourceSystem).where(SourceSystem.id == source.id).values(is_active=is_active))


def change_source(
    connection: Connection,
    source: Source,
    *,
    settings: Mapping[str, str],
    label: str,
    poll_seconds: int | None,
) -> Source:
    """Write the settings, the label and the pace of ``source`` anew (None: its connector's pace); return it."""
    row = {
        "config_payload": {**source.config, "settings": dict(settings)},
        "label": label,
        "poll_seconds": poll_seconds,
    }
    connection.execute(update(SourceSystem).where(SourceSystem.id == source.id).values(row))
    return source_of(connection, source.system_key)


def remember_file(
    connection: Connection, source: Source, resource: str, reading: Mapping[str, Any]
) -> Source:
    """Keep how the columns of the file resource ``resource`` read; return the source as it is then."""
    files = {**source.config.get("files", {}), resource: dict(reading)}
    config = {**source.config, "files": files}
    connection.execute(update(SourceSystem).where(SourceSystem.id == source.id).values(config_payload=config))
    return source_of(connection, source.system_key)


def _source(row: Row[Any]) -> Source:
    return Source(**row._mapping)
