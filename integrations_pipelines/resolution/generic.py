"""Values that may have become generic, or telling again: those that many records hold are counted by names."""

from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.registry.columns import Bigints
from integrations_pipelines.registry.statements import RESOLVE
from integrations_pipelines.resolution.graph import Values, crowded_values
from integrations_pipelines.resolution.rules import generic_limits


def watch_suspects(
    connection: Connection, entity_type: EntityType, values: dict[str, Any], held: Values
) -> None:
    """Note the values of ``held`` that more records hold than a telling one may, to be weighed."""
    above = {rule.rank: limit for rule, limit in generic_limits(entity_type)}
    suspects = crowded_values(held, above)
    named = {"records": held.records, "hashes": held.hashes}
    arrays = {name: Bigints(column[held.starts[suspects]]) for name, column in named.items()}
    RESOLVE.run(connection, "watch_suspects", {**values, **arrays, "everything": True})


def weigh(connection: Connection, values: dict[str, Any]) -> None:
    """Count what was noted by names; every holder of a value that became generic, or telling again, is touched."""
    if RESOLVE.run(connection, "weigh", values).rowcount:
        for name in ("touch_flipped", "forget_generic", "note_generic"):
            RESOLVE.run(connection, name, values)
