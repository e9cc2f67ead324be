"""What records say that is compared, read from the database into columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import SCORED, driver
from integrations_pipelines.resolution.scored.model import FrozenModel
from integrations_pipelines.resolution.scoring import Records, content_hashes, records
from integrations_pipelines.resolution.scoring.columns import Integers

_FETCH = 50_000


@dataclass(frozen=True, kw_only=True)
class Said:
    """Records by ascending internal id, with their columns and a hash of their content."""

    ids: Integers
    records: Records = field(repr=False)
    content: Integers = field(repr=False)

    def rows(self, ids: Integers) -> Integers:
        """Return the rows of records that are there."""
        return np.searchsorted(self.ids, ids)


def say(connection: Connection, frozen: FrozenModel, chosen: str) -> Said:
    """Return what the records of the block ``chosen`` say: its rows are (id, attributes as text), by id."""
    return as_said(frozen, *attributes_of(connection, frozen, chosen))


def attributes_of(
    connection: Connection, frozen: FrozenModel, chosen: str, ids: Sequence[int] = ()
) -> tuple[list[int], dict[str, list[Any]]]:
    """Return the ids and the compared attributes of the records of the block ``chosen``.

    A value that is generic joins nobody and is not compared either.
    """
    generic = _generic(connection, frozen)
    found: list[int] = []
    columns: dict[str, list[Any]] = {name: [] for name in frozen.attributes}
    query = sql.SQL(SCORED.literal(chosen)).format(
        entity_type=sql.Literal(frozen.entity_type.name), ids=sql.Literal(list(ids))
    )
    with driver(connection).cursor(name="said") as cursor:
        cursor.itersize = _FETCH
        cursor.execute(query)
        while rows := cursor.fetchmany(_FETCH):
            said = [orjson.loads(row[1]) for row in rows]
            found.extend(row[0] for row in rows)
            for name in frozen.attributes:
                columns[name].extend(_values(said, name, generic.get(name)))
    return found, columns


def as_said(frozen: FrozenModel, ids: Sequence[int], columns: Mapping[str, list[Any]]) -> Said:
    """Return records of these attribute columns; ``ids`` ascend."""
    found = records(columns, frozen.scheme, len(ids))
    hashes = content_hashes(found).astype(np.int64) ^ np.int64(frozen.digest)
    return Said(ids=np.array(ids, dtype=np.int64), records=found, content=hashes)


def _values(said: list[dict[str, Any]], name: str, generic: frozenset[str] | None) -> list[Any]:
    values = [one.get(name) for one in said]
    return [_telling(one, generic) for one in values] if generic else values


def _telling(value: Any, generic: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [one for one in value if one not in generic] or None
    return None if value in generic else value


def _generic(connection: Connection, frozen: FrozenModel) -> dict[str, frozenset[str]]:
    """Return the generic values of each attribute whose values are identifiers as they stand."""
    found: dict[str, set[str]] = {}
    for kind, value in SCORED.run(connection, "generic", {"entity_type": frozen.entity_type.name}):
        for rule in frozen.entity_type.identity:
            if rule.kind == kind and not rule.beside and not rule.placed:
                for name in rule.attributes:
                    found.setdefault(name, set()).add(value)
    return {name: frozenset(values) for name, values in found.items()}
