"""A projection made ready: checked against its entity type once, then fast for every payload."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from integrations_pipelines.entities.kinds import KINDS
from integrations_pipelines.entities.model import EntityType, Strength
from integrations_pipelines.entities.presets import ENTITY_TYPES
from integrations_pipelines.entities.projection.identifying import (
    IdentifierRow,
    RuleReader,
    identifier_rows,
    rule_readers,
)
from integrations_pipelines.entities.projection.naming import PARTS, Naming, has_name_parts, naming
from integrations_pipelines.entities.projection.reading import (
    Column,
    Documents,
    Reader,
    Reasons,
    Region,
    read_column,
    reader,
)
from integrations_pipelines.entities.projection.relating import (
    LinkReader,
    RelationRow,
    link_readers,
    read_relations,
)
from integrations_pipelines.entities.projection.words import (
    Identifier,
    LinkedIdentifier,
    LinkedRecord,
    Projection,
    SourceRecord,
)
from integrations_pipelines.errors import ContractError

_COUNTRY = "country"


class Read(NamedTuple):
    """What a chunk of documents reads as; ``rejected`` by row, then by attribute or relation."""

    columns: dict[str, Column]
    name_keys: list[str]
    identifiers: list[IdentifierRow]
    relations: list[RelationRow]
    rejected: dict[int, dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class CompiledProjection:
    """Reads payloads as source records. Make one with ``compile_projection`` and keep it."""

    entity_type: EntityType
    region: str | None
    readers: tuple[Reader, ...]
    name: Naming
    rules: tuple[RuleReader, ...]
    links: tuple[LinkReader, ...]

    def __call__(self, payload: Mapping[str, object]) -> SourceRecord:
        """The source record of one payload. What cannot be read is in its ``rejected``; nothing is raised."""
        read = self.read([dict(payload)], 0)
        return SourceRecord(
            attributes={name: column[0] for name, column in read.columns.items() if column[0] is not None},
            identifiers=[
                Identifier(kind, value, Strength(strength)) for _, kind, value, strength in read.identifiers
            ],
            relations=[_linked(row) for row in read.relations],
            name_key=read.name_keys[0],
            rejected=read.rejected.get(0, {}),
        )

    def read(self, documents: Documents, start: int) -> Read:
        """What ``documents`` read as, rows counted from ``start``.

        A record's own country, where it has one, settles how its national phone numbers are read.
        """
        columns: dict[str, Column] = {}
        unread: list[tuple[str, Reasons]] = []
        region: Region = self.region
        for one in self.readers:
            columns[one.name], reasons = read_column(one, documents, region)
            unread.append((one.name, reasons))
            if one.name == _COUNTRY:
                region = _regions(columns[_COUNTRY], self.region)
        name_keys = self.name(columns, len(documents))
        identifiers = [row for rule in self.rules for row in identifier_rows(rule, columns, start)]
        relations, unrelated = (
            read_relations(self.links, documents, region, start) if self.links else ([], [])
        )
        return Read(columns, name_keys, identifiers, relations, _by_row(unread + unrelated, start))


def _regions(countries: Column, otherwise: str | None) -> Region:
    """The region of each row, or one for all where no row says otherwise."""
    if not any(countries):
        return otherwise
    return [country if isinstance(country, str) else otherwise for country in countries]


def _by_row(unread: list[tuple[str, Reasons]], start: int) -> dict[int, dict[str, str]]:
    rejected: dict[int, dict[str, str]] = {}
    for name, reasons in unread:
        for row, reason in reasons.items():
            rejected.setdefault(start + row, {})[name] = reason
    return rejected


def _linked(row: RelationRow) -> LinkedRecord | LinkedIdentifier:
    _, relation, _, _, resource, key, kind, value = row
    if resource is not None:
        return LinkedRecord(relation, resource, str(key))
    return LinkedIdentifier(relation, str(kind), str(value))


def compile_projection(
    projection: Projection,
    *,
    types: Mapping[str, EntityType] = ENTITY_TYPES,
    region: str | None = None,
    account: str | None = None,
) -> CompiledProjection:
    """The function that reads payloads by ``projection``.

    ``region``: ISO 3166 alpha-2, for national forms in records without a country of their own. ``account``: what
    ``{account}`` in a place stands for. Raises ``ContractError`` that names what does not fit.
    """
    if projection.entity_type not in types:
        raise ContractError(
            f"unknown entity type {projection.entity_type!r}; known: {', '.join(sorted(types))}"
        )
    entity_type = types[projection.entity_type]
    _check(projection, entity_type)
    place = partial(_place, projection, account)
    places = {name: place(projection.places.get(name, "")) for name in _placed(projection, entity_type)}
    return CompiledProjection(
        entity_type=entity_type,
        region=region,
        readers=_readers(projection, entity_type),
        name=naming(entity_type),
        rules=rule_readers(entity_type, _available(projection, entity_type), places),
        links=link_readers(projection, entity_type, types, place),
    )


def _check(projection: Projection, entity_type: EntityType) -> None:
    for name in (*projection.attributes, *projection.places):
        if name not in entity_type.attributes:
            known = ", ".join(sorted(entity_type.attributes))
            raise ContractError(f"{entity_type.name} has no attribute {name!r}; it has: {known}")
    for name, attribute in entity_type.attributes.items():
        if attribute.kind not in KINDS:
            raise ContractError(
                f"{entity_type.name}.{name}: unknown kind {attribute.kind!r}; known: {', '.join(KINDS)}"
            )


def _readers(projection: Projection, entity_type: EntityType) -> tuple[Reader, ...]:
    """The country first: it settles how the others are read."""
    names = sorted(projection.attributes, key=lambda name: name != _COUNTRY)
    shapes = entity_type.attributes
    return tuple(
        reader(name, projection.attributes[name], KINDS[shapes[name].kind], many=shapes[name].many)
        for name in names
    )


def _place(projection: Projection, account: str | None, own: str) -> str:
    """The named place, or the projection's own where ``own`` is empty. A colon would end it too early."""
    place = own or projection.place
    if "{account}" in place and not account:
        raise ContractError(f"place {place!r} needs an account")
    place = place.replace("{account}", account or "")
    if not place or ":" in place:
        raise ContractError(f"place {place!r}: must be there, without a colon")
    return place


def _placed(projection: Projection, entity_type: EntityType) -> set[str]:
    rules = (rule for rule in entity_type.identity if rule.placed)
    return {name for rule in rules for name in rule.attributes if name in projection.attributes}


def _available(projection: Projection, entity_type: EntityType) -> frozenset[str]:
    names = frozenset(projection.attributes)
    return names | PARTS if has_name_parts(entity_type) and names & PARTS else names
