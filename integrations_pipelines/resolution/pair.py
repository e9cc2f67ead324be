"""Why two records are one entity, or not: the score by comparison, and what would have changed the answer."""

import uuid as uuidlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from integrations_pipelines.errors import NotFound, UsageError
from integrations_pipelines.registry import explaining as found
from integrations_pipelines.registry.explained import DecisionRow, RecordRow, ReviewRow
from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.registry.types import entity_types, type_or_bare
from integrations_pipelines.resolution.evidence import Evidence, link_evidence
from integrations_pipelines.resolution.scored.keys import is_wide
from integrations_pipelines.resolution.scored.said import as_said, attributes_of
from integrations_pipelines.resolution.scored.tier import Tier, stored_tier
from integrations_pipelines.resolution.scoring import PairEvidence, evidence

_RUNNERS_UP = 5
Key = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class RunnerUp:
    """Another record that ``beside`` is compared with, and how that came out."""

    beside: str
    record: str
    entity: uuidlib.UUID | None
    weight: float
    probability: float


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """What the score would be if something were said otherwise; ``changes`` where the answer would be another."""

    change: str
    weight: float
    probability: float
    answer: str
    changes: bool


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """From which probability on a score links, and asks; and the same in bits."""

    link: float
    review: float
    link_bits: float
    review_bits: float


@dataclass(frozen=True, kw_only=True)
class PairExplanation:
    """Everything there is to say of two records being one.

    ``answer`` is the score's: ``links``, ``asks``, ``too little``, or ``never compared`` where they share too few keys;
    ``is_one`` what they are. ``score`` is None for a type that is not scored. ``score.prior``, the findings' ``weight``
    and ``rarity`` (the term frequency's share) and the guards add up to ``score.weight``, in bits.
    """

    left: str
    right: str
    entity_type: str
    is_one: bool
    left_entity: uuidlib.UUID | None
    right_entity: uuidlib.UUID | None
    answer: str
    score: PairEvidence | None
    thresholds: Thresholds | None
    model: str | None
    shared_keys: Mapping[str, int]
    identifiers: Sequence[Evidence]
    decisions: Sequence[DecisionRow]
    reviews: Sequence[ReviewRow]
    runners_up: Sequence[RunnerUp]
    what_if: Sequence[WhatIf]


def explain_pair(connection: Connection, left: Key, right: Key) -> PairExplanation:
    """Explain two source records. Raises ``NotFound``, and ``UsageError`` for records of two types."""
    one, two = _record(connection, left), _record(connection, right)
    if one.id == two.id:
        raise UsageError(f"{one.record} was named twice")
    if one.entity_type != two.entity_type:
        raise UsageError(
            f"{one.record} is a {one.entity_type} and {two.record} a {two.entity_type}: they are never one"
        )
    entity_type = entity_types(connection).get(one.entity_type)
    tier = stored_tier(connection, entity_type) if entity_type else None
    return _explained(connection, (one, left), (two, right), tier)


def _explained(
    connection: Connection, one: tuple[RecordRow, Key], two: tuple[RecordRow, Key], tier: Tier | None
) -> PairExplanation:
    left, right = one[0], two[0]
    homes = [_entity(connection, key) for _, key in (one, two)]
    score, what_if = _score(connection, tier, left, right) if tier else (None, [])
    shared = _shared_keys(connection, left, right)
    return PairExplanation(
        left=left.record,
        right=right.record,
        entity_type=left.entity_type,
        is_one=homes[0] is not None and homes[0] == homes[1],
        left_entity=homes[0],
        right_entity=homes[1],
        answer=_answer(tier, score, shared),
        score=score,
        thresholds=_thresholds(tier) if tier else None,
        model=tier.model_name if tier else None,
        shared_keys=shared,
        identifiers=_identifiers(connection, left, right),
        decisions=_between(found.decisions(connection, [left.id]), left, right),
        reviews=_between(found.reviews(connection, [left.id]), left, right),
        runners_up=[*_runners_up(connection, left, right), *_runners_up(connection, right, left)],
        what_if=what_if,
    )


def _record(connection: Connection, key: Key) -> RecordRow:
    names = dict(zip(("system_key", "resource", "source_record_id"), key, strict=True))
    record = found.record_row(connection, names)
    if record is None:
        raise NotFound(f"{':'.join(key)}: no such record")
    return record


def _entity(connection: Connection, key: Key) -> uuidlib.UUID | None:
    names = dict(zip(("system_key", "resource", "source_record_id"), key, strict=True))
    mapping = found.mappings(connection, names)
    return mapping[0].target_uuid if mapping else None


def _score(
    connection: Connection, tier: Tier, left: RecordRow, right: RecordRow
) -> tuple[PairEvidence, list[WhatIf]]:
    """Return the score of the two, and of the two with something said otherwise."""
    ids, columns = attributes_of(connection, tier.frozen, (left.id, right.id))
    first = ids.index(left.id)
    said = {name: (values[first], values[1 - first]) for name, values in columns.items()}
    variants = list(_variants(tier, said))
    scores = _scores(tier, [said, *(other for _, other in variants)])
    now = _told(tier, scores[0].probability)
    what_if = [
        WhatIf(
            change=change,
            weight=one.weight,
            probability=one.probability,
            answer=_told(tier, one.probability),
            changes=_told(tier, one.probability) != now,
        )
        for (change, _), one in zip(variants, scores[1:], strict=True)
    ]
    return scores[0], sorted(what_if, key=lambda one: (not one.changes, -one.weight))


Said = dict[str, tuple[Any, Any]]


def _variants(tier: Tier, said: Said) -> list[tuple[str, Said]]:
    """Return what each comparison would be without a say, and where one side says nothing, if it agreed."""
    found: list[tuple[str, Said]] = []
    for comparison in tier.frozen.scheme:
        names = {name for slot in comparison.slots for name in slot.values()}
        held = [any(said[name][side] for name in names) for side in (0, 1)]
        if all(held):
            silent: Said = {name: (None, None) if name in names else value for name, value in said.items()}
            found.append((f"{comparison.name} said nothing", silent))
        if any(held):
            side = 0 if held[0] else 1
            agreeing: Said = {
                name: (value[side], value[side]) if name in names else value for name, value in said.items()
            }
            found.append((f"{comparison.name} agreed", agreeing))
    return found


def _scores(tier: Tier, variants: Sequence[Said]) -> list[PairEvidence]:
    columns = {name: [value for one in variants for value in one[name]] for name in tier.frozen.attributes}
    said = as_said(tier.frozen, range(2 * len(variants)), columns)
    rows = np.arange(len(variants)) * 2
    scored = tier.scorer.score(said.records, said.records, (rows, rows + 1))
    return list(evidence(scored, said.records, said.records, tier.frozen.model))


def _told(tier: Tier, probability: float) -> str:
    if probability >= tier.thresholds.link:
        return "links"
    return "asks" if probability >= tier.thresholds.review else "too little"


def _answer(tier: Tier | None, score: PairEvidence | None, shared: Mapping[str, int]) -> str:
    if tier is None or score is None:
        return "not scored"
    compared = shared["narrow"] > 0 or shared["wide"] > 1
    return _told(tier, score.probability) if compared else "never compared"


def _thresholds(tier: Tier) -> Thresholds:
    chosen = tier.thresholds
    return Thresholds(
        link=chosen.link, review=chosen.review, link_bits=chosen.link_bits, review_bits=chosen.review_bits
    )


def _shared_keys(connection: Connection, left: RecordRow, right: RecordRow) -> dict[str, int]:
    rows = SCORED.run(connection, "shared_keys_of_two", {"left": left.id, "right": right.id}).fetchall()
    wide = is_wide(np.array([key for key, _ in rows], dtype=np.int64))
    crowded = [records is not None for _, records in rows]
    return {
        "narrow": sum(not w and not c for w, c in zip(wide, crowded, strict=True)),
        "wide": sum(bool(w) and not c for w, c in zip(wide, crowded, strict=True)),
        "too_common": sum(crowded),
    }


def _identifiers(connection: Connection, left: RecordRow, right: RecordRow) -> list[Evidence]:
    """Return the values that both hold, with what they prove; whose entity they are stands elsewhere."""
    names = {left.id: left.record, right.id: right.record}
    entity_type = type_or_bare(connection, left.entity_type)
    return [
        link_evidence(entity_type, link, names, None) for link in found.links(connection, [left.id, right.id])
    ]


def _between(rows: Sequence[Any], left: RecordRow, right: RecordRow) -> list[Any]:
    both = {left.record, right.record}
    return [row for row in rows if {row.left_record, row.right_record} == both]


def _runners_up(connection: Connection, record: RecordRow, other: RecordRow) -> list[RunnerUp]:
    values = {"record": record.id, "limit": _RUNNERS_UP + 1}
    return [
        RunnerUp(
            beside=record.record,
            record=name,
            entity=entity,
            weight=weight,
            probability=float(1 / (1 + np.exp2(-weight))),
        )
        for weight, _, partner, name, entity in SCORED.run(connection, "partners", values)
        if partner != other.id
    ][:_RUNNERS_UP]
