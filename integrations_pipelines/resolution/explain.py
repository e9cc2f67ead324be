"""Why a record is the entity that it is, and why an entity has the values that it has. Reads, and judges what it read.

What is shown is complete: the links of an entity alone connect its records, and its records alone give its values.
"""

import uuid as uuidlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.canonical.values import proposals
from integrations_pipelines.errors import NotFound
from integrations_pipelines.registry import explaining as found
from integrations_pipelines.registry.explained import (
    AliasRow,
    DecisionRow,
    LogRow,
    MapRow,
    MemberRow,
    Moment,
    QuarantineRow,
    RecordRow,
    RelationRow,
    ReviewRow,
    Version,
)
from integrations_pipelines.registry.types import type_or_bare
from integrations_pipelines.resolution.evidence import (
    Evidence,
    HeldIdentifier,
    ValueOrigin,
    evidence_of,
    judged,
    link_evidence,
    value_origins,
)
from integrations_pipelines.resolution.partners import ScoredPartner, scored_partners


@dataclass(frozen=True, kw_only=True)
class Current:
    """What a record says now. ``rejected`` has the reason for each attribute that could not be read.

    ``is_pending``: it changed since resolution saw it last.
    """

    entity_type: str
    is_deleted: bool
    is_pending: bool
    source_version: Moment | None
    observed_at: Moment
    attributes: Mapping[str, Any]
    rejected: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RecordExplanation:
    """Everything there is to say of a source record; ``current`` is None where it never got past the quarantine.

    ``evidence`` are values shared within the entity; ``not_joining`` those that others hold too and that prove nothing
    here, each with why. ``scores`` are the pairs with other records that score enough to be kept, the surest first.
    """

    record: str
    current: Current | None
    mapping: Sequence[MapRow]
    evidence: Sequence[Evidence]
    scores: Sequence[ScoredPartner]
    not_joining: Sequence[Evidence]
    identifiers: Sequence[HeldIdentifier]
    decisions: Sequence[DecisionRow]
    reviews: Sequence[ReviewRow]
    relations: Sequence[RelationRow]
    versions: Sequence[Version]
    quarantined: Sequence[QuarantineRow]
    log: Sequence[LogRow]


@dataclass(frozen=True, kw_only=True)
class EntityRecord:
    """A record of an entity, with the version and the job whose values speak for it."""

    record: str
    map_status: str
    decided_by: str
    is_deleted: bool
    source_version: Moment | None
    observed_at: Moment
    job: uuidlib.UUID | None


@dataclass(frozen=True, kw_only=True)
class EntityExplanation:
    """Everything there is to say of an entity. ``asked`` is another uuid than ``uuid`` where it was merged away.

    ``relations_in``: ``entity`` is where each comes from. ``links`` are values that several of its records hold.
    """

    asked: uuidlib.UUID
    uuid: uuidlib.UUID
    is_alias: bool
    entity_type: str
    created_at: Moment
    values: Sequence[ValueOrigin]
    records: Sequence[EntityRecord]
    links: Sequence[Evidence]
    relations_out: Sequence[RelationRow]
    relations_in: Sequence[RelationRow]
    decisions: Sequence[DecisionRow]
    reviews: Sequence[ReviewRow]
    aliases: Sequence[AliasRow]


def explain_record(
    connection: Connection, system_key: str, resource: str, record_id: str
) -> RecordExplanation:
    """Explain a source record. Raises ``NotFound`` where it neither is there nor waits in quarantine."""
    key = {"system_key": system_key, "resource": resource, "source_record_id": record_id}
    record = found.record_row(connection, key)
    waiting = found.quarantined(connection, key)
    if record is None and not waiting:
        raise NotFound(f"{system_key}:{resource}:{record_id}: no such record was ever taken")
    if record is None:
        return _only_quarantined(":".join(key.values()), waiting)
    return _explained(connection, key, record, waiting)


def explain_entity(connection: Connection, uuid: uuidlib.UUID) -> EntityExplanation:
    """Explain an entity; a uuid that was merged away answers as its survivor. Raises ``NotFound``."""
    entity = found.entity_row(connection, uuid)
    if entity is None:
        raise NotFound(f"no entity has the uuid {uuid}")
    members = found.members(connection, entity.uuid)
    ids = [one.id for one in members]
    names = {one.id: one.record for one in members}
    entity_type = type_or_bare(connection, entity.entity_type)
    shared = [link_evidence(entity_type, link, names, entity.uuid) for link in found.links(connection, ids)]
    said, pins = proposals(connection, entity.entity_type, entity.uuid)
    return EntityExplanation(
        asked=uuid,
        uuid=entity.uuid,
        is_alias=uuid != entity.uuid,
        entity_type=entity.entity_type,
        created_at=entity.created_at,
        values=value_origins(list(entity_type.attributes), entity.values, said, pins),
        records=[_entity_record(one) for one in members],
        links=shared,
        relations_out=found.relations_of(connection, ids),
        relations_in=found.relations_to(connection, entity.uuid, ids),
        decisions=found.decisions(connection, ids),
        reviews=found.reviews(connection, ids),
        aliases=found.aliases(connection, entity.uuid),
    )


def _explained(
    connection: Connection, key: Mapping[str, str], record: RecordRow, waiting: Sequence[QuarantineRow]
) -> RecordExplanation:
    mapping = found.mappings(connection, key)
    entity = mapping[0].target_uuid if mapping else None
    entity_type = type_or_bare(connection, record.entity_type)
    held = [judged(entity_type, one) for one in found.identifiers(connection, record)]
    reviews = found.reviews(connection, [record.id])
    evidence = evidence_of(
        held, found.holders(connection, record, entity), reviews, is_pending=record.is_pending
    )
    landed = found.versions(connection, record)
    jobs = list(dict.fromkeys(one.job for one in landed))
    return RecordExplanation(
        record=record.record,
        current=_current(record),
        mapping=mapping,
        evidence=[one for one in evidence if one.joins],
        scores=scored_partners(connection, record),
        not_joining=[one for one in evidence if not one.joins],
        identifiers=held,
        decisions=found.decisions(connection, [record.id]),
        reviews=reviews,
        relations=found.relations_of(connection, [record.id]),
        versions=landed,
        quarantined=waiting,
        log=found.log_of(connection, key, jobs),
    )


def _current(record: RecordRow) -> Current:
    return Current(
        entity_type=record.entity_type,
        is_deleted=record.is_deleted,
        is_pending=record.is_pending,
        source_version=record.source_version,
        observed_at=record.observed_at,
        attributes=record.attributes,
        rejected=record.rejected,
    )


def _only_quarantined(record: str, waiting: Sequence[QuarantineRow]) -> RecordExplanation:
    return RecordExplanation(
        record=record,
        current=None,
        mapping=(),
        evidence=(),
        scores=(),
        not_joining=(),
        identifiers=(),
        decisions=(),
        reviews=(),
        relations=(),
        versions=(),
        quarantined=waiting,
        log=(),
    )


def _entity_record(member: MemberRow) -> EntityRecord:
    return EntityRecord(
        record=member.record,
        map_status=member.map_status,
        decided_by=member.decided_by,
        is_deleted=member.is_deleted,
        source_version=member.source_version,
        observed_at=member.observed_at,
        job=member.job,
    )
