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
    by_rank,
    values_of,
)
from integrations_pipelines.resolution.rules import generic_limits, kind_rules
from integrations_pipelines.resolution.scoring.columns import among, distinct

_NONE = np.zeros(0, dtype=np.int64)
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
    """What touched records hold, and ``holders`` of what was not generic before; ``of`` is the value of each.

    ``has_generic``: whether anything of the type was.
    """

    has_generic: bool
    records: Integers
    held: Held
    holders: Integers
    of: Integers


@dataclass(frozen=True, kw_only=True)
class _Ask:
    """How the walk asks: within which entity type, by which parameters, and what leads on beside identifiers."""

    connection: Connection
    entity_type: EntityType
    values: Mapping[str, Any]
    leads: tuple[str, ...] = ()
    has_generic: bool = True

    def columns(self, name: str, count: int, **values: Any) -> tuple[Integers, ...]:
        named = {
            "entity_type": sql.Literal(self.entity_type.name),
            "rank": _rank_of(self.entity_type),
            "is_generic": sql.SQL(RESOLVE.literal("is_generic") if self.has_generic else "false"),
        }
        query = sql.SQL(RESOLVE.literal(name)).format(**named)
        return read_columns(self.connection, query, count, {**self.values, **values}, few=True)

    def held_by(self, records: Integers) -> Held:
        kinds = [rule.kind for rule in kind_rules(self.entity_type)]
        found = [self.columns("held_by", 4, records=Bigints(some), kinds=kinds) for some in _parted(records)]
        records, keys, others, ranks = _by_value(found, 4)
        return Held(records=records, ranks=ranks >> 1, keys=keys, others=others, is_generic=ranks & 1 > 0)

    def holders(self, keys: Integers) -> tuple[Integers, Integers]:
        found = [self.columns("holders", 2, keys=Bigints(some)) for some in _parted(keys)]
        holders, of = _by_value(found, 2)
        return holders, of

    def led_on(self, records: Integers) -> Iterator[Integers]:
        for name in self.leads:
            yield from self.columns(name, 1, records=Bigints(records))


def _rank_of(entity_type: EntityType) -> sql.Composable:
    """Return the rank of an identifier's kind as an expression: cheaper than to join so few."""
    rules = kind_rules(entity_type)
    ranks = [
        sql.SQL("when {} then {}").format(sql.Literal(rule.kind), sql.Literal(rule.rank)) for rule in rules
    ]
    return sql.SQL("case i.kind {} end").format(sql.SQL(" ").join(ranks)) if ranks else sql.SQL("0")


def _parted(values: Integers) -> list[Integers]:
    """Return as many at a time as may be asked for."""
    return [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)]


def _by_value(found: list[tuple[Integers, ...]], count: int) -> tuple[Integers, ...]:
    """Return the columns of all parts, ordered by the second, which is the value."""
    columns = [np.concatenate([_NONE, *(part[n] for part in found)]) for n in range(count)]
    order = np.argsort(columns[1])
    return tuple(column[order] for column in columns)


def look_at_touched(connection: Connection, entity_type: EntityType, values: Mapping[str, Any]) -> Looked:
    """Read what the touched records hold and who holds it too.

    Fills the working table ``watched`` with the values that may have become generic, or telling again. Others cannot
    have: what is generic now is known, and what few records hold has few names.
    """
    has_generic = RESOLVE.run(connection, "has_generic", values).fetchone() == (True,)
    ask = _Ask(connection=connection, entity_type=entity_type, values=values, has_generic=has_generic)
    records = distinct(ask.columns("touched_ids", 1)[0])
    held = ask.held_by(records)
    holders, of = ask.holders(held.telling())
    above = {rule.rank: limit for rule, limit in generic_limits(entity_type)}
    counts = np.searchsorted(of, held.keys, side="right") - np.searchsorted(of, held.keys)
    _watch(ask, held, held.is_generic | (counts > by_rank(above)[held.ranks]))
    return Looked(has_generic=has_generic, records=records, held=held, holders=holders, of=of)


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
    ask = _Ask(connection=connection, entity_type=entity_type, values=values, leads=leads)
    _, generic = ask.columns("generic_watched", 2)
    ask = replace(ask, has_generic=looked.has_generic or len(generic) > 0)
    held = replace(looked.held, is_generic=among(looked.held.keys, distinct(generic)))
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
    # What has become telling again has to be asked for; what has become generic leads nowhere.
    asked = distinct(looked.of)
    reached = looked.holders[among(looked.of, held.telling())]
    members, parts, keys = _NONE, [], held.telling()
    new = _start(ask)
    while len(new):
        members = np.sort(np.concatenate((members, new)))
        parts.append(ask.held_by(new[~among(new, looked.records)]))
        keys = distinct(np.concatenate((keys, parts[-1].telling())))
        keys = keys[~among(keys, asked)]
        asked = np.sort(np.concatenate((asked, keys)))
        found = distinct(np.concatenate((reached, ask.holders(keys)[0], *ask.led_on(new))))
        new, reached, keys = found[~among(found, members)], _NONE, _NONE
    return members, parts


def _start(ask: _Ask) -> Integers:
    """Return the touched records of the type, and those that share an entity with any touched one now."""
    touched = Bigints(distinct(ask.columns("touched_ids", 1)[0]))
    found = [ask.columns(name, 1, records=touched)[0] for name in ("of_type", "mates")]
    return distinct(np.concatenate(found))


def _gathered(members: Integers, parts: list[Held]) -> tuple[Values, Booleans]:
    records, ranks, keys, others, generic = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("records", "ranks", "keys", "others", "is_generic")
    )
    ours = among(records, members)
    if not ours.all():
        records, ranks, keys, others = records[ours], ranks[ours], keys[ours], others[ours]
    values = values_of(records, ranks, keys, others)
    return values, ~among(values.hashes[values.starts], distinct(keys[generic]))
