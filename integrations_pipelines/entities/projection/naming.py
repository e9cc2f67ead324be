"""Names of one record: the whole from its parts, the parts from the whole, and the key that tells names apart."""

from collections.abc import Callable
from typing import TypeAlias

from integrations_pipelines.entities.kinds import JSON, KINDS
from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.entities.names import name_key, person_key, split_name

# Completes the attributes in place, and returns the name key.
Naming: TypeAlias = Callable[[dict[str, JSON]], str]

_PARTS = ("name", "given_name", "family_name")


def has_name_parts(entity_type: EntityType) -> bool:
    """Whether the type names people, by full name, given name and family name."""
    kinds = [entity_type.attributes[part].kind for part in _PARTS if part in entity_type.attributes]
    return kinds == ["person_name"] * len(_PARTS)


def naming(entity_type: EntityType) -> Naming:
    """How records of this type are named."""
    if has_name_parts(entity_type):
        return _name_person
    label = entity_type.attributes.get(entity_type.label)
    key = KINDS[label.kind].name_key if label else None
    return _keyed(entity_type.label, key) if key else lambda attributes: ""


def _keyed(label: str, key: Callable[[str], str]) -> Naming:
    def name(attributes: dict[str, JSON]) -> str:
        value = attributes.get(label)
        return key(value) if isinstance(value, str) else ""

    return name


def _name_person(attributes: dict[str, JSON]) -> str:
    name, given, family = attributes.get("name"), attributes.get("given_name"), attributes.get("family_name")
    if isinstance(given, str) and isinstance(family, str):
        if name is None:
            attributes["name"] = f"{given} {family}"
        return person_key(given, family)
    if isinstance(name, str):
        return _named_whole(attributes, name)
    only = given or family
    if isinstance(only, str):
        attributes["name"] = only
        return name_key(only)
    return ""


def _named_whole(attributes: dict[str, JSON], name: str) -> str:
    """Take a full name apart, unless it is one word; a part that the source gives stays as it is."""
    given, family = split_name(name)
    if not given:
        return name_key(name)
    attributes.setdefault("given_name", given)
    attributes.setdefault("family_name", family)
    return person_key(given, family)
