"""Components that contradict a constraint: read, split by ``decide``, written back; what was refused is asked."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb
from sqlalchemy import Connection

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.registry.columns import new_uuids, uuids_by, write_columns
from integrations_pipelines.registry.statements import RESOLVE
from integrations_pipelines.resolution.decide import (
    SCORED,
    Component,
    Edge,
    Held,
    Partition,
    Refusal,
    Told,
    partition,
)
from integrations_pipelines.resolution.graph import ALONE, Components
from integrations_pipelines.resolution.rules import SCORE, SCORE_RANK, kind_rules
from integrations_pipelines.resolution.scored.asking import Question, score_evidence, unsure
from integrations_pipelines.resolution.scored.links import Doubts, Links
from integrations_pipelines.resolution.scored.tier import Tier


def split_crowded(
    connection: Connection,
    entity_type: EntityType,
    found: tuple[Components, Sequence[int]],
    scored: tuple[Tier | None, Links, Doubts],
) -> int:
    """Split every component of the working table that breaks a rule; return how many questions are open by that.

    ``found`` are the components, and the labels of those that hold many values, counted with repeats: no others can
    hold too many. ``scored`` is what scores link, and what speaks against it.
    """
    tier, links, doubts = scored
    crowded = _crowded(connection, found[1])
    labels = sorted(crowded | doubts.bits.keys() | doubts.large)
    parts = _split(connection, entity_type, labels, (found[0], links, doubts)) if labels else {}
    if labels:
        _write(connection, labels, parts)
    refusals = [refusal for part in parts.values() for refusal in part.refusals]
    asked = [_question(tier, one) for one in refusals]
    asked += unsure(connection, tier, [(one.edge.left, one.edge.right) for one in refusals])
    _ask(connection, entity_type.name, asked)
    return len(asked)


def _crowded(connection: Connection, full: Sequence[int]) -> set[int]:
    if not full and RESOLVE.run(connection, "has_words").fetchone() != (True,):
        return set()
    return {row[0] for row in RESOLVE.run(connection, "crowded", {"labels": list(full)})}


def _split(
    connection: Connection,
    entity_type: EntityType,
    labels: list[int],
    scored: tuple[Components, Links, Doubts],
) -> dict[int, Partition]:
    found, links, doubts = scored
    rules = kind_rules(entity_type)
    edges = _scored_edges(links, found, labels)
    return {
        label: partition(component, rules, _edges(component, edges[label]))
        for label, component in _components(connection, labels, doubts).items()
    }


def _scored_edges(
    links: Links, found: Components, labels: list[int]
) -> Mapping[int, list[tuple[int, int, float]]]:
    edges: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    if len(links.left):
        home = links.by_label(found)
        at = np.flatnonzero(np.isin(home, labels))
        columns = (home[at], links.left[at], links.right[at], links.weights[at])
        for label, left, right, weight in zip(*(column.tolist() for column in columns), strict=True):
            edges[label].append((left, right, weight))
    return edges


def _edges(component: Component, scored: list[tuple[int, int, float]]) -> Iterator[Edge]:
    key = component.records
    for left, right, weight in scored:
        a, b = sorted((left, right), key=key.__getitem__)
        yield Edge(SCORED, SCORE_RANK, -weight, SCORE, "", key[a], key[b], a, b)


def _components(connection: Connection, labels: list[int], doubts: Doubts) -> dict[int, Component]:
    values = {"labels": labels}
    records: dict[int, dict[int, tuple[str, str, str]]] = defaultdict(dict)
    home = {}
    for label, record, system_key, resource, key in RESOLVE.run(connection, "crowded_records", values):
        records[label][record] = (system_key, resource, key)
        home[record] = label
    held: dict[int, dict[int, list[Held]]] = defaultdict(lambda: defaultdict(list))
    for record, kind, value, is_generic in RESOLVE.run(connection, "crowded_identifiers", values):
        held[home[record]][record].append(Held(kind=kind, value=value, is_generic=is_generic))
    said, told = _decisions(connection, values, home)
    return {
        label: Component(
            records=records[label],
            held=held[label],
            same=said[label, "same"],
            different=said[label, "different"],
            bits=doubts.bits.get(label, {}),
            enough=doubts.enough,
            told=told,
        )
        for label in records
    }


def _decisions(
    connection: Connection, values: dict[str, Any], home: dict[int, int]
) -> tuple[dict[tuple[int, str], frozenset[tuple[int, int]]], dict[tuple[int, int], Told]]:
    """Return the pairs of each component and verdict, and what those knew who told pairs apart."""
    pairs: dict[tuple[int, str], set[tuple[int, int]]] = defaultdict(set)
    acts: dict[tuple[int, int], tuple[str, str]] = {}
    for left, right, verdict, act, day in RESOLVE.run(connection, "crowded_decisions", values):
        if home.get(left) == home.get(right):
            pairs[home[left], verdict].add((left, right))
            if verdict == "different" and act is not None:
                acts[left, right] = act, day
    return (
        defaultdict(frozenset, {slot: frozenset(found) for slot, found in pairs.items()}),
        _told(connection, values, acts),
    )


def _told(
    connection: Connection, values: dict[str, Any], acts: Mapping[tuple[int, int], tuple[str, str]]
) -> dict[tuple[int, int], Told]:
    known: dict[str, set[tuple[str, str]]] = defaultdict(set)
    if acts:
        asked = {**values, "acts": sorted({act for act, _ in acts.values()})}
        for act, kind, value in RESOLVE.run(connection, "crowded_known", asked):
            known[act].add((kind, value))
    return {pair: Told(values=frozenset(known[act]), day=day) for pair, (act, day) in acts.items()}


def _write(connection: Connection, labels: list[int], parts: dict[int, Partition]) -> None:
    RESOLVE.run(connection, "drop_crowded", {"labels": labels})
    rows = [
        (record, group[0], len(group), part.ranks.get(record, ALONE))
        for part in parts.values()
        for group in part.groups
        for record in group
    ]
    columns = np.array(rows, dtype=np.int64).T
    write_columns(connection, "component", (*columns, uuids_by(columns[1]), new_uuids(len(rows))))


def _question(tier: Tier | None, refusal: Refusal) -> Question:
    edge = refusal.edge
    if tier is not None and edge.tier == SCORED:
        return Question(edge.left, edge.right, refusal.reason, score_evidence(tier, -edge.weight))
    return Question(
        edge.left, edge.right, refusal.reason, {"kind": edge.kind, "tier": edge.tier}, refusal.note
    )


def _ask(connection: Connection, entity_type: str, asked: list[Question]) -> None:
    values: dict[str, Any] = {
        "entity_type": entity_type,
        "lefts": [one.left for one in asked],
        "rights": [one.right for one in asked],
        "reasons": [one.reason for one in asked],
        "evidence": [Jsonb(one.evidence) for one in asked],
        "notes": [one.note for one in asked],
    }
    RESOLVE.run(connection, "stop_asking", values)
    if asked:
        RESOLVE.run(connection, "ask", values)
