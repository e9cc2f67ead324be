"""The first resolution of a type's records: nothing is mapped yet, so every component becomes a new entity.

What the general way works out is known beforehand: which entity a component keeps, which come back, which move.
"""

from contextlib import ExitStack
from functools import partial
from typing import Any, TypedDict

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.canonical.values import canonical_values
from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.registry.beside import ahead, session_beside
from integrations_pipelines.registry.bulk import indexes_afterwards
from integrations_pipelines.registry.first_maps import (
    AHEAD,
    Members,
    blocks_of,
    is_told,
    made,
    take,
    tell_entities,
    touch,
    words_of,
)
from integrations_pipelines.registry.statements import FIRST_MAPS, MAP

_TABLES = ("entities.entity", "integrations.record_map")


class Counts(TypedDict, total=False):
    """Those of a ``Resolution``, in records and entities."""

    examined: int
    created: int
    mapped: int
    merged: int
    remapped: int


def has_bars(connection: Connection, entity_type: EntityType) -> bool:
    """Return whether some records may not make an entity of this type."""
    creation = {"entity_type": entity_type.name, "creates": entity_type.creates}
    return MAP.run(connection, "has_bars", creation).fetchone() == (True,)


def is_first(connection: Connection, entity_type: EntityType) -> bool:
    """Return whether no member is mapped yet, no decision speaks of uuids, and every record may make an entity."""
    if has_bars(connection, entity_type):
        return False
    return FIRST_MAPS.run(connection, "is_first", {"entity_type": entity_type.name}).fetchone() == (True,)


def map_first(connection: Connection, values: dict[str, Any], members: Members, *, is_seen: bool) -> Counts:
    """Write an entity for each component and a map for each record; return counts of ``Resolution``.

    ``members`` are those of the working table. ``is_seen``: another session sees them as this transaction does.
    """
    FIRST_MAPS.run(connection, "nodes")
    with indexes_afterwards(connection, len(members.records), *_TABLES) as ours, ExitStack() as closing:
        beside = None
        if is_seen and set(ours) == set(_TABLES) and is_told(connection):
            beside = closing.enter_context(session_beside(connection, touch))
        write = partial(_write_beside, beside=beside, members=members) if beside else _write
        created, mapped = write(connection, values)
    return {"examined": len(members.records), "created": created, "mapped": mapped}


def _write(connection: Connection, values: dict[str, Any]) -> tuple[int, int]:
    """Return how many entities and maps there are now."""
    created = _create(connection, values)
    mapped = FIRST_MAPS.run(connection, "insert_maps", values).rowcount
    FIRST_MAPS.run(connection, "log_maps", values)
    return created, mapped


def _write_beside(
    connection: Connection, values: dict[str, Any], *, beside: Connection, members: Members
) -> tuple[int, int]:
    """Do the same; while PostgreSQL writes the entities, the maps are read and made ready."""
    FIRST_MAPS.run(connection, "tell_ourselves")
    words = words_of(connection, values)
    with ahead(partial(made, beside, members, words), blocks_of(members), AHEAD) as blocks:
        created = _create(connection, values)
        tell_entities(connection, members, words.entity_type)
        mapped = take(connection, members, blocks)
    FIRST_MAPS.run(connection, "tell_again")
    return created, mapped


def _create(connection: Connection, values: dict[str, Any]) -> int:
    chosen = sql.SQL(FIRST_MAPS.literal("chosen"))
    many = sql.SQL(FIRST_MAPS.literal("many")).format(new_values=canonical_values(chosen, ruled=False))
    return FIRST_MAPS.run(connection, "create_entities", values, many=many).rowcount
