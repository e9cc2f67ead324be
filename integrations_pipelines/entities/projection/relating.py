"""Reading relations: links to source records and to holders of identifiers."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from integrations_pipelines.entities.kinds import JSON, KINDS
from integrations_pipelines.entities.model import EntityType, IdentityRule, Relation
from integrations_pipelines.entities.projection.reading import (
    Documents,
    Reader,
    Reasons,
    Region,
    read_column,
    reader,
)
from integrations_pipelines.entities.projection.words import AnyLink, Link, LinkByIdentifier, Projection
from integrations_pipelines.errors import ContractError

# row, relation, ordinal, target type; then resource and key of a source record, or kind and value of an identifier.
RelationRow: TypeAlias = tuple[int, str, int, str, str | None, str | None, str | None, str | None]


class LinkReader(NamedTuple):
    """One link of one relation; ``resource`` or ``kind`` is None, as the link leads to a record or to a holder."""

    relation: str
    target: str
    read: Reader
    resource: str | None
    kind: str | None
    prefix: str


def link_readers(
    projection: Projection,
    entity_type: EntityType,
    types: Mapping[str, EntityType],
    place: Callable[[str], str],
) -> tuple[LinkReader, ...]:
    """The readers of every link. Raises ``ContractError`` for unknown relations, targets and identifier kinds."""
    return tuple(
        _reader(relation, _shape(relation, entity_type), link, types, place)
        for relation, links in projection.relations.items()
        for link in (links if isinstance(links, tuple) else (links,))
    )


def _shape(relation: str, entity_type: EntityType) -> Relation:
    if relation not in entity_type.relations:
        known = ", ".join(sorted(entity_type.relations)) or "none"
        raise ContractError(f"{entity_type.name} has no relation {relation!r}; it has: {known}")
    return entity_type.relations[relation]


def _reader(
    relation: str,
    shape: Relation,
    link: AnyLink,
    types: Mapping[str, EntityType],
    place: Callable[[str], str],
) -> LinkReader:
    match link:
        case Link(to=resource, key=key):
            read = reader(relation, key, KINDS["identifier"], many=shape.many)
            return LinkReader(relation, shape.target, read, resource, None, "")
        case LinkByIdentifier(kind=kind, value=value):
            rule, attribute_kind = _rule(relation, shape, kind, types)
            read = reader(relation, value, KINDS[attribute_kind], many=shape.many)
            prefix = f"{place(link.place or '')}:" if rule.placed else ""
            return LinkReader(relation, shape.target, read, None, kind, prefix)


def _rule(
    relation: str, shape: Relation, kind: str, types: Mapping[str, EntityType]
) -> tuple[IdentityRule, str]:
    """The rule that makes identifiers of ``kind``, and the attribute kind that cleans their values."""
    if shape.target not in types:
        raise ContractError(f"relation {relation!r}: unknown entity type {shape.target!r}")
    target = types[shape.target]
    rule = next((rule for rule in target.identity if rule.kind == kind), None)
    if rule is None or rule.beside:
        usable = ", ".join(rule.kind for rule in target.identity if not rule.beside) or "nothing"
        raise ContractError(
            f"relation {relation!r}: {target.name} cannot be found by {kind!r}, but by: {usable}"
        )
    return rule, target.attributes[rule.attributes[0]].kind


def read_relations(
    links: tuple[LinkReader, ...], documents: Documents, region: Region, start: int
) -> tuple[list[RelationRow], list[tuple[str, Reasons]]]:
    """Every distinct target, rows counted from ``start``, and by relation what could not be read.

    The ordinal counts the targets of one relation of one row.
    """
    found: dict[tuple[int, str], dict[tuple[LinkReader, str], None]] = {}
    unread = []
    for link in links:
        column, reasons = read_column(link.read, documents, region)
        unread.append((link.relation, reasons))
        for row, keys in enumerate(column, start):
            for key in _each(keys):
                found.setdefault((row, link.relation), {})[link, key] = None
    return [
        _row(row, ordinal, link, key)
        for (row, _), targets in sorted(found.items(), key=lambda item: item[0])
        for ordinal, (link, key) in enumerate(targets)
    ], unread


def _each(keys: JSON) -> list[str]:
    if keys is None:
        return []
    return [str(key) for key in keys] if isinstance(keys, list) else [str(keys)]


def _row(row: int, ordinal: int, link: LinkReader, key: str) -> RelationRow:
    if link.resource is not None:
        return row, link.relation, ordinal, link.target, link.resource, key, None, None
    return row, link.relation, ordinal, link.target, None, None, link.kind, link.prefix + key
