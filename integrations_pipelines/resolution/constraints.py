"""Components that contradict a constraint: read, split by ``decide``, written back; what was refused is asked."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb
from sqlalchemy import Connection

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.registry.columns import new_uuids, write_columns
from integrations_pipelines.registry.statements import RESOLVE
from integrations_pipelines.resolution.decide import Component, Held, Partition, Refusal, partition
from integrations_pipelines.resolution.graph import ALONE
from integrations_pipelines.resolution.rules import kind_rules


def split_crowded(connection: Connection, entity_type: EntityType, full: Sequence[int]) -> None:
    """Split every component of the working table that breaks a rule; open review items for the refusals.

    ``full`` are the labels of those that hold many values, counted with repeats: no others can hold too many.
    """
    labels = [row[0] for row in RESOLVE.run(connection, "crowded", {"labels": list(full)})]
    rules = kind_rules(entity_type)
    found = _components(connection, labels) if labels else {}
    parts = {label: partition(component, rules) for label, component in found.items()}
    if labels:
        _write(connection, labels, parts)
    _ask(connection, entity_type.name, [refusal for part in parts.values() for refusal in part.refusals])


def _components(connection: Connection, labels: list[int]) -> dict[int, Component]:
    values = {"labels": labels}
    records: dict[int, dict[int, tuple[str, str, str]]] = defaultdict(dict)
    home = {}
    for label, record, system_key, resource, key in RESOLVE.run(connection, "crowded_records", values):
        records[label][record] = (system_key, resource, key)
        home[record] = label
    held: dict[int, dict[int, list[Held]]] = defaultdict(lambda: defaultdict(list))
    for record, kind, value, is_generic in RESOLVE.run(connection, "crowded_identifiers", values):
        held[home[record]][record].append(Held(kind=kind, value=value, is_generic=is_generic))
    said = _decisions(connection, values, home)
    return {
        label: Component(
            records=records[label],
            held=held[label],
            same=said[label, "same"],
            different=said[label, "different"],
        )
        for label in records
    }


def _decisions(
    connection: Connection, values: dict[str, Any], home: dict[int, int]
) -> dict[tuple[int, str], frozenset[tuple[int, int]]]:
    pairs: dict[tuple[int, str], set[tuple[int, int]]] = defaultdict(set)
    for left, right, verdict in RESOLVE.run(connection, "crowded_decisions", values):
        if home.get(left) == home.get(right):
            pairs[home[left], verdict].add((left, right))
    return defaultdict(frozenset, {slot: frozenset(found) for slot, found in pairs.items()})


def _write(connection: Connection, labels: list[int], parts: dict[int, Partition]) -> None:
    RESOLVE.run(connection, "drop_crowded", {"labels": labels})
    rows = [
        (record, group[0], len(group), part.ranks.get(record, ALONE))
        for part in parts.values()
        for group in part.groups
        for record in group
    ]
    columns = np.array(rows, dtype=np.int64).T
    uuids = new_uuids(len(rows)), new_uuids(len(rows))
    write_columns(connection, "component", (*columns, *uuids))


def _ask(connection: Connection, entity_type: str, refusals: list[Refusal]) -> None:
    asked: dict[str, Any] = {
        "entity_type": entity_type,
        "lefts": [refusal.edge.left for refusal in refusals],
        "rights": [refusal.edge.right for refusal in refusals],
        "reasons": [refusal.reason for refusal in refusals],
        "evidence": [Jsonb({"kind": refusal.edge.kind, "tier": refusal.edge.tier}) for refusal in refusals],
    }
    RESOLVE.run(connection, "stop_asking", asked)
    if refusals:
        RESOLVE.run(connection, "ask", asked)
