"""What persons decide of entities, as words on source records: accept, reject, merge, split, and taking one back.

Nothing is edited: a decision is rows that are added, and resolution computes the entities anew from all that stand.
So a decision survives every re-run, and taken back it leaves the state as if it had never been.
"""

import uuid as uuidlib
from collections.abc import Sequence

from sqlalchemy import Connection

from integrations_pipelines.errors import UsageError
from integrations_pipelines.registry.deciding import (
    DECISIONS,
    LaterDecision,
    NewDecision,
    Party,
    RecordKey,
    ReviewItemRow,
    decision_head,
    later_of,
    note_decision,
    party,
    records_named,
    review_item,
)

_MOST_PAIRS = 1_000_000
_JOINING = ("merge", "accept")


def merge(connection: Connection, kept: uuidlib.UUID, other: uuidlib.UUID, *, reason: str) -> uuidlib.UUID:
    """Say that two entities are one; the uuid ``kept`` stays, ``other`` becomes its alias. Returns the decision.

    Raises ``NotFound``, and ``UsageError`` where that cannot be said: one of them already, or of two types.
    """
    left, right = party(connection, kept), party(connection, other)
    _refuse_odd_pair(left, right)
    new = NewDecision(
        kind="merge",
        entity_type=left.entity_type,
        reason=reason,
        left_entity=left.uuid,
        right_entity=right.uuid,
    )
    decision = _note(connection, new, left, right)
    for name in ("unsay", "say_same"):
        DECISIONS.run(connection, name, {"decision": decision, "reason": reason})
    _close(connection, decision, "accepted")
    _claim(connection, decision, ("left", "right"), priority=0)
    return decision


def split(
    connection: Connection, entity: uuidlib.UUID, keys: Sequence[RecordKey], *, reason: str
) -> uuidlib.UUID:
    """Say that these records are another entity than the rest of ``entity``, which keeps the uuid.

    What the rest had in common only with them may part too. Returns the decision.
    Raises ``NotFound`` and ``UsageError``.
    """
    whole = party(connection, entity)
    named = records_named(connection, keys)
    for one in named:
        if one.entity != whole.uuid:
            raise UsageError(f"{one.record} is no record of {whole.uuid}")
    if not named or len(named) == whole.records:
        raise UsageError(f"{whole.uuid} has {whole.records} records: some must go and some must stay")
    new = NewDecision(kind="split", entity_type=whole.entity_type, reason=reason, left_entity=whole.uuid)
    return _part(connection, new, [one.id for one in named], (whole,), status="rejected")


def accept(connection: Connection, item: uuidlib.UUID, *, reason: str) -> uuidlib.UUID:
    """Say that the two records of a review item are the same. Returns the decision. Raises as ``merge`` does."""
    asked = review_item(connection, item)
    _refuse_answered(asked)
    left, right = _parties(connection, asked)
    if left.uuid != right.uuid and (right.records, left.uuid) > (left.records, right.uuid):
        left, right = right, left
    new = NewDecision(
        kind="accept",
        entity_type=asked.entity_type,
        reason=reason,
        left_entity=left.uuid,
        right_entity=None if left.uuid == right.uuid else right.uuid,
        review_item=item,
    )
    decision = _note(connection, new, left, right)
    DECISIONS.run(connection, "unsay", {"decision": decision, "reason": reason})
    _say_pair(connection, decision, "same", asked, reason)
    _close(connection, decision, "accepted", item)
    _claim(connection, decision, ("left", "right"), priority=0)
    return decision


def reject(connection: Connection, item: uuidlib.UUID, *, reason: str) -> uuidlib.UUID:
    """Say that what a review item asks of are different, the two entities as they stand. Returns the decision."""
    asked = review_item(connection, item)
    _refuse_answered(asked)
    left, right = _parties(connection, asked)
    new = NewDecision(
        kind="reject",
        entity_type=asked.entity_type,
        reason=reason,
        left_entity=left.uuid,
        right_entity=None if left.uuid == right.uuid else right.uuid,
        review_item=item,
    )
    decision = _note(connection, new, left, right)
    if left.uuid == right.uuid:
        _say_pair(connection, decision, "different", asked, reason)
    else:
        _refuse_crowd(left.records * right.records)
        DECISIONS.run(connection, "say_different", {"decision": decision, "reason": reason})
    DECISIONS.run(connection, "note_common", {"decision": decision})
    _close(connection, decision, "rejected", item)
    return decision


def split_item(
    connection: Connection, item: uuidlib.UUID, keys: Sequence[RecordKey], *, reason: str
) -> uuidlib.UUID:
    """Answer a review item by saying which of the records of its entities are one, apart from all the others."""
    asked = review_item(connection, item)
    _refuse_answered(asked)
    parties = tuple({one.uuid: one for one in _parties(connection, asked)}.values())
    named = records_named(connection, keys)
    for one in named:
        if one.entity not in {whole.uuid for whole in parties}:
            raise UsageError(f"{one.record} is no record of an entity that {item} asks of")
    if not named or len(named) == sum(whole.records for whole in parties):
        raise UsageError(f"{item}: some records must go and some must stay")
    new = NewDecision(
        kind="split",
        entity_type=asked.entity_type,
        reason=reason,
        left_entity=parties[0].uuid if len(parties) == 1 else None,
        review_item=item,
    )
    return _part(connection, new, [one.id for one in named], parties, status="rejected")


def undo(connection: Connection, decision: uuidlib.UUID, *, reason: str) -> uuidlib.UUID:
    """Take a decision back: the state becomes what it were without it. Returns the decision that does so.

    Merges said later of what this one had joined are said again of the records that they had meant without it.
    Raises ``NotFound``, and ``UsageError`` where it was taken back already, or takes one back itself.
    """
    head = decision_head(connection, decision)
    if head.kind == "undo":
        raise UsageError(
            f"{decision} took a decision back; say what is right again instead (`entity merge`, ...)"
        )
    if head.undone_by:
        raise UsageError(f"{decision} was taken back already, by {head.undone_by}")
    later = {one.uuid: one for one in later_of(connection, decision)} if head.kind in _JOINING else {}
    DECISIONS.run(connection, "claim_sides" if head.kind in _JOINING else "claim_left", _all_of(decision))
    undone = _take_back(connection, decision, head.entity_type, reason)
    for one in later.values():
        if one.kind == "merge":
            _take_back(connection, one.uuid, one.entity_type, f"said again without {decision}")
            _say_again(
                connection, one, decision, dropped="left" if one.named == head.right_entity else "right"
            )
    for number, (beside, kind) in enumerate(DECISIONS.run(connection, "standing_beside", _all_of(decision))):
        # An accepted pair speaks of two records alone: which uuid it kept was the taken-back merge's doing.
        if beside not in later:
            _claim(
                connection, beside, ("left",) if kind == "split" else ("left", "right"), priority=number + 1
            )
    DECISIONS.run(
        connection, "ask_again", {"decision": decision, "note": f"the answer was taken back: {reason}"}
    )
    return undone


def _take_back(connection: Connection, decision: uuidlib.UUID, entity_type: str, reason: str) -> uuidlib.UUID:
    head = decision_head(connection, decision)
    new = NewDecision(
        kind="undo",
        entity_type=entity_type,
        reason=reason,
        left_entity=head.left_entity,
        right_entity=head.right_entity,
        revokes=decision,
    )
    undone = note_decision(connection, new)
    values = {"decision": undone, "former": decision, "undone": None, "dropped": None}
    DECISIONS.run(connection, "speak_again", values)
    for name in ("look_again", "log_decision"):
        DECISIONS.run(connection, name, {"decision": undone})
    return undone


def _say_again(connection: Connection, one: LaterDecision, undone: uuidlib.UUID, *, dropped: str) -> None:
    new = NewDecision(
        kind=one.kind,
        entity_type=one.entity_type,
        reason=one.reason,
        left_entity=one.left_entity,
        right_entity=one.right_entity,
        review_item=one.review_item,
        restates=one.uuid,
    )
    decision = note_decision(connection, new)
    values = {"decision": decision, "former": one.uuid, "undone": undone, "dropped": dropped}
    DECISIONS.run(connection, "speak_again", values)
    for name in ("unsay", "say_same", "look_again", "log_decision"):
        DECISIONS.run(connection, name, {"decision": decision, "reason": one.reason})


def _part(
    connection: Connection, new: NewDecision, chosen: list[int], parties: Sequence[Party], *, status: str
) -> uuidlib.UUID:
    """Write down that the chosen records are one, apart from all others of ``parties``."""
    _refuse_crowd(len(chosen) * (sum(one.records for one in parties) - len(chosen)))
    decision = note_decision(connection, new)
    DECISIONS.run(connection, "speak_of_records", {"decision": decision, "side": "right", "records": chosen})
    for whole in parties:
        values = {"decision": decision, "side": "left", "entity": whole.uuid}
        DECISIONS.run(connection, "speak_of_entity", values)
    for name in ("say_different", "note_common", "say_one_side", "look_again", "log_decision"):
        DECISIONS.run(connection, name, {"decision": decision, "reason": new.reason})
    _close(connection, decision, status, new.review_item)
    _claim(connection, decision, ("left",), priority=0)
    return decision


def _note(connection: Connection, new: NewDecision, left: Party, right: Party) -> uuidlib.UUID:
    decision = note_decision(connection, new)
    for side, whole in (("left", left), ("right", right)):
        values = {"decision": decision, "side": side, "entity": whole.uuid}
        DECISIONS.run(connection, "speak_of_entity", values)
    for name in ("look_again", "log_decision"):
        DECISIONS.run(connection, name, {"decision": decision})
    return decision


def _say_pair(
    connection: Connection, decision: uuidlib.UUID, verdict: str, asked: ReviewItemRow, reason: str
) -> None:
    values = {"decision": decision, "verdict": verdict, "reason": reason}
    DECISIONS.run(connection, "say_pair", {**values, "one": asked.left_id, "other": asked.right_id})


def _close(
    connection: Connection, decision: uuidlib.UUID, status: str, item: uuidlib.UUID | None = None
) -> None:
    DECISIONS.run(connection, "answer_items", {"decision": decision, "status": status})
    if item is not None:
        DECISIONS.run(connection, "answer_item", {"decision": decision, "status": status, "item": item})


def _claim(connection: Connection, decision: uuidlib.UUID, sides: Sequence[str], *, priority: int) -> None:
    values = {"decision": decision, "sides": list(sides), "priority": priority}
    DECISIONS.run(connection, "claim_left", values)


def _all_of(decision: uuidlib.UUID) -> dict[str, object]:
    return {"decision": decision, "sides": ["left", "right"], "priority": 0}


def _parties(connection: Connection, asked: ReviewItemRow) -> tuple[Party, Party]:
    for record, entity in ((asked.left_record, asked.left_entity), (asked.right_record, asked.right_entity)):
        if entity is None:
            raise UsageError(f"{asked.uuid}: {record} is no entity any more; nothing is left to decide")
    return party(connection, _known(asked.left_entity)), party(connection, _known(asked.right_entity))


def _known(entity: uuidlib.UUID | None) -> uuidlib.UUID:
    assert entity is not None  # noqa: S101 - asked before
    return entity


def _refuse_odd_pair(left: Party, right: Party) -> None:
    if left.uuid == right.uuid:
        raise UsageError(f"{left.asked} and {right.asked} are one entity already: {left.uuid}")
    if left.entity_type != right.entity_type:
        raise UsageError(
            f"{left.uuid} is a {left.entity_type} and {right.uuid} a {right.entity_type}: they cannot be one"
        )
    for one in (left, right):
        if not one.records:
            raise UsageError(f"{one.uuid} has no records any more")


def _refuse_answered(asked: ReviewItemRow) -> None:
    if asked.status != "open":
        by = f" by decision {asked.decision}; `entity undo` takes that back" if asked.decision else ""
        raise UsageError(f"{asked.uuid} waits for no answer: it is {asked.status}{by}")


def _refuse_crowd(pairs: int) -> None:
    if pairs > _MOST_PAIRS:
        raise UsageError(
            f"that parts {pairs:,} pairs of records, and at most {_MOST_PAIRS:,} may be parted at once"
        )
