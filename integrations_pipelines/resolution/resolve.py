"""Resolution of one entity type: touched records -> components -> entities, in one transaction.

Two plans, one result: the bulk plan computes every component of the type anew, the delta plan those of the touched
records. Either way a component is computed from its records' identifiers and from persons' decisions alone.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.canonical.values import canonical_values
from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.registry.columns import read_columns, write_columns
from integrations_pipelines.registry.statements import MAP, RESOLVE
from integrations_pipelines.resolution.constraints import split_crowded
from integrations_pipelines.resolution.graph import components
from integrations_pipelines.resolution.rules import as_json, kind_rules

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
    returned: int = 0
    mapped: int = 0
    remapped: int = 0


def resolve(connection: Connection, entity_type: EntityType) -> Resolution:
    """Bring mapping, canonical values and relations of ``entity_type`` up to its pending records.

    Runs in the caller's transaction, which must be REPEATABLE READ and hold the type's resolution lock: what arrives
    meanwhile stays pending.
    """
    values = {"entity_type": entity_type.name, "alone": CREATED}
    is_bulk = _prepare(connection, entity_type, values)
    if is_bulk is None:
        return Resolution(entity_type=entity_type.name)
    _weigh_shared_values(connection, values, is_bulk=is_bulk)
    _gather(connection, values, is_bulk=is_bulk)
    _connect(connection, entity_type)
    split_crowded(connection, entity_type)
    return _carry_out(connection, entity_type, values)


def _prepare(connection: Connection, entity_type: EntityType, values: dict[str, Any]) -> bool | None:
    """Return whether the bulk plan is due, or None where nothing is pending."""
    RESOLVE.run(connection, "prepare")
    RESOLVE.run(connection, "rules", {"rules": as_json(entity_type, kind_rules(entity_type))})
    RESOLVE.run(connection, "touch", values)
    touched, total = RESOLVE.run(connection, "totals", values).fetchone() or (0, 0)
    if not touched:
        return None
    RESOLVE.run(connection, "analyze_touched")
    return bool(total <= touched * _BULK_SHARE)


def _weigh_shared_values(connection: Connection, values: dict[str, Any], *, is_bulk: bool) -> None:
    RESOLVE.run(connection, "watch_all" if is_bulk else "watch_touched", values)
    for name in ("weigh", "touch_flipped", "forget_generic", "note_generic"):
        RESOLVE.run(connection, name, values)


def _gather(connection: Connection, values: dict[str, Any], *, is_bulk: bool) -> None:
    RESOLVE.run(connection, "gather_all" if is_bulk else "gather_touched", values)
    grown = 0 if is_bulk else 1
    round_ = 0
    while grown:
        round_ += 1
        grown = RESOLVE.run(connection, "expand", {**values, "round": round_}).rowcount
    RESOLVE.run(connection, "analyze_members")


def _connect(connection: Connection, entity_type: EntityType) -> None:
    shared = sql.SQL(RESOLVE.literal("shared")).format(entity_type=sql.Literal(entity_type.name))
    by_value = read_columns(connection, shared, 3)
    by_hand = read_columns(connection, sql.SQL(RESOLVE.literal("joined_by_hand")), 3)
    (records,) = read_columns(connection, sql.SQL(RESOLVE.literal("members")), 1)
    left, right, ranks = (np.concatenate(pair) for pair in zip(by_value, by_hand, strict=True))
    found = components(records, left, right, ranks)
    write_columns(connection, "component", (found.records, found.labels, found.sizes, found.ranks))
    RESOLVE.run(connection, "analyze_components")


def _carry_out(connection: Connection, entity_type: EntityType, values: dict[str, Any]) -> Resolution:
    for name in ("nodes", "analyze_nodes", "claims", "returns", "targets", "analyze_targets"):
        MAP.run(connection, name, values)
    new_values = canonical_values(sql.SQL(MAP.literal("many_new")))
    known_values = canonical_values(sql.SQL(MAP.literal("known")))
    MAP.run(connection, "create_entities", values, new_values=new_values)
    if MAP.run(connection, "has_known").fetchone() == (True,):
        MAP.run(connection, "update_entities", values, known_values=known_values)
        for name in ("merge_entities", "log_merges", "update_maps"):
            MAP.run(connection, name, values)
    for name in ("insert_maps", "log_maps"):
        MAP.run(connection, name, values)
    _aim_relations(connection, values)
    counts = MAP.run(connection, "counts").fetchone() or ()
    for name in ("finish", "finish_released", "clear"):
        MAP.run(connection, name, values)
    names = ("touched", "examined", "created", "merged", "returned", "mapped", "remapped")
    return Resolution(entity_type=entity_type.name, **dict(zip(names, counts, strict=True)))


def _aim_relations(connection: Connection, values: dict[str, Any]) -> None:
    if MAP.run(connection, "has_relations", values).fetchone() == (True,):
        MAP.run(connection, "relations", values)
        MAP.run(connection, "aim_relations", values)
        MAP.run(connection, "clear_aimed")
