"""What records say that is compared, read from the database into columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.columns import Bigints
from integrations_pipelines.registry.statements import SCORED, driver
from integrations_pipelines.resolution.scored.model import FrozenModel
from integrations_pipelines.resolution.scoring import Records, content_hashes, records
from integrations_pipelines.resolution.scoring.columns import Booleans, Integers, among
from integrations_pipelines.resolution.scoring.records import Values, plain_texts
from integrations_pipelines.resolution.scoring.sketches import Sketches, sketched

_FETCH = 50_000


@dataclass(frozen=True, kw_only=True)
class Said:
    """Records by ascending internal id, with their columns and a hash of their content."""

    ids: Integers
    records: Records = field(repr=False)
    content: Integers = field(repr=False)

    @cached_property
    def sketches(self) -> Sketches:
        """A sketch of each record."""
        return sketched(self.records)

    def rows(self, ids: Integers) -> Integers:
        """Return the rows of records that are there."""
        return np.searchsorted(self.ids, ids)

    def has(self, ids: Integers) -> Booleans:
        """Return which records are there."""
        return among(ids, self.ids)


def say(
    connection: Connection, frozen: FrozenModel, chosen: str, records: Sequence[int] | Integers = ()
) -> Said:
    """Return what the records of the block ``chosen`` say: its rows are (id, attributes as text), by id.

    ``records`` are its parameter where it takes one.
    """
    ids: list[int] = []
    parts: dict[str, list[Values]] = {name: [] for name in frozen.attributes}
    for some, columns in _read(connection, frozen, chosen, records):
        ids.extend(some)
        for name, values in columns.items():
            # Texts alone, as most attributes are, take a quarter of the room as a column.
            texts = plain_texts(values)
            parts[name].append(values if texts is None else texts)
    return as_said(frozen, ids, {name: _whole(values) for name, values in parts.items()})


def attributes_of(
    connection: Connection, frozen: FrozenModel, records: Sequence[int]
) -> tuple[list[int], dict[str, list[Any]]]:
    """Return the ids and the compared attributes of ``records``."""
    found: list[int] = []
    columns: dict[str, list[Any]] = {name: [] for name in frozen.attributes}
    for some, values in _read(connection, frozen, "said", records):
        found.extend(some)
        for name in frozen.attributes:
            columns[name].extend(values[name])
    return found, columns


def _read(
    connection: Connection, frozen: FrozenModel, chosen: str, ids: Sequence[int] | Integers
) -> Iterator[tuple[list[int], dict[str, list[Any]]]]:
    """Yield ids and attributes of some records at a time.

    A value that is generic joins nobody and is not compared either.
    """
    generic = _generic(connection, frozen)
    query = sql.SQL(SCORED.literal(chosen)).format(entity_type=sql.Literal(frozen.entity_type.name))
    with driver(connection).cursor(name="said") as cursor:
        cursor.itersize = _FETCH
        cursor.execute(query, {"records": Bigints(np.asarray(ids, dtype=np.int64))})
        while rows := cursor.fetchmany(_FETCH):
            said = [orjson.loads(row[1]) for row in rows]
            yield (
                [row[0] for row in rows],
                {name: _values(said, name, generic.get(name)) for name in frozen.attributes},
            )


def _whole(parts: Sequence[Values]) -> Values:
    """Return one column of several; as lists where one of them is."""
    if all(isinstance(part, pa.StringArray) for part in parts):
        return pa.chunked_array(parts, pa.string()).combine_chunks()
    return [value for part in parts for value in (part.to_pylist() if isinstance(part, pa.Array) else part)]


def as_said(frozen: FrozenModel, ids: Sequence[int], columns: Mapping[str, Values]) -> Said:
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
