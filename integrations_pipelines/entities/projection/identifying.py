"""From cleaned attributes to identifiers: the identity rules of a type, made ready for one projection."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from integrations_pipelines.entities.kinds import JSON, KINDS, AttributeKind
from integrations_pipelines.entities.model import EntityType, IdentityRule, Strength

Row: TypeAlias = tuple[int, str, str, str]
Emit: TypeAlias = Callable[[int, Mapping[str, JSON], list[Row]], None]


class _Part(NamedTuple):
    attribute: str
    prefix: str
    identifies: Callable[[str], bool] | None


def emitters(
    entity_type: EntityType, available: frozenset[str], places: Mapping[str, str]
) -> tuple[Emit, ...]:
    """For each identity rule a function that appends (row, kind, value, strength) to a list.

    ``available``: the attributes that can be there at all. ``places``: the place of each placed attribute.
    """
    rules = (rule for rule in entity_type.identity if available.issuperset(rule.beside))
    return tuple(
        _emitter(rule, entity_type, parts)
        for rule in rules
        if (parts := _rule_parts(rule, entity_type, available, places))
    )


def _rule_parts(
    rule: IdentityRule, entity_type: EntityType, available: frozenset[str], places: Mapping[str, str]
) -> tuple[_Part, ...]:
    return tuple(
        _Part(name, f"{places[name]}:" if rule.placed else "", _kind(entity_type, name).identifies)
        for name in rule.attributes
        if name in available
    )


def _kind(entity_type: EntityType, attribute: str) -> AttributeKind:
    return KINDS[entity_type.attributes[attribute].kind]


def _emitter(rule: IdentityRule, entity_type: EntityType, parts: tuple[_Part, ...]) -> Emit:
    if len(parts) == 1 and not rule.beside and not entity_type.attributes[parts[0].attribute].many:
        return _emit_one(rule, parts[0])
    beside = tuple((name, _kind(entity_type, name).key or str) for name in rule.beside)
    return _emit_all(rule, parts, beside)


def _emit_one(rule: IdentityRule, part: _Part) -> Emit:
    attribute, prefix, identifies = part
    kind, strength, weak = rule.kind, rule.strength.value, Strength.WEAK.value

    def emit(row: int, attributes: Mapping[str, JSON], rows: list[Row]) -> None:
        value = attributes.get(attribute)
        if value is not None:
            text = str(value)
            proves = identifies is None or identifies(text)
            rows.append((row, kind, prefix + text, strength if proves else weak))

    return emit


def _emit_all(
    rule: IdentityRule, parts: tuple[_Part, ...], beside: tuple[tuple[str, Callable[[str], str]], ...]
) -> Emit:
    kind, strength, weak = rule.kind, rule.strength.value, Strength.WEAK.value

    def emit(row: int, attributes: Mapping[str, JSON], rows: list[Row]) -> None:
        suffix = ""
        for name, key in beside:
            neighbour = attributes.get(name)
            if neighbour is None or not (compared := key(str(neighbour))):
                return
            suffix += "|" + compared
        seen: set[str] = set()
        for attribute, prefix, identifies in parts:
            found = attributes.get(attribute)
            for value in found if isinstance(found, list) else () if found is None else (found,):
                text = f"{prefix}{value}{suffix}"
                if text not in seen:
                    seen.add(text)
                    proves = identifies is None or identifies(str(value))
                    rows.append((row, kind, text, strength if proves else weak))

    return emit
