"""A projection made ready: checked against its entity type once, then fast for every payload."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from integrations_pipelines.entities.kinds import KINDS
from integrations_pipelines.entities.model import EntityType, Strength
from integrations_pipelines.entities.presets import ENTITY_TYPES
from integrations_pipelines.entities.projection.identifying import Emit, Row, emitters
from integrations_pipelines.entities.projection.naming import Naming, has_name_parts, naming
from integrations_pipelines.entities.projection.reading import (
    Attributes,
    OtherField,
    PlainField,
    Rejected,
    as_field,
    fetcher,
    plain_keys,
    read_many,
    read_others,
    read_plain,
    read_single,
)
from integrations_pipelines.entities.projection.relating import LinkReader, Target, link_readers, read_links
from integrations_pipelines.entities.projection.words import (
    Field,
    Identifier,
    LinkedIdentifier,
    LinkedRecord,
    Projection,
    SourceRecord,
)
from integrations_pipelines.errors import ContractError

_COUNTRY = "country"


@dataclass(frozen=True, kw_only=True)
class CompiledProjection:
    """Reads payloads as source records. Make one with ``compile_projection`` and keep it."""

    entity_type: EntityType
    region: str | None
    first: tuple[OtherField, ...]
    plain: Mapping[tuple[str, ...], tuple[PlainField, ...]]
    others: tuple[OtherField, ...]
    name: Naming
    emitters: tuple[Emit, ...]
    links: tuple[LinkReader, ...]

    def __call__(self, payload: Mapping[str, object]) -> SourceRecord:
        """The source record of one payload. What cannot be read is in its ``rejected``; nothing is raised."""
        attributes, name_key, rejected, targets = self.read(dict(payload))
        rows: list[Row] = []
        for emit in self.emitters:
            emit(0, attributes, rows)
        return SourceRecord(
            attributes=attributes,
            identifiers=[Identifier(kind, value, Strength(strength)) for _, kind, value, strength in rows],
            relations=[_linked(target) for target in targets],
            name_key=name_key,
            rejected=rejected,
        )

    def read(self, payload: dict[str, object]) -> tuple[Attributes, str, Rejected, list[Target]]:
        """Attributes, name key, what was rejected, targets of relations.

        The record's own country, where it has one, settles how its national phone numbers are read.
        """
        attributes: Attributes = {}
        rejected: Rejected = {}
        region = self.region
        if self.first:
            read_others(attributes, rejected, self.first, payload, region)
            region = str(attributes.get(_COUNTRY) or "") or region
        read_plain(attributes, rejected, self.plain, payload, region)
        if self.others:
            read_others(attributes, rejected, self.others, payload, region)
        name_key = self.name(attributes)
        if not self.links:
            return attributes, name_key, rejected, []
        targets, unread = read_links(self.links, payload, region)
        return attributes, name_key, rejected | unread, targets


def _linked(target: Target) -> LinkedRecord | LinkedIdentifier:
    relation, resource, key, kind, value = target
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
        first=_others(projection, entity_type, country=True),
        plain=_plain(projection, entity_type),
        others=_others(projection, entity_type, country=False),
        name=naming(entity_type),
        emitters=emitters(entity_type, _available(projection, entity_type), places),
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
    parts = frozenset({"name", "given_name", "family_name"})
    return names | parts if has_name_parts(entity_type) and names & parts else names


def _plain(
    projection: Projection, entity_type: EntityType
) -> Mapping[tuple[str, ...], tuple[PlainField, ...]]:
    """The plain fields, gathered by the object that holds them."""
    groups: dict[tuple[str, ...], tuple[PlainField, ...]] = {}
    for name, words in projection.attributes.items():
        keys = _plain_keys(name, as_field(words), entity_type)
        if keys:
            clean = KINDS[entity_type.attributes[name].kind].clean
            groups[keys[:-1]] = (*groups.get(keys[:-1], ()), PlainField(name, keys[-1], clean))
    return groups


def _plain_keys(name: str, field: Field, entity_type: EntityType) -> tuple[str, ...] | None:
    is_other = entity_type.attributes[name].many or _leads(name, entity_type)
    return None if is_other else plain_keys(field)


def _leads(name: str, entity_type: EntityType) -> bool:
    """Whether the attribute is the country, which is read before all others."""
    return name == _COUNTRY and entity_type.attributes[name].kind == "country"


def _others(projection: Projection, entity_type: EntityType, *, country: bool) -> tuple[OtherField, ...]:
    return tuple(
        _other(name, as_field(words), entity_type)
        for name, words in projection.attributes.items()
        if _leads(name, entity_type) == country and _plain_keys(name, as_field(words), entity_type) is None
    )


def _other(name: str, field: Field, entity_type: EntityType) -> OtherField:
    attribute = entity_type.attributes[name]
    kind = KINDS[attribute.kind]
    fetch = fetcher(field, flatten=attribute.many and attribute.kind != "json")
    return OtherField(name, partial(read_many if attribute.many else read_single, fetch, kind))
