"""The shapes that entities take: attributes, relations, identity rules, entity types. No cleaning and no I/O here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Strength(StrEnum):
    """How much an identifier proves.

    ``exclusive``: an entity has at most one value at a place, and two entities never share it (a GitHub login).
    ``strong``: sharing it joins, unless the value is generic (an e-mail address).
    ``weak``: evidence and blocking key only, never proof (a company's web domain).
    """

    EXCLUSIVE = "exclusive"
    STRONG = "strong"
    WEAK = "weak"


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """One typed attribute of an entity type; ``kind`` names the ``AttributeKind`` that cleans it."""

    kind: str
    many: bool = False
    protected: bool = False
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A named, directed link to entities of ``target`` (an entity type's name)."""

    target: str
    many: bool = False
    protected: bool = False


@dataclass(frozen=True, kw_only=True)
class IdentityRule:
    """Makes identifiers of kind ``kind`` from every cleaned value of ``attributes``.

    ``beside``: the cleaned values that must be there too and become part of the identifier (a phone number proves
    identity only beside the same initial and family name, because offices and families share phones).
    ``limit``: distinct values one entity may hold before linking asks instead; None means no limit.
    ``generic_above``: a value held by records of more than this many different names is generic and joins nobody;
    None means that a value never counts as generic.
    ``placed``: the value holds at a named place only and becomes ``place:value`` (a login, an order number).

    The kinds of one type's rules are distinct. A value that its attribute kind does not let identify (a role
    mailbox) makes a weak identifier, whatever ``strength`` says.
    """

    kind: str
    attributes: tuple[str, ...]
    strength: Strength
    beside: tuple[str, ...] = ()
    limit: int | None = None
    generic_above: int | None = None
    placed: bool = False


def _frozen() -> Mapping[str, Relation]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class EntityType:
    """A preset or custom shape.

    ``label`` names the attribute that a person reads first.
    ``creates``: a record that matches nothing becomes an entity of its own; else it stays unmatched.
    """

    name: str
    label: str
    attributes: Mapping[str, Attribute]
    relations: Mapping[str, Relation] = field(default_factory=_frozen)
    identity: tuple[IdentityRule, ...] = ()
    creates: bool = True
    description: str = ""
