"""From cleaned columns to identifiers: the identity rules of a type, made ready for one projection."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias, cast

from integrations_pipelines.entities.kinds import KINDS, AttributeKind
from integrations_pipelines.entities.model import EntityType, IdentityRule, Strength
from integrations_pipelines.entities.projection.reading import Column
from integrations_pipelines.errors import ContractError

Texts: TypeAlias = list[str | None]
# row, kind, value, strength
IdentifierRow: TypeAlias = tuple[int, str, str, str]

# Their values may hold line breaks, or are no text: an id is an ``identifier``, though it be a number.
_CANNOT_IDENTIFY = frozenset({"text", "json", "money", "boolean", "integer"})


class Part(NamedTuple):
    """One attribute that makes identifiers by a rule."""

    attribute: str
    many: bool
    prefix: str
    proves_nothing: Callable[[str], bool] | None


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
    many = entity_type.attributes[name].many
    return Part(name, many, f"{places[name]}:" if rule.placed else "", kind.proves_nothing)


def _kind(entity_type: EntityType, attribute: str) -> AttributeKind:
    return KINDS[entity_type.attributes[attribute].kind]


def identifier_rows(reader: RuleReader, columns: Mapping[str, Column], start: int) -> list[IdentifierRow]:
    """The distinct identifiers that a rule makes, rows counted from ``start``."""
    present = [part for part in reader.parts if part.attribute in columns]
    suffixes = _suffixes(reader, columns)
    rows = [row for part in present for row in _rows(reader, part, columns[part.attribute], suffixes, start)]
    return rows if len(present) == 1 else list(dict.fromkeys(rows))


def _suffixes(reader: RuleReader, columns: Mapping[str, Column]) -> Texts:
    """What the neighbours add to each row's values, None where one is missing; empty when none are wanted."""
    suffixes: Texts = []
    for name, key in reader.beside:
        own = ["|" + told if type(value) is str and (told := key(value)) else None for value in columns[name]]
        suffixes = (
            [a + b if a and b else None for a, b in zip(suffixes, own, strict=True)] if suffixes else own
        )
    return suffixes


def _rows(reader: RuleReader, part: Part, column: Column, suffixes: Texts, start: int) -> list[IdentifierRow]:
    """The identifiers of one attribute. A value that proves nothing is weak evidence, whatever the rule says."""
    kind, strength, prefix = reader.kind, reader.strength, part.prefix
    rows, values = _spread(column) if part.many else (range(len(column)), cast("Texts", column))
    texts = [prefix + value if value else None for value in values] if prefix else values
    if suffixes:
        ends = [suffixes[row] for row in rows] if part.many else suffixes
        texts = [text + end if text and end else None for text, end in zip(texts, ends, strict=True)]
    numbers = [start + row for row in rows] if part.many else range(start, start + len(column))
    if part.proves_nothing is None:
        return [(row, kind, text, strength) for row, text in zip(numbers, texts, strict=True) if text]
    is_shared, weak = part.proves_nothing, Strength.WEAK.value
    return [
        (row, kind, text, weak if value and is_shared(value) else strength)
        for row, value, text in zip(numbers, values, texts, strict=True)
        if text
    ]


def _spread(column: Column) -> tuple[Sequence[int], Texts]:
    """The items of a column of lists, each with its row."""
    items = [(row, str(one)) for row, value in enumerate(column) if isinstance(value, list) for one in value]
    return [row for row, _ in items], [item for _, item in items]
