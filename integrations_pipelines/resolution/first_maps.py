"""The first resolution of a type's records: nothing is mapped yet, so every component becomes a new entity.

What the general way works out is known beforehand: which entity a component keeps, which come back, which move.
"""

from typing import Any, TypedDict

from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.canonical.values import canonical_values
from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.registry.bulk import indexes_afterwards
from integrations_pipelines.registry.statements import FIRST_MAPS, MAP


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


def map_first(connection: Connection, values: dict[str, Any]) -> Counts:
    """Write an entity for each component and a map for each record; return counts of ``Resolution``."""
    FIRST_MAPS.run(connection, "nodes")
    ((examined,),) = FIRST_MAPS.run(connection, "examined").fetchall()
    with indexes_afterwards(connection, examined, "entities.entity", "integrations.record_map"):
        chosen = sql.SQL(FIRST_MAPS.literal("chosen"))
        many = sql.SQL(FIRST_MAPS.literal("many")).format(new_values=canonical_values(chosen, ruled=False))
        created = FIRST_MAPS.run(connection, "create_entities", values, many=many).rowcount
        mapped = FIRST_MAPS.run(connection, "insert_maps", values).rowcount
    FIRST_MAPS.run(connection, "log_maps", values)
    return {"examined": examined, "created": created, "mapped": mapped}
