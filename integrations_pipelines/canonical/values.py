"""Canonical values: a pure function of the records mapped to an entity, the policies, and what persons pinned."""

import uuid as uuidlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import sql
from psycopg.rows import class_row
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import driver, statements

_SQL = statements(Path(__file__).with_name("values.sql"))
_ALL = sql.SQL("select label from target")


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a record says of an attribute, with the version and the job it comes from; ``because`` says why it lost.

    ``because``: ``wins``, ``agrees``, ``older``, ``deleted``, ``not the owner``, ``stale``, ``lower priority``,
    ``less frequent`` or ``shorter``.
    """

    attribute: str
    value: Any
    rule: str
    record: str
    source_version: datetime | None
    observed_at: datetime
    job: uuidlib.UUID | None
    wins: bool
    because: str


@dataclass(frozen=True, kw_only=True)
class Pin:
    """What a person pinned: it goes before whatever records say; ``until`` None means for good."""

    label: int = field(repr=False)
    attribute: str
    value: Any
    uuid: uuidlib.UUID
    until: datetime | None
    reason: str
    created_at: datetime
    created_by: str


def has_rules(connection: Connection, entity_type: str) -> bool:
    """Return whether a policy or a pin has a say in the values of ``entity_type``."""
    return _SQL.run(connection, "has_rules", {"entity_type": entity_type}).fetchone() == (True,)


def canonical_values(chosen: sql.Composable, *, ruled: bool) -> sql.Composable:
    """Return the query (label, values) over the working tables ``node`` and ``target``, for labels ``chosen`` selects.

    ``ruled``: as ``has_rules`` says; where nothing rules, the newest word is found three times as fast.
    """
    return _composed("ruled" if ruled else "newest", chosen)


def recompute(connection: Connection, entity_type: str, entities: Sequence[uuidlib.UUID] | None) -> int:
    """Compute the values of these entities anew, of all of the type where None; return how many came out changed.

    Runs in a resolution transaction of the type.
    """
    query = _over_taken(canonical_values(_ALL, ruled=has_rules(connection, entity_type)))
    return _SQL.run(connection, "recompute", _taken(entity_type, entities), fresh=query).rowcount


def proposals(
    connection: Connection, entity_type: str, entity: uuidlib.UUID
) -> tuple[list[Proposal], list[Pin]]:
    """Return everything that the records of an entity say, the winner of each attribute first, and its pins."""
    values = _taken(entity_type, [entity])
    cursor = driver(connection).cursor(row_factory=class_row(Proposal))
    said = cursor.execute(_over_taken(_composed("proposals", _ALL)), values).fetchall()
    pins = driver(connection).cursor(row_factory=class_row(Pin))
    return said, pins.execute(_over_taken(_composed("pinned", _ALL)), values).fetchall()


def _taken(entity_type: str, entities: Sequence[uuidlib.UUID] | None) -> dict[str, Any]:
    return {"entity_type": entity_type, "uuids": None if entities is None else list(entities)}


def _over_taken(query: sql.Composable) -> sql.Composed:
    taken = sql.SQL(_SQL.literal("taken"))
    return sql.SQL(_SQL.literal("over_taken")).format(taken=taken, query=query)


def _composed(name: str, chosen: sql.Composable) -> sql.Composed:
    """Return the block ``name`` with the blocks that it is made of put in: what goes before what is said once."""
    precedence = sql.SQL(_SQL.literal("precedence"))
    member = sql.SQL(_SQL.literal("member")).format(precedence=precedence, chosen=chosen)
    ranked, pinned = sql.SQL(_SQL.literal("ranked")).format(), sql.SQL(_SQL.literal("pinned"))
    return sql.SQL(_SQL.literal(name)).format(
        precedence=precedence, chosen=chosen, member=member, ranked=ranked, pinned=pinned
    )
