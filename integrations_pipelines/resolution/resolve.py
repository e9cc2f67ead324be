"""Resolution of one entity type: touched records -> components -> entities, in one transaction.

Two plans, one result: the bulk plan computes every component of the type anew, the delta plan those of the touched
records. Either way a component is computed from its records' identifiers and from persons' decisions alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.canonical.values import canonical_values
from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.registry.bulk import indexes_afterwards
from integrations_pipelines.registry.columns import new_uuids, read_columns, write_columns
from integrations_pipelines.registry.statements import MAP, RESOLVE
from integrations_pipelines.resolution.constraints import split_crowded
from integrations_pipelines.resolution.graph import (
    Components,
    Integers,
    Values,
    components,
    crowded_values,
    edges_of,
    full_components,
    is_telling,
    values_of,
)
from integrations_pipelines.resolution.rules import as_json, generic_limits, kind_rules

# The delta plan walks from record to record; above this share of all records, computing all of them is faster.
_BULK_SHARE = 3
CREATED = "created"


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """What one resolution did, in records and entities; all zero where nothing was pending."""

    entity_type: str
    touched: int = 0
    examined: int = 0
    created: int = 0
    merged: int = 0
    mapped: int = 0
    remapped: int = 0


def resolve(connection: Connection, entity_type: EntityType, *, walk: bool = False) -> Resolution:
    """Bring mapping, canonical values and relations of ``entity_type`` up to its pending records.

    Runs in the caller's transaction, which must be REPEATABLE READ and hold the type's resolution lock: what arrives
    meanwhile stays pending. ``walk``: by the delta plan, however much is pending.
    """
    values = {"entity_type": entity_type.name, "alone": CREATED}
    is_bulk = _prepare(connection, entity_type, values)
    if is_bulk is None:
        return Resolution(entity_type=entity_type.name)
    full = (_connect_all if is_bulk and not walk else _connect_touched)(connection, entity_type, values)
    split_crowded(connection, entity_type, full)
    return _carry_out(connection, entity_type, values)


def _prepare(connection: Connection, entity_type: EntityType, values: dict[str, Any]) -> bool | None:
    """Return whether the bulk plan is due, or None where nothing is pending."""
    RESOLVE.run(connection, "prepare")
    RESOLVE.run(connection, "rules", {"rules": as_json(entity_type, kind_rules(entity_type))})
    RESOLVE.run(connection, "touch", values)
    touched, total = RESOLVE.run(connection, "totals", values).fetchone() or (0, 0)
    if not touched:
        RESOLVE.run(connection, "nothing_to_do")
        return None
    RESOLVE.run(connection, "analyze_touched")
    return bool(total <= touched * _BULK_SHARE)


def _connect_touched(
    connection: Connection, entity_type: EntityType, values: dict[str, Any]
) -> Sequence[int]:
    """The delta plan: walk from the touched records to all that hang on them. Returns labels to look at closely."""
    RESOLVE.run(connection, "watch_touched", values)
    _weigh(connection, values)
    RESOLVE.run(connection, "make_member")
    RESOLVE.run(connection, "gather_touched", values)
    for number in count(1):
        if RESOLVE.run(connection, "expand", {**values, "round": number}).rowcount == 0:
            break
    RESOLVE.run(connection, "analyze_members")
    shared = sql.SQL(RESOLVE.literal("shared")).format(entity_type=sql.Literal(entity_type.name))
    _write_components(connection, read_columns(connection, shared, 3))
    return [row[0] for row in RESOLVE.run(connection, "full")]


def _connect_all(connection: Connection, entity_type: EntityType, values: dict[str, Any]) -> Sequence[int]:
    """The bulk plan: every record of the type, grouped in arrays. Returns labels to look at closely."""
    name = sql.Literal(entity_type.name)
    held = values_of(*read_columns(connection, sql.SQL(RESOLVE.literal("held")).format(entity_type=name), 4))
    _watch_suspects(connection, entity_type, values, held)
    _weigh(connection, values)
    generic = read_columns(connection, sql.SQL(RESOLVE.literal("generic_hashes")).format(entity_type=name), 2)
    RESOLVE.run(connection, "gather_all", values)
    RESOLVE.run(connection, "analyze_members")
    found = _write_components(connection, edges_of(held, is_telling(held, *generic)))
    most = {rule.rank: rule.most for rule in kind_rules(entity_type) if rule.most is not None}
    return [int(label) for label in full_components(found, held, most)]


def _watch_suspects(
    connection: Connection, entity_type: EntityType, values: dict[str, Any], held: Values
) -> None:
    above = {rule.rank: limit for rule, limit in generic_limits(entity_type)}
    suspects = crowded_values(held, above)
    named = {"records": held.records, "ranks": held.ranks, "hashes": held.hashes}
    arrays = {name: column[held.starts[suspects]].tolist() for name, column in named.items()}
    RESOLVE.run(connection, "watch_suspects", {**values, **arrays})


def _weigh(connection: Connection, values: dict[str, Any]) -> None:
    for name in ("weigh", "touch_flipped", "forget_generic", "note_generic"):
        RESOLVE.run(connection, name, values)


def _write_components(connection: Connection, by_value: tuple[Integers, ...]) -> Components:
    by_hand = read_columns(connection, sql.SQL(RESOLVE.literal("joined_by_hand")), 3)
    (records,) = read_columns(connection, sql.SQL(RESOLVE.literal("members")), 1)
    left, right, ranks = (np.concatenate(pair) for pair in zip(by_value, by_hand, strict=True))
    found = components(records, left, right, ranks)
    uuids = new_uuids(len(records)), new_uuids(len(records))
    write_columns(connection, "component", (found.records, found.labels, found.sizes, found.ranks, *uuids))
    RESOLVE.run(connection, "analyze_components")
    return found


def _carry_out(connection: Connection, entity_type: EntityType, values: dict[str, Any]) -> Resolution:
    examined = MAP.run(connection, "nodes", values).rowcount
    for name in ("analyze_nodes", "claims", "returns", "targets", "analyze_targets"):
        MAP.run(connection, name, values)
    with indexes_afterwards(connection, examined, "entities.entity", "integrations.record_map"):
        created = _create_entities(connection, values)
        merged, remapped = _move_entities(connection, values)
        mapped = MAP.run(connection, "insert_maps", values).rowcount
    for name in ("log_first_maps", "let_go"):
        MAP.run(connection, name, values)
    _aim_relations(connection, values)
    ((touched,),) = MAP.run(connection, "seen").fetchall()
    for name in ("finish", "finish_released", "finish_reclaimed", "clear"):
        MAP.run(connection, name, values)
    return Resolution(
        entity_type=entity_type.name,
        touched=touched,
        examined=examined,
        created=created,
        merged=merged,
        mapped=mapped,
        remapped=remapped,
    )


def _create_entities(connection: Connection, values: dict[str, Any]) -> int:
    new_values = canonical_values(sql.SQL(MAP.literal("many_new")))
    return MAP.run(connection, "create_entities", values, new_values=new_values).rowcount


def _move_entities(connection: Connection, values: dict[str, Any]) -> tuple[int, int]:
    """Update the entities that were there before; return how many became aliases, and how many records moved."""
    if MAP.run(connection, "has_known").fetchone() != (True,):
        return 0, 0
    known_values = canonical_values(sql.SQL(MAP.literal("known")))
    MAP.run(connection, "update_entities", values, known_values=known_values)
    merged = MAP.run(connection, "log_merges", values).rowcount
    for name in ("merge_entities", "update_maps", "lead_aliases"):
        MAP.run(connection, name, values)
    return merged, MAP.run(connection, "log_moves", values).rowcount


def _aim_relations(connection: Connection, values: dict[str, Any]) -> None:
    if MAP.run(connection, "has_relations", values).fetchone() == (True,):
        MAP.run(connection, "relations", values)
        MAP.run(connection, "aim_relations", values)
        MAP.run(connection, "clear_aimed")
