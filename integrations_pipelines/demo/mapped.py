"""Reads what the product made of the records: which entity each is. Reads alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from integrations_pipelines.demo.scores import Address
from integrations_pipelines.registry.models import Entity, RecordMap, SourceSystem


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """A record and its entity. ``decided_by`` is the kind of identifier that joined it, or ``created``."""

    address: Address
    entity_type: str
    entity: str
    decided_by: str


def mapped_records(connection: Connection) -> list[Mapped]:
    """Return every mapped record of the demo's database."""
    query = (
        select(
            SourceSystem.system_key,
            RecordMap.resource,
            RecordMap.source_record_id,
            Entity.entity_type,
            RecordMap.target_uuid,
            RecordMap.decided_by,
        )
        .join(SourceSystem, SourceSystem.id == RecordMap.source_system_id)
        .join(Entity, Entity.uuid == RecordMap.target_uuid)
    )
    return [
        Mapped(address=(key, resource, one), entity_type=kind, entity=str(uuid), decided_by=how)
        for key, resource, one, kind, uuid, how in connection.execute(query)
    ]


def entity_counts(mapped: list[Mapped]) -> Mapping[str, tuple[int, int]]:
    """Return for each entity type how many records became how many entities."""
    records = Counter(one.entity_type for one in mapped)
    entities = Counter(kind for kind, _ in {(one.entity_type, one.entity) for one in mapped})
    return {kind: (records[kind], entities[kind]) for kind in sorted(records, key=lambda k: -records[k])}
