"""Resolution of one entity type: touched records -> components -> entities, in one transaction.

Two plans, one result: the bulk plan computes every component of the type anew, the delta plan those of the touched
records. Either way a component is computed from its records' identifiers, from the scores of their pairs and from
persons' decisions alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import numpy as np
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.canonical.values import canonical_values, has_rules
from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.registry.bulk import indexes_afterwards
from integrations_pipelines.registry.columns import Bigints, new_uuids, read_columns, uuids_by, write_columns
from integrations_pipelines.registry.statements import FIRST_MAPS, MAP, RESOLVE
from integrations_pipelines.resolution.constraints import split_crowded
from integrations_pipelines.resolution.domains import link_domains
from integrations_pipelines.resolution.first_maps import Counts, has_bars, is_first, map_first
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
from integrations_pipelines.resolution.rules import SCORE_RANK, as_json, generic_limits, kind_rules
from integrations_pipelines.resolution.scored import (
    Thresholds,
    Tier,
    TierCounts,
    is_outdated,
    open_tier,
    update_scores,
)
from integrations_pipelines.resolution.scored.links import doubts_of, read_links
from integrations_pipelines.resolution.scored.model import live_scheme
from integrations_pipelines.resolution.walk import look_at_touched, walk

# The delta plan walks from record to record; above this share of all records, computing all of them is faster.
_BULK_SHARE = 3
# A fresh temporary table counts as ten pages, some thousand rows: where there are fewer, the planner has to be told.
_FEW_RECORDS = 2_000
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
    asked: int = 0
    scores: TierCounts = field(default_factory=TierCounts)


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """How the touched records are resolved; ``tier`` is None for a type that is not scored."""

    entity_type: EntityType
    is_bulk: bool
    tier: Tier | None
    values: dict[str, Any]


def resolve(
    connection: Connection,
    entity_type: EntityType,
    thresholds: Thresholds | None = None,
    *,
    walk: bool = False,
) -> Resolution:
    """Bring mapping, canonical values and relations of ``entity_type`` up to its pending records.

    Runs in the caller's transaction, which must be REPEATABLE READ and hold the type's resolution lock: what arrives
    meanwhile stays pending. ``thresholds``: those of the settings where None. With another model, another size or other
    thresholds than the last time, everything is computed anew, whether anything is pending or not. ``walk``: else by
    the delta plan, however much is pending.
    """
    plan = _prepare(connection, entity_type, thresholds, walk=walk)
    if plan is None:
        return Resolution(entity_type=entity_type.name)
    found, full, scores = (_connect_all if plan.is_bulk else _connect_touched)(connection, plan)
    links = read_links(connection, plan.tier)
    doubts = doubts_of(connection, plan.tier, found, links)
    asked = split_crowded(connection, entity_type, (found, full), (plan.tier, links, doubts))
    done = _carry_out(connection, plan)
    return replace(done, asked=asked, scores=scores)


def is_due(connection: Connection, entity_type: EntityType) -> bool:
    """Return whether ``resolve`` has anything to do; asked before its lock is taken, so that most types cost nothing.

    Most types have nothing to do most of the time; a transaction that finds that out costs 15 ms.
    """
    row = RESOLVE.run(connection, "due", {"entity_type": entity_type.name}).fetchone()
    return row == (True,) or is_outdated(connection, entity_type)


def _prepare(
    connection: Connection, entity_type: EntityType, thresholds: Thresholds | None, *, walk: bool
) -> _Plan | None:
    """Return what is due, or None where nothing is pending."""
    values: dict[str, Any] = {"entity_type": entity_type.name, "alone": CREATED, "link_bits": inf}
    MAP.run(connection, "end_pins", values)
    if not live_scheme(entity_type) and RESOLVE.run(connection, "pending", values).fetchone() is None:
        return None
    RESOLVE.run(connection, "prepare")
    RESOLVE.run(connection, "rules", {"rules": as_json(entity_type, kind_rules(entity_type))})
    RESOLVE.run(connection, "analyze_rules")
    touched = RESOLVE.run(connection, "touch", values).rowcount
    tier = open_tier(connection, entity_type, thresholds)
    is_stale = tier is not None and tier.is_stale
    if not touched and not is_stale:
        MAP.run(connection, "finish", values)
        RESOLVE.run(connection, "nothing_to_do")
        return None
    if touched < _FEW_RECORDS:
        RESOLVE.run(connection, "analyze_touched")
    is_bulk = not walk and (is_stale or _are_most(connection, touched, values))
    return _Plan(
        entity_type=entity_type,
        is_bulk=is_bulk,
        tier=tier,
        values=values | ({"link_bits": tier.thresholds.link_bits} if tier else {}),
    )


def _are_most(connection: Connection, touched: int, values: dict[str, Any]) -> bool:
    """Return whether so many records are a great share of all of the type."""
    enough = touched * _BULK_SHARE + 1
    ((guess,),) = RESOLVE.run(connection, "guess_total", values).fetchall()
    if guess[0]["Plan"]["Plan Rows"] > 2 * enough:
        return False
    ((total,),) = RESOLVE.run(connection, "total", {**values, "enough": enough}).fetchall()
    return bool(total < enough)


def _score(connection: Connection, plan: _Plan) -> TierCounts:
    return update_scores(connection, plan.tier, everything=plan.is_bulk) if plan.tier else TierCounts()


def _connect_touched(connection: Connection, plan: _Plan) -> tuple[Components, Sequence[int], TierCounts]:
    """The delta plan: walk from the touched records to all that hang on them.

    Returns components, the labels of those to look at closely, and what was scored.
    """
    entity_type, values = plan.entity_type, plan.values
    looked = look_at_touched(connection, entity_type, values)
    _weigh(connection, values)
    scores = _score(connection, plan)
    RESOLVE.run(connection, "make_member")
    records, held, telling = walk(connection, looked, entity_type, values)
    found = _write_components(connection, plan, records, edges_of(held, telling))
    if len(records) < _FEW_RECORDS:
        RESOLVE.run(connection, "analyze_components")
    return found, _full(entity_type, found, held), scores


def _connect_all(connection: Connection, plan: _Plan) -> tuple[Components, Sequence[int], TierCounts]:
    """The bulk plan: every record of the type, grouped in arrays. Returns as ``_connect_touched``."""
    entity_type, values = plan.entity_type, plan.values
    name = sql.Literal(entity_type.name)
    held = values_of(*read_columns(connection, sql.SQL(RESOLVE.literal("held")).format(entity_type=name), 4))
    _watch_suspects(connection, entity_type, values, held)
    _weigh(connection, values)
    scores = _score(connection, plan)
    generic = read_columns(connection, sql.SQL(RESOLVE.literal("generic_hashes")).format(entity_type=name), 2)
    RESOLVE.run(connection, "gather_all", values)
    RESOLVE.run(connection, "analyze_members")
    (records,) = read_columns(connection, sql.SQL(RESOLVE.literal("members")), 1)
    found = _write_components(connection, plan, records, edges_of(held, is_telling(held, *generic)))
    RESOLVE.run(connection, "analyze_components")
    return found, _full(entity_type, found, held), scores


def _full(entity_type: EntityType, found: Components, held: Values) -> list[int]:
    most = {rule.rank: rule.most for rule in kind_rules(entity_type) if rule.most is not None}
    return [int(label) for label in full_components(found, held, most)]


def _watch_suspects(
    connection: Connection, entity_type: EntityType, values: dict[str, Any], held: Values
) -> None:
    above = {rule.rank: limit for rule, limit in generic_limits(entity_type)}
    suspects = crowded_values(held, above)
    named = {"records": held.records, "hashes": held.hashes}
    arrays = {name: Bigints(column[held.starts[suspects]]) for name, column in named.items()}
    RESOLVE.run(connection, "watch_suspects", {**values, **arrays, "everything": True})


def _weigh(connection: Connection, values: dict[str, Any]) -> None:
    if RESOLVE.run(connection, "weigh", values).rowcount:
        for name in ("touch_flipped", "forget_generic", "note_generic"):
            RESOLVE.run(connection, name, values)


def _write_components(
    connection: Connection, plan: _Plan, records: Integers, by_value: tuple[Integers, ...]
) -> Components:
    by_hand = read_columns(connection, sql.SQL(RESOLVE.literal("joined_by_hand")), 3)
    links = read_links(connection, plan.tier)
    by_score = links.left, links.right, np.full_like(links.left, SCORE_RANK)
    left, right, ranks = (np.concatenate(parts) for parts in zip(by_value, by_hand, by_score, strict=True))
    found = components(records, left, right, ranks)
    uuids = uuids_by(found.labels), new_uuids(len(records))
    write_columns(connection, "component", (found.records, found.labels, found.sizes, found.ranks, *uuids))
    return found


def _carry_out(connection: Connection, plan: _Plan) -> Resolution:
    entity_type, values = plan.entity_type, plan.values
    ruled = has_rules(connection, entity_type.name)
    first = plan.is_bulk and not ruled and is_first(connection, entity_type)
    done = map_first(connection, values) if first else _map(connection, entity_type, values, ruled=ruled)
    MAP.run(connection, "let_go", values)
    _aim_relations(connection, values)
    link_domains(connection, entity_type)
    if ruled:
        MAP.run(connection, "log_refusals", values)
    ((touched,),) = MAP.run(connection, "seen").fetchall()
    for name in ("finish", "finish_released", "finish_reclaimed"):
        MAP.run(connection, name, values)
    (FIRST_MAPS if first else MAP).run(connection, "clear_mapped")
    MAP.run(connection, "clear")
    return Resolution(entity_type=entity_type.name, touched=touched, **done)


def _map(connection: Connection, entity_type: EntityType, values: dict[str, Any], *, ruled: bool) -> Counts:
    """Give the components their entities, old or new, and the records their maps; return how many."""
    examined = MAP.run(connection, "nodes", values).rowcount
    for name in ("analyze_nodes", "claims", "returns", "targets"):
        MAP.run(connection, name, values)
    if has_bars(connection, entity_type):
        MAP.run(connection, "bar_targets", {**values, "creates": entity_type.creates})
    MAP.run(connection, "analyze_targets")
    with indexes_afterwards(connection, examined, "entities.entity", "integrations.record_map"):
        created = _create_entities(connection, values, ruled=ruled)
        merged, remapped = _move_entities(connection, values, ruled=ruled)
        mapped = MAP.run(connection, "insert_maps", values).rowcount
    MAP.run(connection, "log_first_maps", values)
    return Counts(examined=examined, created=created, mapped=mapped, merged=merged, remapped=remapped)


def _create_entities(connection: Connection, values: dict[str, Any], *, ruled: bool) -> int:
    new_values = canonical_values(sql.SQL(MAP.literal("all_new" if ruled else "many_new")), ruled=ruled)
    name = "create_ruled_entities" if ruled else "create_entities"
    return MAP.run(connection, name, values, new_values=new_values).rowcount


def _move_entities(connection: Connection, values: dict[str, Any], *, ruled: bool) -> tuple[int, int]:
    """Update the entities that were there before; return how many became aliases, and how many records moved."""
    if MAP.run(connection, "has_known").fetchone() != (True,):
        return 0, 0
    known_values = canonical_values(sql.SQL(MAP.literal("known")), ruled=ruled)
    MAP.run(connection, "update_entities", values, known_values=known_values)
    merged = MAP.run(connection, "log_merges", values).rowcount
    for name in ("merge_entities", "update_maps", "lead_aliases", "empty_entities"):
        MAP.run(connection, name, values)
    return merged, MAP.run(connection, "log_moves", values).rowcount


def _aim_relations(connection: Connection, values: dict[str, Any]) -> None:
    if MAP.run(connection, "has_relations", values).fetchone() == (True,):
        MAP.run(connection, "relations", values)
        MAP.run(connection, "aim_relations", values)
        MAP.run(connection, "clear_aimed")
