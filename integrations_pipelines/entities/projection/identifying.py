"""From cleaned columns to identifiers: the identity rules of a type, made ready for one projection."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from integrations_pipelines.entities.kinds import JSON, KINDS, AttributeKind
from integrations_pipelines.entities.model import EntityType, IdentityRule, Strength
from integrations_pipelines.entities.projection.reading import Column
from integrations_pipelines.errors import ContractError

# row, kind, value, strength
IdentifierRow: TypeAlias = tuple[int, str, str, str]

# Their values may hold line breaks, or are no text at all.
_CANNOT_IDENTIFY = frozenset({"text", "json", "money", "boolean"})


class Part(NamedTuple):
    """One attribute that makes identifiers by a rule."""

    attribute: str
    prefix: str
    identifies: Callable[[str], bool] | None


class RuleReader(NamedTuple):
    """An identity rule, as far as a projection can serve it; ``beside`` with the comparable form of each neighbour."""

    kind: str
    strength: str
    parts: tuple[Part, ...]
    beside: tuple[tuple[str, Callable[[str], str]], ...]


def rule_readers(
    entity_type: EntityType, available: frozenset[str], places: Mapping[str, str]
) -> tuple[RuleReader, ...]:
    """The rules that records with the ``available`` attributes can meet; ``places`` has the placed attributes' places.

    Raises ``ContractError`` for a rule on an attribute that cannot identify.
    """
    readers = (
        RuleReader(
            rule.kind,
            rule.strength.value,
            tuple(_part(rule, entity_type, name, places) for name in rule.attributes if name in available),
            tuple((name, _kind(entity_type, name).key or str) for name in rule.beside),
        )
        for rule in entity_type.identity
        if available.issuperset(rule.beside)
    )
    return tuple(reader for reader in readers if reader.parts)


def _part(rule: IdentityRule, entity_type: EntityType, name: str, places: Mapping[str, str]) -> Part:
    kind = _kind(entity_type, name)
    if kind.name in _CANNOT_IDENTIFY:
        raise ContractError(f"{entity_type.name}.{name}: a {kind.name} cannot identify")
    return Part(name, f"{places[name]}:" if rule.placed else "", kind.identifies)


def _kind(entity_type: EntityType, attribute: str) -> AttributeKind:
    return KINDS[entity_type.attributes[attribute].kind]


def identifier_rows(reader: RuleReader, columns: Mapping[str, Column], start: int) -> list[IdentifierRow]:
    """The distinct identifiers that a rule makes, rows counted from ``start``."""
    present = [part for part in reader.parts if part.attribute in columns]
    suffixes = _suffixes(reader, columns)
    rows = [row for part in present for row in _rows(reader, part, columns[part.attribute], suffixes, start)]
    return rows if len(present) == 1 else list(dict.fromkeys(rows))


def _suffixes(reader: RuleReader, columns: Mapping[str, Column]) -> list[str | None] | None:
    """What each row's neighbours add, None where one is missing; None when the rule wants no neighbours."""
    suffixes: list[str | None] | None = None
    for name, key in reader.beside:
        keys = [key(str(value)) if value is not None else "" for value in columns.get(name, ())]
        before = suffixes or [""] * len(keys)
        suffixes = [
            f"{left}|{own}" if own and left is not None else None
            for left, own in zip(before, keys, strict=True)
        ]
    return suffixes


def _rows(
    reader: RuleReader, part: Part, column: Column, suffixes: list[str | None] | None, start: int
) -> list[IdentifierRow]:
    kind, strength, prefix = reader.kind, reader.strength, part.prefix
    values = _flat(column, start)
    if suffixes is not None:
        beside = suffixes
        return [
            (row, kind, f"{prefix}{value}{beside[row - start]}", _strength(part, value, strength))
            for row, value in values
            if beside[row - start] is not None
        ]
    if part.identifies is None:
        return [(row, kind, f"{prefix}{value}", strength) for row, value in values]
    return [(row, kind, f"{prefix}{value}", _strength(part, value, strength)) for row, value in values]


def _strength(part: Part, value: JSON, strength: str) -> str:
    """A value that its kind does not let identify is weak evidence, whatever the rule says."""
    return strength if part.identifies is None or part.identifies(str(value)) else Strength.WEAK.value


def _flat(column: Column, start: int) -> list[tuple[int, JSON]]:
    """Each value with its row; a list gives all of its own."""
    found: list[tuple[int, JSON]] = [
        (row, value) for row, value in enumerate(column, start) if value is not None
    ]
    if not any(isinstance(value, list) for _, value in found):
        return found
    return [(row, one) for row, value in found for one in (value if isinstance(value, list) else (value,))]
