"""Names by the column: the whole from its parts, the parts from the whole, and the key that tells names apart."""

from collections.abc import Callable
from typing import TypeAlias, cast

from integrations_pipelines.entities.kinds import JSON, KINDS
from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.entities.names import name_key, name_keys, person_key, split_name, split_names
from integrations_pipelines.entities.projection.reading import Column

# Adds the columns that can be told from others, and returns the name key of each row.
Naming: TypeAlias = Callable[[dict[str, Column], int], list[str]]

PARTS = frozenset({"name", "given_name", "family_name"})


def has_name_parts(entity_type: EntityType) -> bool:
    """Whether the type names people, by full name, given name and family name."""
    kinds = [entity_type.attributes[part].kind for part in PARTS if part in entity_type.attributes]
    return kinds == ["person_name"] * len(PARTS)


def naming(entity_type: EntityType) -> Naming:
    """How records of this type are named."""
    if has_name_parts(entity_type):
        return _name_people
    label = entity_type.attributes.get(entity_type.label)
    key = KINDS[label.kind].name_key if label else None
    return _by_label(entity_type.label, key) if key else lambda columns, rows: [""] * rows


def _by_label(label: str, key: Callable[[str], str]) -> Naming:
    def name_things(columns: dict[str, Column], rows: int) -> list[str]:
        labels = columns.get(label, [None] * rows)
        return [key(value) if isinstance(value, str) else "" for value in labels]

    return name_things


def _name_people(columns: dict[str, Column], rows: int) -> list[str]:
    present = columns.keys() & PARTS
    if not present:
        return [""] * rows
    if present == {"name"}:
        return _take_apart(columns, columns["name"])
    names, givens, families = (
        columns.get(part) or [None] * rows for part in ("name", "given_name", "family_name")
    )
    named = [_name_person(*parts) for parts in zip(names, givens, families, strict=True)]
    columns["name"], columns["given_name"], columns["family_name"], keys = map(list, zip(*named, strict=True))
    return [str(key) for key in keys]


def _take_apart(columns: dict[str, Column], names: Column) -> list[str]:
    """Given and family names from full ones; a single word is neither."""
    texts = [name if type(name) is str else "" for name in names]
    givens, families, keys = split_names(texts)
    # Identity rules ask for the same keys beside phone numbers. A name is at most a line long, so memory stays bounded.
    name_keys.remember(texts, keys)
    if all(givens):
        columns["given_name"], columns["family_name"] = cast("Column", givens), cast("Column", families)
    else:
        columns["given_name"] = [given or None for given in givens]
        columns["family_name"] = [
            family if given else None for given, family in zip(givens, families, strict=True)
        ]
    return keys


def _name_person(name: JSON, given: JSON, family: JSON) -> tuple[JSON, JSON, JSON, str]:
    """Name, given name, family name, key; a part that the source gives stays as it is."""
    if isinstance(given, str) and isinstance(family, str):
        return name or f"{given} {family}", given, family, person_key(given, family)
    if isinstance(name, str):
        first, last = split_name(name)
        if not first:
            return name, given, family, name_key(name)
        return name, given or first, family or last, person_key(str(given or first), str(family or last))
    only = given or family
    return only, given, family, name_key(only) if isinstance(only, str) else ""
