"""Reading relations: links to source records and to holders of identifiers."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from integrations_pipelines.entities.kinds import KINDS, UncleanValue
from integrations_pipelines.entities.kinds.kind import Cleaner
from integrations_pipelines.entities.kinds.texts import clean_identifier
from integrations_pipelines.entities.model import EntityType, IdentityRule, Relation
from integrations_pipelines.entities.projection.reading import Fetch, Rejected, as_field, fetcher
from integrations_pipelines.entities.projection.words import (
    AnyLink,
    Link,
    LinkByIdentifier,
    Links,
    Projection,
)
from integrations_pipelines.errors import ContractError

# relation, then resource and key of a source record, or kind and value of an identifier.
Target: TypeAlias = tuple[str, str | None, str | None, str | None, str | None]


class LinkReader(NamedTuple):
    """One link of one relation, ready to read."""

    relation: str
    many: bool
    fetch: Fetch
    clean: Cleaner
    target: Callable[[str], Target]


def link_readers(
    projection: Projection,
    entity_type: EntityType,
    types: Mapping[str, EntityType],
    place: Callable[[str], str],
) -> tuple[LinkReader, ...]:
    """The readers of every link. Raises ``ContractError`` for unknown relations, targets and identifier kinds."""
    readers = []
    for relation, links in projection.relations.items():
        if relation not in entity_type.relations:
            known = ", ".join(sorted(entity_type.relations)) or "none"
            raise ContractError(f"{entity_type.name} has no relation {relation!r}; it has: {known}")
        shape = entity_type.relations[relation]
        readers += [_reader(relation, shape, link, types, place) for link in _each(links)]
    return tuple(readers)


def _each(links: Links) -> tuple[AnyLink, ...]:
    return links if isinstance(links, tuple) else (links,)


def _reader(
    relation: str,
    shape: Relation,
    link: AnyLink,
    types: Mapping[str, EntityType],
    place: Callable[[str], str],
) -> LinkReader:
    match link:
        case Link(to=resource, key=key):
            fetch = fetcher(as_field(key), flatten=shape.many)
            return LinkReader(
                relation, shape.many, fetch, clean_identifier, partial(_to_record, relation, resource)
            )
        case LinkByIdentifier(kind=kind, value=value):
            rule, clean = _rule(relation, shape, kind, types)
            prefix = f"{place(link.place or '')}:" if rule.placed else ""
            fetch = fetcher(as_field(value), flatten=shape.many)
            return LinkReader(relation, shape.many, fetch, clean, partial(_to_holder, relation, kind, prefix))


def _rule(
    relation: str, shape: Relation, kind: str, types: Mapping[str, EntityType]
) -> tuple[IdentityRule, Cleaner]:
    """The rule that makes identifiers of ``kind``, and the cleaner of its values."""
    if shape.target not in types:
        raise ContractError(f"relation {relation!r}: unknown entity type {shape.target!r}")
    target = types[shape.target]
    rule = next((rule for rule in target.identity if rule.kind == kind), None)
    if rule is None or rule.beside:
        usable = ", ".join(rule.kind for rule in target.identity if not rule.beside) or "nothing"
        raise ContractError(
            f"relation {relation!r}: {target.name} cannot be found by {kind!r}, but by: {usable}"
        )
    return rule, KINDS[target.attributes[rule.attributes[0]].kind].clean


def _to_record(relation: str, resource: str, key: str) -> Target:
    return relation, resource, key, None, None


def _to_holder(relation: str, kind: str, prefix: str, value: str) -> Target:
    return relation, None, None, kind, prefix + value


def read_links(
    readers: tuple[LinkReader, ...], payload: object, region: str | None
) -> tuple[list[Target], Rejected]:
    """The distinct targets in the order of the projection, and what could not be read."""
    targets: dict[Target, None] = {}
    rejected: Rejected = {}
    for reader in readers:
        try:
            keys = [reader.clean(value, region) for value in reader.fetch(payload)]
        except UncleanValue as reason:
            rejected[reader.relation] = str(reason)
            continue
        found = sorted({str(key) for key in keys if key is not None}) if reader.many else _first(keys)
        targets.update((reader.target(key), None) for key in found)
    return list(targets), rejected


def _first(keys: Sequence[object]) -> list[str]:
    return [str(key) for key in keys if key is not None][:1]
