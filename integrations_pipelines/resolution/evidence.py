"""What shared values prove, and where canonical values come from: pure, over rows that were read before."""

import uuid as uuidlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations_pipelines.entities import ENTITY_TYPES, Strength
from integrations_pipelines.registry.explained import (
    Holder,
    IdentifierRow,
    LinkRow,
    MemberRow,
    Moment,
    ReviewRow,
)


@dataclass(frozen=True, kw_only=True)
class HeldIdentifier:
    """A value that a record holds. ``status``: ``joins``, ``generic``, ``proves_nothing`` (a role mailbox), ``weak``.

    ``holders``: how many records hold it, this one included.
    """

    kind: str
    value: str
    status: str
    because: str
    holders: int


@dataclass(frozen=True, kw_only=True)
class SharedWith:
    """A record that holds the same value, and the entity that it is."""

    record: str
    entity: uuidlib.UUID | None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A value that several records hold; ``joins`` says whether it is a reason for them to be one entity."""

    kind: str
    value: str
    joins: bool
    because: str
    records: Sequence[SharedWith]


@dataclass(frozen=True, kw_only=True)
class OtherValue:
    """What another record says of the same attribute. ``because``: ``agrees``, ``older``, ``deleted``."""

    value: Any
    record: str
    source_version: Moment | None
    job: uuidlib.UUID | None
    because: str


@dataclass(frozen=True, kw_only=True)
class ValueOrigin:
    """A canonical value and the record, version and job that it comes from, by which rule; and who else spoke.

    ``is_pending``: the records have moved on since resolution saw them, and the value is yet to follow.
    """

    attribute: str
    value: Any
    record: str | None
    source_version: Moment | None
    observed_at: Moment | None
    job: uuidlib.UUID | None
    rule: str
    is_pending: bool
    others: Sequence[OtherValue]


def judged(entity_type: str, held: IdentifierRow) -> HeldIdentifier:
    """Return what a held value proves."""
    status, because = _verdict(entity_type, held)
    return HeldIdentifier(
        kind=held.kind,
        value=held.value,
        status=status,
        because=because or _held_by(held.holders - 1),
        holders=held.holders,
    )


def evidence_of(
    held: Sequence[HeldIdentifier],
    holders: Sequence[Holder],
    reviews: Sequence[ReviewRow],
    *,
    is_pending: bool,
) -> list[Evidence]:
    """Return the values that others hold too: what joins within the entity, and what does not join, with why."""
    apart = _why_apart(reviews, is_pending=is_pending)
    found = []
    for one in held:
        sharing = [other for other in holders if (other.kind, other.value) == (one.kind, one.value)]
        same = [other for other in sharing if other.is_same_entity]
        others = [other for other in sharing if not other.is_same_entity]
        if one.status != "joins":
            found.append(_evidence(one, sharing, joins=False, because=one.because))
        else:
            found.append(_evidence(one, same, joins=True, because="the same value proves the same entity"))
            found.append(_evidence(one, others, joins=False, because=apart))
    return [one for one in found if one.records]


def link_evidence(
    entity_type: str, link: LinkRow, names: Mapping[int, str], entity: uuidlib.UUID | None
) -> Evidence:
    """Return a value that several records of one entity hold; ``names`` are the records' names by internal id."""
    status, because = _verdict(entity_type, link)
    return Evidence(
        kind=link.kind,
        value=link.value,
        joins=status == "joins",
        because=because or "the same value proves the same entity",
        records=[SharedWith(record=names[one], entity=entity) for one in link.ids],
    )


def value_origins(
    entity_type: str, values: Mapping[str, Any], members: Sequence[MemberRow], *, rule: str
) -> list[ValueOrigin]:
    """Return where each value comes from. ``members`` stand in the order of precedence, the last word last.

    Deleted records speak only where no live one is left: ``canonical/values.sql`` says the same in SQL.
    """
    speaking = [one for one in members if not one.is_deleted] or list(members)
    known = ENTITY_TYPES[entity_type].attributes if entity_type in ENTITY_TYPES else {}
    order = sorted(values, key=lambda name: (list(known).index(name) if name in known else len(known), name))
    return [_origin(name, values[name], speaking, members, rule) for name in order]


def _origin(
    name: str, value: Any, speaking: Sequence[MemberRow], members: Sequence[MemberRow], rule: str
) -> ValueOrigin:
    winner = next((one for one in reversed(speaking) if name in one.attributes), None)
    others = [one for one in reversed(members) if name in one.attributes and one is not winner]
    silent = {one.record for one in members} - {one.record for one in speaking}
    return ValueOrigin(
        attribute=name,
        value=value,
        record=winner.record if winner else None,
        source_version=winner.source_version if winner else None,
        observed_at=winner.observed_at if winner else None,
        job=winner.job if winner else None,
        rule=rule,
        is_pending=winner is None or winner.attributes[name] != value,
        others=[_other(one, name, value, is_silent=one.record in silent) for one in others],
    )


def _other(member: MemberRow, name: str, value: Any, *, is_silent: bool) -> OtherValue:
    said = member.attributes[name]
    because = "deleted" if is_silent else "agrees" if said == value else "older"
    return OtherValue(
        value=said,
        record=member.record,
        source_version=member.source_version,
        job=member.job,
        because=because,
    )


def _verdict(entity_type: str, held: IdentifierRow | LinkRow) -> tuple[str, str]:
    if held.is_generic:
        return "generic", f"generic: records of {held.names} different names hold it"
    if held.strength != Strength.WEAK:
        return "joins", ""
    if held.kind in _weak_kinds(entity_type):
        return "weak", f"weak: a {held.kind} is evidence and never proof"
    return "proves_nothing", f"proves nothing: this {held.kind} belongs to a role, not to one {entity_type}"


def _held_by(others: int) -> str:
    match others:
        case 0:
            return "no other record holds it"
        case 1:
            return "one other record holds it"
    return f"{others} other records hold it"


def _weak_kinds(entity_type: str) -> set[str]:
    rules = ENTITY_TYPES[entity_type].identity if entity_type in ENTITY_TYPES else ()
    return {rule.kind for rule in rules if rule.strength is Strength.WEAK}


def _why_apart(reviews: Sequence[ReviewRow], *, is_pending: bool) -> str:
    if is_pending:
        return "not looked at yet: the record changed since resolution saw it last"
    reasons = sorted({one.reason for one in reviews})
    return f"kept apart: {'; '.join(reasons)}" if reasons else "kept apart by a constraint or a person's word"


def _evidence(held: HeldIdentifier, others: Sequence[Holder], *, joins: bool, because: str) -> Evidence:
    records = [SharedWith(record=one.record, entity=one.entity) for one in others]
    return Evidence(kind=held.kind, value=held.value, joins=joins, because=because, records=records)
