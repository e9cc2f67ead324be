"""An explanation as a person reads it: a sentence first, then tables."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from integrations_pipelines.cli.output import cell, print_line, print_table
from integrations_pipelines.cli.words import moment

if TYPE_CHECKING:
    from integrations_pipelines.registry.explained import DecisionRow, RelationRow, ReviewRow
    from integrations_pipelines.resolution.evidence import Evidence, ValueOrigin
    from integrations_pipelines.resolution.explain import EntityExplanation, RecordExplanation

_FEW = 5


def print_record(found: "RecordExplanation") -> None:
    """Print what there is to say of a source record."""
    print_line(record_sentence(found), style="bold")
    if found.current:
        said, rejected = found.current.attributes, found.current.rejected
        section("Attributes", ("attribute", "value"), said.items())
        section("Could not be read", ("attribute", "why"), rejected.items())
    _evidence("Evidence: shared with other records of the entity", found.evidence)
    scores = [
        (
            one.record,
            f"{one.weight:+.2f}",
            f"{one.probability:.4f}",
            "links" if one.links else "asks",
            one.entity,
        )
        for one in found.scores
    ]
    section("Scores with other records", ("record", "bits", "probability", "", "entity"), scores)
    _evidence("Shared, and does not join", found.not_joining)
    held = [(one.kind, one.value, one.status, one.because) for one in found.identifiers]
    section("Identifiers", ("kind", "value", "status", "because"), held)
    _words(found.decisions, found.reviews)
    _relations("Relations", found.relations)
    versions = [
        (
            one.source_version,
            one.observed_at,
            one.origin,
            "tombstone" if one.is_deleted else "",
            "current" if one.is_newest else "speaks" if one.is_live else one.state,
            one.content_hash[:12],
            one.job,
        )
        for one in found.versions
    ]
    section("Landed versions", ("version", "observed", "origin", "", "state", "content", "job"), versions)
    waiting = [(one.stage, one.error_class, one.message, one.attempts, one.job) for one in found.quarantined]
    section("In quarantine", ("stage", "error", "why", "attempts", "job"), waiting)
    log = [(one.created_at, one.event_type, one.status, one.message, one.job) for one in found.log]
    section("Sync log", ("at", "event", "status", "message", "job"), log)


def print_entity(found: "EntityExplanation") -> None:
    """Print what there is to say of an entity."""
    if found.is_alias:
        print_line(f"{found.asked} was merged away; it answers as {found.uuid}.", style="bold")
    count = len(found.records)
    of = "one record" if count == 1 else f"{count} records"
    print_line(f"{found.uuid}: {found.entity_type}, {of}.", style="bold")
    records = [
        (one.record, one.map_status, one.decided_by, one.source_version, one.observed_at, one.job)
        for one in found.records
    ]
    section("Records", ("record", "status", "decided by", "version", "observed", "job"), records)
    values = [row for one in found.values for row in value_rows(one)]
    section("Values", ("attribute", "value", "", "record", "version", "job"), values)
    _evidence("Links: values that several of its records hold", found.links)
    _words(found.decisions, found.reviews)
    _relations("Relations from it", found.relations_out)
    _relations("Relations to it", found.relations_in)
    aliases = [(one.uuid, one.created_at, one.merged_at) for one in found.aliases]
    section("Aliases", ("uuid", "made", "merged"), aliases)


def record_sentence(found: "RecordExplanation") -> str:
    """Return what became of a record, in a sentence."""
    current = found.current
    if current is None:
        return f"{found.record} waits in quarantine; it is no part of any entity yet."
    mapped = next((one for one in found.mapping if one.target_uuid), None)
    gone = " It is deleted at its source." if current.is_deleted else ""
    later = " It changed since: resolution has not seen it yet." if current.is_pending else ""
    if mapped is None:
        return f"{found.record} is a {current.entity_type} and mapped to no entity.{gone}{later}"
    what = f"{found.record} is the {current.entity_type} {mapped.target_uuid}"
    return f"{what}, {_decided(mapped.decided_by, mapped.records)}.{gone}{later}"


def _decided(by: str, records: int) -> str:
    match by:
        case "created":
            return "an entity of its own: nothing that it holds joins it to another record"
        case "score":
            return f"one of {records} records, by its score alone; `explain` with another record says why"
        case "decision":
            return f"one of {records} records, by a person's decision"
    return f"one of {records} records, decided by {by}"


def value_rows(origin: "ValueOrigin") -> Iterable[tuple[object, ...]]:
    """Return an attribute's value and everything else that was proposed for it, a row each; the first names it."""
    note = "pending" if origin.is_pending else origin.rule
    if origin.pin is not None:
        note = f"{note} by {origin.pin.by}"
    yield origin.attribute, origin.value, note, origin.record, origin.source_version, origin.job
    for one in origin.others:
        yield "", one.value, one.because, one.record, one.source_version, one.job


def _evidence(title: str, found: Sequence["Evidence"]) -> None:
    rows = [(one.kind, one.value, _few([each.record for each in one.records]), one.because) for one in found]
    section(title, ("kind", "value", "records", "because"), rows)


def _words(decisions: Sequence["DecisionRow"], reviews: Sequence["ReviewRow"]) -> None:
    said = [
        (one.verdict, one.left_record, one.right_record, one.reason, one.created_by, moment(one.created_at))
        for one in decisions
        if one.is_current
    ]
    section("Decisions of people", ("verdict", "record", "and", "reason", "by", "at"), said)
    asked = [(one.left_record, one.right_record, one.reason, one.uuid) for one in reviews]
    section("Waiting for review", ("record", "and", "why", "review"), asked)


def _relations(title: str, found: Sequence["RelationRow"]) -> None:
    rows = [
        (one.record, one.name, one.aims_at, one.target_type, "parked" if one.is_parked else "", one.entity)
        for one in found
    ]
    section(title, ("record", "relation", "aims at", "type", "", "entity"), rows)


def _few(records: Sequence[str]) -> str:
    more = f", and {len(records) - _FEW} more" if len(records) > _FEW else ""
    return ", ".join(cell(one) for one in records[:_FEW]) + more


def section(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a headed table, or nothing where it has no rows."""
    found = list(rows)
    if found:
        print_line("")
        print_line(title, style="bold")
        print_table(columns, found)
