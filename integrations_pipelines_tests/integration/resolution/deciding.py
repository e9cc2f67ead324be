"""Decisions in the world of one transaction, and what un-merge has to restore: byte by byte."""

import uuid as uuidlib
from typing import Any

from integrations_pipelines.registry.deciding import RecordKey
from integrations_pipelines.resolution import decisions
from integrations_pipelines_tests.integration.registry.landed import World

_MAPS = """
select row_to_json(m)::text from (
  select m.uuid, y.system_key, m.resource, m.source_record_id, m.target_domain, m.target_uuid,
         m.map_status, m.decided_by, m.last_synced_at, m.source_version, m.content_hash, m.created_at, m.created_by
  from integrations.record_map m join integrations.source_system y on y.id = m.source_system_id
  order by y.system_key, m.resource, m.source_record_id) m
"""
_ENTITIES = """
select row_to_json(e)::text from (
  select uuid, entity_type, values, merged_into, founder, created_at, created_by from entities.entity
  where uuid in (select target_uuid from integrations.record_map) or merged_into is not null order by uuid) e
"""
_RELATIONS = "select row_to_json(r)::text from (select * from staging.record_relation order by id) r"
_LEADING = "select row_to_json(r)::text from (select * from entities.relation order by 1, 2, 3) r"

Dump = dict[str, list[str]]


def dump(world: World) -> Dump:
    """Return mapping, values (with aliases) and relations, every byte that a person or a service may see."""
    named = {"mapping": _MAPS, "values": _ENTITIES, "relations": _RELATIONS, "leading": _LEADING}
    return {name: [text for (text,) in world.all(query)] for name, query in named.items()}


def uuid_of(world: World, key: str, resource: str = "people") -> uuidlib.UUID:
    """Return the entity of the record ``key``."""
    query = "select target_uuid from integrations.record_map where source_record_id = %s and resource = %s"
    found: uuidlib.UUID = world.one(query, key, resource)[0]
    return found


def merge(world: World, kept: str, other: str) -> uuidlib.UUID:
    """Join the entities of two records; return the decision."""
    done = decisions.merge(world.connection, uuid_of(world, kept), uuid_of(world, other), reason="one person")
    world.resolve("person")
    return done


def split(world: World, whole: str, *keys: RecordKey) -> uuidlib.UUID:
    """Part records from the entity of the record ``whole``; return the decision."""
    done = decisions.split(world.connection, uuid_of(world, whole), keys, reason="two people")
    world.resolve("person")
    return done


def undo(world: World, decision: uuidlib.UUID) -> None:
    """Take a decision back."""
    decisions.undo(world.connection, decision, reason="a mistake")
    world.resolve("person")


def aliases(world: World) -> dict[Any, Any]:
    """Return which uuid stands for which other."""
    return dict(world.all("select uuid, merged_into from entities.entity where merged_into is not null"))
