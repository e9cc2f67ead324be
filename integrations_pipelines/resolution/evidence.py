"""What shared values prove, and where canonical values come from: pure, over rows that were read before."""

import uuid as uuidlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations_pipelines.canonical.values import Pin, Proposal
from integrations_pipelines.entities import EntityType, Strength
from integrations_pipelines.registry.explained import (
    Holder,
    IdentifierRow,
    LinkRow,
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
    """What another record says of the same attribute. ``because``: as ``Proposal`` has it, or ``pinned over``."""

    value: Any
    record: str
    source_version: Moment | None
    job: uuidlib.UUID | None
    because: str


@dataclass(frozen=True, kw_only=True)
class PinnedBy:
    """Who pinned a value, and until when; None is for good."""

    uuid: uuidlib.UUID
    by: str
    at: Moment
    until: Moment | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class ValueOrigin:
    """A canonical value and the record, version and job that it comes from, by which rule; and who else spoke.

    ``value`` is None where nobody who spoke may: the others say what was refused. ``record`` is None for a pinned one.
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
    pin: PinnedBy | None
    others: Sequence[OtherValue]


def judged(entity_type: EntityType, held: IdentifierRow) -> HeldIdentifier:
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
    entity_type: EntityType, link: LinkRow, names: Mapping[int, str], entity: uuidlib.UUID | None
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
    names: Sequence[str], values: Mapping[str, Any], said: Sequence[Proposal], pins: Sequence[Pin]
) -> list[ValueOrigin]:
    """Return where each value comes from, and everything else that was proposed for it.

    ``names`` are the entity type's attributes in their order; ``said`` has the winner of each attribute first.
    """
    by_attribute: dict[str, list[Proposal]] = {name: [] for name in values}
    for one in said:
        by_attribute.setdefault(one.attribute, []).append(one)
    pinned = {one.attribute: one for one in pins}
    place = {name: number for number, name in enumerate(names)}
    order = sorted({*by_attribute, *pinned}, key=lambda name: (place.get(name, len(place)), name))
    return [_origin(name, values.get(name), by_attribute.get(name, []), pinned.get(name)) for name in order]


def _origin(name: str, value: Any, said: Sequence[Proposal], pin: Pin | None) -> ValueOrigin:
    winner = next((one for one in said if one.wins), None) if pin is None else None
    says = pin.value if pin is not None else winner.value if winner is not None else None
    return ValueOrigin(
        attribute=name,
        value=value,
        record=winner.record if winner else None,
        source_version=winner.source_version if winner else None,
        observed_at=winner.observed_at if winner else None,
        job=winner.job if winner else None,
        rule="pinned" if pin is not None else said[0].rule if said else "newest",
        is_pending=says != value,
        pin=_shown(pin) if pin is not None else None,
        others=[_other(one, is_pinned=pin is not None) for one in said if one is not winner],
    )


def _shown(pin: Pin) -> PinnedBy:
    return PinnedBy(uuid=pin.uuid, by=pin.created_by, at=pin.created_at, until=pin.until, reason=pin.reason)


def _other(said: Proposal, *, is_pinned: bool) -> OtherValue:
    return OtherValue(
        value=said.value,
        record=said.record,
        source_version=said.source_version,
        job=said.job,
        because="pinned over" if is_pinned and said.wins else said.because,
    )


def _verdict(entity_type: EntityType, held: IdentifierRow | LinkRow) -> tuple[str, str]:
    if held.is_generic:
        return "generic", f"generic: records of {held.names} different names hold it"
    if held.strength != Strength.WEAK:
        return "joins", ""
    if held.kind in _weak_kinds(entity_type):
        return "weak", f"weak: a {held.kind} is evidence and never proof"
    return (
        "proves_nothing",
        f"proves nothing: this {held.kind} belongs to a role, not to one {entity_type.name}",
    )


def _held_by(others: int) -> str:
    match others:
        case 0:
            return "no other record holds it"
        case 1:
            return "one other record holds it"
    return f"{others} other records hold it"


def _weak_kinds(entity_type: EntityType) -> set[str]:
    return {rule.kind for rule in entity_type.identity if rule.strength is Strength.WEAK}


def _why_apart(reviews: Sequence[ReviewRow], *, is_pending: bool) -> str:
    if is_pending:
        return "not looked at yet: the record changed since resolution saw it last"
    reasons = sorted({one.reason for one in reviews})
    return f"kept apart: {'; '.join(reasons)}" if reasons else "kept apart by a constraint or a person's word"


def _evidence(held: HeldIdentifier, others: Sequence[Holder], *, joins: bool, because: str) -> Evidence:
    records = [SharedWith(record=one.record, entity=one.entity) for one in others]
    return Evidence(kind=held.kind, value=held.value, joins=joins, because=because, records=records)
