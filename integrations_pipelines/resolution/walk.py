"""The delta plan's reading: what touched records hold, who holds the same, and so on from record to record.

Records, values and holders leave PostgreSQL as numbers, and each record and each value is looked up once; what hangs
together is worked out in arrays. A value is known by two independent 64-bit hashes of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.registry.columns import Bigints, read_columns, write_columns
from integrations_pipelines.registry.statements import RESOLVE
from integrations_pipelines.resolution.graph import (
    Booleans,
    Integers,
    Values,
    are_in,
    by_rank,
    distinct,
    runs_of,
    values_of,
)
from integrations_pipelines.resolution.rules import generic_limits

_NONE = np.zeros(0, dtype=np.int64)
# From so many consecutive ids on, a look from the first to the last is cheaper than one each.
_RUN = 4
_AT_ONCE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Held:
    """What records hold, a row each, by value: its kind's rank, the value's two hashes, whether it joins nobody."""

    records: Integers
    ranks: Integers
    keys: Integers
    others: Integers
    is_generic: Booleans

    def telling(self) -> Integers:
        """Return the keys of the values that join their holders, each once, ascending."""
        return distinct(self.keys[~self.is_generic])


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What touched records hold, and who holds the same.

    ``keys`` are the values, ascending; each of ``holders`` holds the one that stands beside it in ``of``. ``counts`` is
    how many were found of each value: at most ``most``, there may be more.
    """

    records: Integers
    held: Held
    keys: Integers
    holders: Integers
    of: Integers
    counts: Integers
    most: int


@dataclass(frozen=True, kw_only=True)
class _Ask:
    """How the walk asks: within which entity type, by which parameters, and what leads on beside identifiers."""

    connection: Connection
    entity_type: str
    values: Mapping[str, Any]
    leads: tuple[str, ...] = ()

    def columns(self, name: str, count: int, **values: Any) -> tuple[Integers, ...]:
        query = sql.SQL(RESOLVE.literal(name)).format(entity_type=sql.Literal(self.entity_type))
        return read_columns(self.connection, query, count, {**self.values, **values}, few=True)

    def held_by(self, records: Integers) -> Held:
        found = [self.columns("held_by", 4, **_in_runs(some)) for some in _parted(records)]
        records, keys, others, ranks = _by_value(found, 4)
        return Held(records=records, ranks=ranks >> 1, keys=keys, others=others, is_generic=ranks & 1 > 0)

    def holders(self, keys: Integers, most: int | None = None) -> tuple[Integers, Integers]:
        found = [self.columns("holders", 2, keys=Bigints(some), most=most) for some in _parted(keys)]
        holders, of = _by_value(found, 2)
        return holders, of

    def led_on(self, records: Integers) -> Iterator[Integers]:
        for name in self.leads:
            yield from self.columns(name, 1, records=Bigints(records))


def _parted(values: Integers) -> list[Integers]:
    """Return as many at a time as may be asked for."""
    return [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)]


def _by_value(found: list[tuple[Integers, ...]], count: int) -> tuple[Integers, ...]:
    """Return the columns of all parts, ordered by the second, which is the value."""
    columns = [np.concatenate([_NONE, *(part[n] for part in found)]) for n in range(count)]
    order = np.argsort(columns[1])
    return tuple(column[order] for column in columns)


def _in_runs(records: Integers) -> dict[str, Bigints]:
    """Return ascending ``records`` as the statements take them: runs of consecutive ids by their ends, the others."""
    firsts, lasts, others = (Bigints(one) for one in runs_of(records, _RUN))
    return {"firsts": firsts, "lasts": lasts, "records": others}


def look_at_touched(connection: Connection, entity_type: EntityType, values: Mapping[str, Any]) -> Looked:
    """Read what the touched records hold and who holds it too.

    Fills the working table ``watched`` with the values that may have become generic, or telling again. Others cannot
    have: what is generic now is known, and what few records hold has few names.
    """
    ask = _Ask(connection=connection, entity_type=entity_type.name, values=values)
    records = distinct(ask.columns("touched_ids", 1)[0])
    held = ask.held_by(records)
    above = {rule.rank: limit for rule, limit in generic_limits(entity_type)}
    most = max(above.values(), default=1) + 1
    keys = distinct(held.keys)
    holders, of = ask.holders(keys, most)
    counts = np.bincount(np.searchsorted(keys, of), minlength=len(keys))
    is_suspect = held.is_generic | (counts[np.searchsorted(keys, held.keys)] > by_rank(above)[held.ranks])
    _watch(ask, held, is_suspect)
    return Looked(records=records, held=held, holders=holders, keys=keys, of=of, counts=counts, most=most)


def _watch(ask: _Ask, held: Held, is_suspect: Booleans) -> None:
    keys, first = np.unique(held.keys[is_suspect], return_index=True)
    suspects = {"records": Bigints(held.records[is_suspect][first]), "hashes": Bigints(keys)}
    RESOLVE.run(ask.connection, "watch_suspects", {**ask.values, **suspects, "everything": False})


def walk(
    connection: Connection, looked: Looked, entity_type: EntityType, values: Mapping[str, Any]
) -> tuple[Integers, Values, Booleans]:
    """Walk from the touched records to all that hang on them: the members of the components to be computed.

    Returns the members, what they hold, and by value whether it joins its holders. Comes after weighing and scoring;
    fills the working table ``member`` where scores or persons' words are to be found by it.
    """
    leads = _leads(connection, values)
    ask = _Ask(connection=connection, entity_type=entity_type.name, values=values, leads=leads)
    _, generic = ask.columns("generic_watched", 2)
    held = replace(looked.held, is_generic=are_in(looked.held.keys, distinct(generic)))
    members, parts = _reach(ask, looked, held)
    if leads:
        write_columns(connection, "member", (members,))
        RESOLVE.run(connection, "analyze_members")
    return members, *_gathered(members, [held, *parts])


def _leads(connection: Connection, values: Mapping[str, Any]) -> tuple[str, ...]:
    has_words = RESOLVE.run(connection, "has_words").fetchone() == (True,)
    leads = {"worded": has_words, "scored": isfinite(values["link_bits"])}
    return tuple(name for name, leads_on in leads.items() if leads_on)


def _reach(ask: _Ask, looked: Looked, held: Held) -> tuple[Integers, list[Held]]:
    """Return every record that the touched ones lead to, and what those hold that were not touched."""
    asked, reached = _told_already(looked, held)
    members, parts, keys = _NONE, [], held.telling()
    new = _start(ask)
    while len(new):
        members = np.sort(np.concatenate((members, new)))
        parts.append(ask.held_by(new[~are_in(new, looked.records)]))
        keys = distinct(np.concatenate((keys, parts[-1].telling())))
        keys = keys[~are_in(keys, asked)]
        asked = np.sort(np.concatenate((asked, keys)))
        found = distinct(np.concatenate((reached, ask.holders(keys)[0], *ask.led_on(new))))
        new, reached, keys = found[~are_in(found, members)], _NONE, _NONE
    return members, parts


def _start(ask: _Ask) -> Integers:
    """Return the touched records of the type, and those that share an entity with any touched one now."""
    touched = _in_runs(distinct(ask.columns("touched_ids", 1)[0]))
    return distinct(
        np.concatenate((*ask.columns("of_type", 1, **touched), *ask.columns("mates", 1, **touched)))
    )


def _told_already(looked: Looked, held: Held) -> tuple[Integers, Integers]:
    """Return the telling values of which every holder is known, and these holders."""
    is_known = (looked.counts < looked.most) & are_in(looked.keys, held.telling())
    return looked.keys[is_known], looked.holders[is_known[np.searchsorted(looked.keys, looked.of)]]


def _gathered(members: Integers, parts: list[Held]) -> tuple[Values, Booleans]:
    records, ranks, keys, others, generic = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("records", "ranks", "keys", "others", "is_generic")
    )
    ours = are_in(records, members)
    if not ours.all():
        records, ranks, keys, others = records[ours], ranks[ours], keys[ours], others[ours]
    values = values_of(records, ranks, keys, others)
    return values, ~are_in(values.hashes[values.starts], distinct(keys[generic]))
