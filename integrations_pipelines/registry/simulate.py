"""What a simulated resolution would change of an entity type: remembered before, compared after, set-based."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import driver, statements

_SQL = statements(Path(__file__).with_name("simulate.sql"))

COUNTS = (
    "created", "merged", "split", "emptied", "moved", "unmatched", "changed_entities", "changed_values", "asked",
    "settled",
)  # fmt: skip
_SAMPLES = ("created", "merged", "split", "emptied", "changed")


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What would be different of one entity type.

    ``counts`` by the names of ``COUNTS``: ``merged`` are entities that would become aliases, ``emptied`` those that
    would have no record any more, ``moved`` and ``unmatched`` records, ``asked`` and ``settled`` questions that would
    open and close. ``changed_by_attribute``: values by attribute. ``samples``: lists of JSON objects under created,
    merged, split, emptied and changed.
    """

    entity_type: str
    entities_before: int
    entities_after: int
    counts: Mapping[str, int]
    changed_by_attribute: Mapping[str, int]
    samples: Mapping[str, Sequence[Mapping[str, Any]]]


def remember(connection: Connection, *entity_types: str) -> None:
    """Keep mapping, values and questions of ``entity_types`` as they stand, for the rest of the transaction."""
    for name in ("remember_maps", "remember_entities", "remember_questions"):
        _SQL.run(connection, name, {"entity_types": list(entity_types)})
    _SQL.run(connection, "analyze")


def differences(connection: Connection, entity_type: str, *, label: str, some: int) -> Differences:
    """Return how the state stands to what ``remember`` kept; ``some`` samples of each, named by attribute ``label``."""
    values = {"entity_type": entity_type, "label": label, "some": some}
    for name in ("compare_records", "compare_questions", "compare_values", "compare_entities"):
        _SQL.run(connection, name, values)
    _SQL.run(connection, "index_records")
    (counts,) = _rows(connection, "counts", values)
    found = Differences(
        entity_type=entity_type,
        entities_before=counts["entities_before"],
        entities_after=counts["entities_after"],
        counts={name: counts[name] for name in COUNTS},
        changed_by_attribute=dict(_SQL.run(connection, "attributes").fetchall()),
        samples={name: _rows(connection, f"{name}_sample", values) for name in _SAMPLES},
    )
    _SQL.run(connection, "clear")
    return found


def _rows(connection: Connection, name: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    query = sql.SQL(_SQL.literal(name)).format(keys=sql.SQL(_SQL.literal("keys")))
    with driver(connection).cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()
