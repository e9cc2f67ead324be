"""The maps of a first resolution, as bytes for COPY: made from what a second session reads, while the first writes.

``INSERT .. SELECT`` puts rows into a table one by one, COPY a page at a time; and the statement would wait its turn.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection

from integrations_pipelines.errors import Unbalanced
from integrations_pipelines.registry.columns import Integers, Uuids
from integrations_pipelines.registry.copying import Field, as_field, binary_rows, copy_binary
from integrations_pipelines.registry.first_groups import Group, read_groups
from integrations_pipelines.registry.first_told import LOGGED, entities_created, log_lines, records_mapped
from integrations_pipelines.registry.statements import FIRST_MAPS

# Ids in one block; and how many blocks are made before they are taken: some 35 MB each.
BLOCK, AHEAD = 20 * LOGGED, 6
_MAP = (
    *(
        "uuid",
        "source_system_id",
        "resource",
        "source_record_id",
        "record_id",
        "target_domain",
        "target_uuid",
    ),
    *(
        "map_status",
        "decided_by",
        "last_synced_at",
        "source_version",
        "content_hash",
        "created_by",
        "updated_by",
    ),
)
_CHANGE = ("kind", "items")


@dataclass(frozen=True, kw_only=True)
class Members:
    """Every record of a type by ascending id; ``labels`` is the first record of its component, as ``graph.py`` has it.

    ``ranks`` says by what kind it hangs there; ``entities`` are the components' uuids, ``maps`` the records' own.
    """

    records: Integers
    labels: Integers
    ranks: Integers
    entities: Uuids
    maps: Uuids


def replaced(members: Members, rows: tuple[NDArray[Any], ...]) -> Members:
    """Return ``members`` with other values for some records: ``rows`` are columns as ``Members`` has them, or none."""
    if not rows:
        return members
    places = np.searchsorted(members.records, rows[0])
    columns = members.labels.copy(), members.ranks.copy(), members.entities.copy(), members.maps.copy()
    for column, values in zip(columns, rows[1:], strict=True):
        column[places] = values
    labels, ranks, entities, maps = columns
    return Members(records=members.records, labels=labels, ranks=ranks, entities=entities, maps=maps)


@dataclass(frozen=True, kw_only=True)
class Words:
    """What all maps of a resolution have in common: who writes them, when, and the names of the kinds by rank.

    ``now`` is as PostgreSQL sends it; ``alone`` is for a rank that is no kind's.
    """

    entity_type: str
    actor: str
    now: bytes
    kinds: dict[int, str]
    alone: str


@dataclass(frozen=True, kw_only=True)
class Block:
    """The maps of some records, what the feed tells of them, and the log."""

    count: int
    maps: bytes
    changes: bytes
    log: dict[str, Any]


def is_told(connection: Connection) -> bool:
    """Return whether the feed's triggers are on, as they are unless a person turned them off."""
    return FIRST_MAPS.run(connection, "is_told").fetchone() == (True,)


def words_of(connection: Connection, values: dict[str, Any]) -> Words:
    """Return what all maps have in common."""
    ((actor, now),) = FIRST_MAPS.run(connection, "words").fetchall()
    kinds = dict(FIRST_MAPS.run(connection, "kinds").fetchall())
    return Words(entity_type=values["entity_type"], actor=actor, now=now, kinds=kinds, alone=values["alone"])


def touch(beside: Connection) -> None:
    """Read nothing from all that ``made`` reads."""
    read_groups(beside, "", (1, 0))


def blocks_of(members: Members) -> list[tuple[int, int]]:
    """Return the first and the last id of each block."""
    return [(n * BLOCK, (n + 1) * BLOCK - 1) for n in np.unique(members.records // BLOCK).tolist()]


def made(beside: Connection, members: Members, words: Words, ids: tuple[int, int]) -> Block:
    """Return a block, read through the session ``beside``."""
    groups = read_groups(beside, words.entity_type, ids)
    places = [np.searchsorted(members.records, group.ids) for group in groups]
    each = list(zip(groups, places, strict=True))
    return Block(
        count=sum(map(len, places)),
        maps=b"".join(_maps(group, members, at, words) for group, at in each),
        changes=b"".join(records_mapped(group, members.maps[at], members.entities[at]) for group, at in each),
        log=log_lines(groups, words.entity_type),
    )


def take(connection: Connection, members: Members, blocks: Iterator[Block]) -> int:
    """Write what ``made`` returned; return how many maps that are. Raises ``Unbalanced``."""
    mapped = 0
    for block in blocks:
        copy_binary(connection, "integrations.record_map", _MAP, block.maps)
        copy_binary(connection, "integrations.change", _CHANGE, block.changes)
        FIRST_MAPS.run(connection, "log_block", block.log)
        mapped += block.count
    if mapped != len(members.records):
        raise Unbalanced(f"{mapped} maps of {len(members.records)} records")
    return mapped


def tell_entities(connection: Connection, members: Members, entity_type: str) -> None:
    """Write for the feed that every component is an entity now."""
    uuids = members.entities[members.records == members.labels]
    copy_binary(connection, "integrations.change", _CHANGE, entities_created(uuids, entity_type))


def _maps(group: Group, members: Members, at: NDArray[np.integer], words: Words) -> bytes:
    fields: tuple[Field, ...] = (
        members.maps[at],
        group.system.to_bytes(8, "big"),
        group.resource.encode(),
        group.keys,
        group.ids,
        b"entities",
        members.entities[at],
        group.status.encode(),
        _deciders(members.ranks[at], words),
        words.now,
        group.versions,
        group.hashes,
        words.actor.encode(),
        words.actor.encode(),
    )
    return binary_rows(len(at), fields)


def _deciders(ranks: Integers, words: Words) -> Field:
    known, places = np.unique(ranks, return_inverse=True)
    names = [words.kinds.get(rank, words.alone) for rank in known.tolist()]
    return names[0].encode() if len(names) == 1 else as_field(names).take(pa.array(places))
