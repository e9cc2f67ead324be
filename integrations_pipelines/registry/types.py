"""The entity types of this installation: the presets, and what the organisation added to them in the database.

One question to the database a run, never one a record. A custom field never takes the place of a preset one.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.entities import (
    ENTITY_TYPES,
    KINDS,
    Attribute,
    EntityType,
    IdentityRule,
    Relation,
    Strength,
)
from integrations_pipelines.entities.presets.shared import TRACES
from integrations_pipelines.errors import NotFound, UsageError
from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("types.sql"))
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_LONGEST = 40
_RESERVED = frozenset({"none", "entity", "relation", "custom"})
# More names than this behind one value: it is shared, as with the presets' strong identifiers.
_GENERIC_ABOVE = 3


def entity_types(connection: Connection) -> Mapping[str, EntityType]:
    """Return all entity types by name: presets, extended, and the organisation's own after them."""
    types, attributes, relations = _SQL.run(connection, "custom").fetchone() or ([], [], [])
    own = {one["name"]: _own_type(one) for one in types}
    found = {**own, **ENTITY_TYPES}
    for one in attributes:
        if one["entity_type"] in found:
            found[one["entity_type"]] = _with_attribute(found[one["entity_type"]], one)
    for one in relations:
        if one["entity_type"] in found:
            held = found[one["entity_type"]]
            added = {one["name"]: Relation(target=one["target"], many=one["many"])}
            found[held.name] = replace(held, relations={**added, **held.relations})
    return {name: found[name] for name in (*ENTITY_TYPES, *own)}


def type_named(connection: Connection, name: str) -> EntityType:
    """Return the entity type ``name``. Raises ``NotFound`` that says which there are."""
    types = entity_types(connection)
    if name not in types:
        raise NotFound(f"there is no entity type {name!r}; there are: {', '.join(types)}")
    return types[name]


def type_or_bare(connection: Connection, name: str) -> EntityType:
    """Return the entity type, a bare one for records that are none on purpose, or of a type that is no more."""
    return entity_types(connection).get(name) or EntityType(name=name, label="name", attributes={})


def attribute_named(entity_type: EntityType, name: str) -> Attribute:
    """Return the attribute ``name``. Raises ``NotFound`` that says which there are."""
    if name not in entity_type.attributes:
        known = ", ".join(entity_type.attributes)
        raise NotFound(f"{entity_type.name} has no attribute {name!r}; it has: {known}")
    return entity_type.attributes[name]


def add_type(connection: Connection, name: str, *, label: str, description: str) -> None:
    """Add an entity type of the organisation's own; ``label`` becomes its first attribute. Raises ``UsageError``."""
    _check_name(name, "entity type")
    if name in ENTITY_TYPES:
        raise UsageError(f"{name} is a preset entity type: it is protected; choose another name")
    if name in entity_types(connection):
        raise UsageError(f"there is an entity type {name!r} already")
    _check_name(label, "attribute")
    _SQL.run(connection, "add_type", {"name": name, "label": label, "description": description})
    if label not in TRACES:
        add_attribute(connection, name, label, Attribute(kind="name"), strength=None)


def add_attribute(
    connection: Connection, entity_type: str, name: str, attribute: Attribute, *, strength: str | None
) -> None:
    """Add an attribute to a preset or custom type; ``strength`` None identifies nobody.

    Raises ``NotFound``, and ``UsageError`` where the name is taken, by a protected attribute or any other.
    """
    held = type_named(connection, entity_type)
    _check_name(name, "attribute")
    _refuse_taken(held, name)
    if attribute.kind not in KINDS:
        raise UsageError(f"--kind {attribute.kind!r}: there is no such kind; there are: {', '.join(KINDS)}")
    if strength is not None and attribute.kind in ("json", "money", "boolean", "text"):
        raise UsageError(f"{entity_type}.{name}: a {attribute.kind} can identify nobody")
    values = {"entity_type": entity_type, "name": name, "strength": strength}
    more = {"kind": attribute.kind, "many": attribute.many, "description": attribute.description}
    _SQL.run(connection, "add_attribute", {**values, **more})


def add_relation(connection: Connection, entity_type: str, name: str, *, target: str, many: bool) -> None:
    """Add a relation to a preset or custom type. Raises as ``add_attribute`` does."""
    held = type_named(connection, entity_type)
    type_named(connection, target)
    _check_name(name, "relation")
    _refuse_taken(held, name)
    values = {"entity_type": entity_type, "name": name, "target": target, "many": many}
    _SQL.run(connection, "add_relation", values)


def remove_type(connection: Connection, name: str) -> None:
    """Remove a type of the organisation's own. Raises ``UsageError`` for a preset, and while anything refers to it."""
    if name in ENTITY_TYPES:
        raise UsageError(f"{name} is a preset entity type: it is protected and cannot be removed")
    types = entity_types(connection)
    type_named(connection, name)
    if _SQL.run(connection, "records_of", {"name": name}).fetchone() == (True,):
        raise UsageError(f"{name}: records are of this type; a type with records stays")
    aiming = [
        f"{one.name}.{relation}"
        for one in types.values()
        for relation, shape in one.relations.items()
        if shape.target == name and one.name != name
    ]
    if aiming:
        raise UsageError(f"{name}: {', '.join(aiming)} leads to it; remove that first")
    for relation in types[name].relations:
        _SQL.run(connection, "remove_relation", {"entity_type": name, "name": relation})
    for attribute in types[name].attributes:
        _SQL.run(connection, "remove_attribute", {"entity_type": name, "name": attribute})
    _SQL.run(connection, "remove_type", {"name": name})


def remove_attribute(connection: Connection, entity_type: str, name: str) -> None:
    """Remove an attribute that the organisation added; payloads keep its values. Raises ``UsageError`` for others."""
    held = type_named(connection, entity_type)
    attribute_named(held, name)
    _refuse_preset(held, name, "attribute")
    if name == held.label:
        raise UsageError(f"{entity_type}.{name}: is what people read first and stays")
    values = {"entity_type": entity_type, "name": name}
    steps = ("remove_attribute", "forget_attribute", "forget_identifiers", "forget_policy")
    for step in steps:
        _SQL.run(connection, step, values)


def remove_relation(connection: Connection, entity_type: str, name: str) -> None:
    """Remove a relation that the organisation added. Raises ``UsageError`` for others, ``NotFound``."""
    held = type_named(connection, entity_type)
    if name not in held.relations:
        raise NotFound(
            f"{entity_type} has no relation {name!r}; it has: {', '.join(held.relations) or 'none'}"
        )
    _refuse_preset(held, name, "relation")
    for step in ("remove_relation", "forget_relations"):
        _SQL.run(connection, step, {"entity_type": entity_type, "name": name})


def _own_type(row: Mapping[str, Any]) -> EntityType:
    return EntityType(name=row["name"], label=row["label"], attributes=TRACES, description=row["description"])


def _with_attribute(held: EntityType, row: Mapping[str, Any]) -> EntityType:
    name, strength = row["name"], row["strength"]
    attribute = Attribute(kind=row["kind"], many=row["many"], description=row["description"])
    # What is there stays: a preset attribute that a later version brings goes before an older custom one.
    attributes = {**held.attributes, name: held.attributes.get(name, attribute)}
    if strength is None or name in held.attributes or any(rule.kind == name for rule in held.identity):
        return replace(held, attributes=attributes)
    rule = IdentityRule(
        kind=name,
        attributes=(name,),
        strength=Strength(strength),
        placed=strength == Strength.EXCLUSIVE,
        generic_above=_GENERIC_ABOVE if strength == Strength.STRONG else None,
    )
    return replace(held, attributes=attributes, identity=(*held.identity, rule))


def _check_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST or name in _RESERVED:
        raise UsageError(f"{what} {name!r}: a name is lower case, words joined by _, at most {_LONGEST} long")


def _refuse_taken(held: EntityType, name: str) -> None:
    known: Attribute | Relation | None = held.attributes.get(name) or held.relations.get(name)
    if known is not None:
        what = "attribute" if name in held.attributes else "relation"
        why = f"a protected {what}: it cannot be overwritten" if known.protected else f"an {what} already"
        raise UsageError(
            f"{held.name}.{name} is {why}; choose another name".replace("an relation", "a relation")
        )
    if any(rule.kind == name for rule in held.identity):
        raise UsageError(f"{held.name}.{name}: is the name of one of its identifiers; choose another name")


def _refuse_preset(held: EntityType, name: str, what: str) -> None:
    preset = ENTITY_TYPES.get(held.name)
    own: dict[str, Attribute | Relation] = {**(preset.attributes if preset else TRACES)}
    own |= preset.relations if preset else {}
    if name in own:
        state = "protected" if own[name].protected else "preset"
        raise UsageError(f"{held.name}.{name} is a {state} {what}: it cannot be removed")
