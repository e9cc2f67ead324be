"""The words of a projection, and what comes out of it. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from integrations_pipelines.entities.kinds import JSON
from integrations_pipelines.entities.model import Strength


@dataclass(frozen=True)
class Field:
    """Where a value stands in the payload.

    ``path``: dotted, with list indexes and filters: ``name.first``, ``emails.0.value``, ``identities[*].value``,
    ``emails[primary=true].value``; ``a.b|c.d`` takes the first that has a value; a backslash takes the next character
    literally. A tuple of paths takes them all: joined where ``join`` is given, as one list for a conversion that
    wants the parts ("money"), else one after another (a single-valued attribute keeps the first).
    ``convert``: a name in ``CONVERSIONS``, or a format of times (``%Y-%m-%d.%H:%M:%S``, ``... @ Europe/Berlin``).
    """

    path: str | tuple[str, ...]
    convert: str | None = None
    join: str | None = None


@dataclass(frozen=True)
class Link:
    """A relation to the source record ``key`` of resource ``to`` in the same source system."""

    to: str
    key: Field | str


@dataclass(frozen=True)
class LinkByIdentifier:
    """A relation to whoever holds this identifier: ``kind`` is an identity rule of the relation's target type.

    ``place``: where a placed identifier (a login) holds; None means the projection's own place.
    """

    kind: str
    value: Field | str
    place: str | None = None


AnyLink: TypeAlias = Link | LinkByIdentifier
Links: TypeAlias = AnyLink | tuple[AnyLink, ...]


def _nothing() -> Mapping[str, Links]:
    return MappingProxyType({})


def _nowhere() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Projection:
    """How the records of one resource read as entities of one type.

    ``place``: within which usernames, numbers and external ids are unique ("github.com"); ``{account}`` in it stands
    for the source system's account. Two resources of one place share that space, so an id that is unique only within
    its resource must not be projected as ``external_id``: the record map has it already.
    ``places``: for single attributes that belong to another place (a CRM's field for the GitHub login).
    ``relations``: with a tuple of links all are followed; should they lead to different entities, that is for review.
    """

    entity_type: str
    place: str
    attributes: Mapping[str, Field | str]
    relations: Mapping[str, Links] = field(default_factory=_nothing)
    places: Mapping[str, str] = field(default_factory=_nowhere)


class Identifier(NamedTuple):
    """A cleaned value that can prove identity, within its entity type."""

    kind: str
    value: str
    strength: Strength


class LinkedRecord(NamedTuple):
    """A relation to a source record of the same source system."""

    relation: str
    resource: str
    key: str


class LinkedIdentifier(NamedTuple):
    """A relation to whoever holds an identifier."""

    relation: str
    kind: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRecord:
    """A payload read as its entity type.

    ``name_key``: tells names apart when a shared value is judged; "" where the type has no name.
    ``rejected``: attributes and relations that could not be read, each with a reason that holds none of its value.
    """

    attributes: dict[str, JSON]
    identifiers: list[Identifier]
    relations: list[LinkedRecord | LinkedIdentifier]
    name_key: str
    rejected: dict[str, str]
