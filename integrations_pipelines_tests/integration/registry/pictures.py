"""What anyone can see of the organisation, by natural keys alone: two histories that should agree are compared so."""

from collections import defaultdict
from typing import Any

from integrations_pipelines_tests.integration.registry.landed import World

Picture = dict[str, Any]

_CURRENT = """
select y.system_key, s.resource, s.source_record_id, s.is_deleted, s.source_version, s.content_hash,
       s.live_version, s.live_hash, s.attributes, s.name_key,
       case when s.source_version is null then s.observed_at end
from staging.source_record s join integrations.source_system y on y.id = s.source_system_id where s.landing <> 0
"""
_IDENTIFIERS = """
select y.system_key, s.resource, s.source_record_id, i.kind, i.value, i.strength
from staging.identifier i join staging.source_record s on s.id = i.record_id
join integrations.source_system y on y.id = s.source_system_id
"""
_MAPS = """
select y.system_key, m.resource, m.source_record_id, m.target_uuid, m.map_status, m.source_version, m.content_hash,
       m.decided_by
from integrations.record_map m join integrations.source_system y on y.id = m.source_system_id
where m.decided_by <> 'forgotten'
"""
_VALUES = """
select uuid, values from entities.entity e where merged_into is null
and (values <> '{}' or exists (select from integrations.record_map m where m.target_uuid = e.uuid))
"""
_RELATIONS = """
select y.system_key, s.resource, s.source_record_id, r.name, r.target_key, r.identifier_value, r.object_uuid
from staging.record_relation r join staging.source_record s on s.id = r.record_id
join integrations.source_system y on y.id = s.source_system_id
"""
_REVIEWS = """
select ly.system_key, l.source_record_id, ry.system_key, r.source_record_id, q.reason, q.evidence::text
from resolution.review_item q
join staging.source_record l on l.id = q.left_record_id
join staging.source_record r on r.id = q.right_record_id
join integrations.source_system ly on ly.id = l.source_system_id
join integrations.source_system ry on ry.id = r.source_system_id
where q.status = 'open'
"""


def picture(world: World) -> Picture:
    """Return current versions, mapping, canonical values, relations, reviews and generic values."""
    maps = world.all(_MAPS)
    groups = entities(maps)
    values = dict(world.all(_VALUES))
    assert values.keys() == groups.keys()
    return {
        "current": {tuple(one[:3]): one[3:] for one in world.all(_CURRENT)},
        "identifiers": sorted(world.all(_IDENTIFIERS)),
        "maps": {tuple(one[:3]): one[4:] for one in maps},
        "entities": {group: values[uuid] for uuid, group in groups.items()},
        "relations": {tuple(one[:6]): groups.get(one[6]) for one in world.all(_RELATIONS)},
        "reviews": sorted(world.all(_REVIEWS)),
        "generic": sorted(
            world.all("select entity_type, kind, value, holders, names from resolution.generic_value")
        ),
    }


def entities(maps: list[tuple[Any, ...]]) -> dict[Any, frozenset[tuple[str, str, str]]]:
    """Return the natural keys of each entity's records."""
    found = defaultdict(set)
    for system_key, resource, record, uuid, *_ in maps:
        found[uuid].add((system_key, resource, record))
    return {uuid: frozenset(group) for uuid, group in found.items()}


def partition(world: World) -> set[frozenset[str]]:
    """Return which people are one: the keys of each entity's records, written ``system:key``."""
    groups = entities(world.all(_MAPS)).values()
    return {
        frozenset(f"{system}:{record}" for system, resource, record in group if resource == "people")
        for group in groups
    } - {frozenset()}
