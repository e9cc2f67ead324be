-- change_items --
-- The changes of one row of the feed, in order. What triggers write for every new row is kept by the column: what all
-- have in common is said once, and each array has one value a change; a tenth of the time of an object each.
create function integrations.change_items(items jsonb) returns table (place bigint, item jsonb)
language sql immutable parallel safe as $$
  select o.place, o.item
  from jsonb_array_elements(case jsonb_typeof(items) when 'array' then items else '[]' end) with ordinality as o(item, place)
  union all
  select n.place, jsonb_object_agg(m.key, case jsonb_typeof(m.value) when 'array' then m.value -> (n.place - 1)::integer
                                          else m.value end)
  from jsonb_each(case jsonb_typeof(items) when 'object' then items else '{}' end) m
  cross join generate_series(1::bigint, coalesce((
    select max(jsonb_array_length(value)) from jsonb_each(case jsonb_typeof(items) when 'object' then items else '{}' end)
    where jsonb_typeof(value) = 'array'), 0)) as n(place)
  group by n.place
$$

-- maps_inserted --
-- Records mapped for the first time, some hundreds a row of the feed: a first load writes thousands of rows, not millions.
create function integrations.tell_maps_inserted() returns trigger language plpgsql as $$
begin
  insert into integrations.change (kind, items)
  select 'record.mapped', jsonb_build_object(
    'system_key', y.system_key, 'resource', n.resource, 'target_domain', n.target_domain, 'map_status', n.map_status,
    'source_record_id', to_jsonb(n.keys), 'record_map', to_jsonb(n.uuids), 'target_uuid', to_jsonb(n.targets))
  from (
    select source_system_id, resource, target_domain, map_status, min(id) as first, array_agg(source_record_id order by id) as keys,
           array_agg(uuid order by id) as uuids, array_agg(target_uuid order by id) as targets
    from arrived where target_uuid is not null
    group by source_system_id, resource, target_domain, map_status, (id - (select min(id) from arrived)) / 500
  ) n join integrations.source_system y on y.id = n.source_system_id order by n.first;
  return null;
end $$;
create trigger tell_maps_inserted after insert on integrations.record_map
  referencing new table as arrived for each statement execute function integrations.tell_maps_inserted()

-- maps_updated --
-- Records that moved to another entity, lost theirs, were deleted, or came back.
-- A session keeps the plan that its first update was made with; where that was one row, ten thousand would be joined each
-- with each.
create function integrations.tell_maps_updated() returns trigger language plpgsql set enable_nestloop to off as $$
begin
  insert into integrations.change (kind, items)
  select m.kind, jsonb_agg(jsonb_build_object(
    'system_key', y.system_key, 'resource', m.resource, 'source_record_id', m.source_record_id,
    'record_map', m.uuid, 'target_domain', m.target_domain, 'target_uuid', m.target_uuid, 'map_status', m.map_status,
    'former_uuid', m.former_uuid) order by m.place)
  from (
    select n.*, o.target_uuid as former_uuid, k.kind, row_number() over (partition by k.kind order by n.id) as place
    from became n join was o on o.id = n.id
    cross join lateral (select case
      when o.target_uuid is null and n.target_uuid is not null then 'record.mapped'
      when o.target_uuid is not null and n.target_uuid is null then 'record.unmapped'
      when o.target_uuid <> n.target_uuid then 'record.remapped'
      when n.map_status = 'deleted' and o.map_status <> 'deleted' then 'record.deleted'
      when o.map_status = 'deleted' and n.map_status <> 'deleted' then 'record.restored' end as kind) k
    where k.kind is not null
  ) m join integrations.source_system y on y.id = m.source_system_id
  group by m.kind, (m.place - 1) / 500 order by min(m.place);
  return null;
end $$;
create trigger tell_maps_updated after update on integrations.record_map
  referencing old table as was new table as became for each statement execute function integrations.tell_maps_updated()

-- maps_deleted --
-- Records whose mapping is gone: an erased one is told without its key.
create function integrations.tell_maps_deleted() returns trigger language plpgsql as $$
begin
  insert into integrations.change (kind, items)
  select 'record.unmapped', jsonb_agg(jsonb_build_object(
    'system_key', y.system_key, 'resource', m.resource, 'source_record_id', null, 'record_map', m.uuid,
    'target_domain', m.target_domain, 'target_uuid', null, 'map_status', 'erased', 'former_uuid', m.target_uuid)
    order by m.id)
  from gone m join integrations.source_system y on y.id = m.source_system_id
  having count(*) > 0;
  return null;
end $$;
create trigger tell_maps_deleted after delete on integrations.record_map
  referencing old table as gone for each statement execute function integrations.tell_maps_deleted()

-- entities_inserted --
-- New canonical entities.
create function integrations.tell_entities_inserted() returns trigger language plpgsql as $$
begin
  insert into integrations.change (kind, items)
  select 'entity.created', jsonb_build_object('entity_type', entity_type, 'uuid', to_jsonb(array_agg(uuid order by id)))
  from arrived group by entity_type, (id - (select min(id) from arrived)) / 500 order by min(id);
  return null;
end $$;
create trigger tell_entities_inserted after insert on entities.entity
  referencing new table as arrived for each statement execute function integrations.tell_entities_inserted()

-- entities_updated --
-- Entities that became aliases, stand for themselves again, or whose values changed: names of attributes, no values.
create function integrations.tell_entities_updated() returns trigger language plpgsql set enable_nestloop to off as $$
begin
  insert into integrations.change (kind, items)
  select m.kind, jsonb_agg(m.item order by m.place)
  from (
    select k.kind, row_number() over (partition by k.kind order by n.id) as place,
           jsonb_build_object('entity_type', n.entity_type, 'uuid', n.uuid) || case k.kind
             when 'entity.merged' then jsonb_build_object('into', n.merged_into)
             when 'entity.split' then jsonb_build_object('from', o.merged_into)
             else jsonb_build_object('attributes', (
               select coalesce(jsonb_agg(a.key order by a.key), '[]') from jsonb_object_keys(n.values || o.values) a(key)
               where n.values -> a.key is distinct from o.values -> a.key)) end as item
    from became n join was o on o.id = n.id
    cross join lateral (select case
      when n.merged_into is not null and n.merged_into is distinct from o.merged_into then 'entity.merged'
      when n.merged_into is null and o.merged_into is not null then 'entity.split'
      when n.values is distinct from o.values then 'entity.updated' end as kind) k
    where k.kind is not null
  ) m
  group by m.kind, (m.place - 1) / 500 order by min(m.place);
  return null;
end $$;
create trigger tell_entities_updated after update on entities.entity
  referencing old table as was new table as became for each statement execute function integrations.tell_entities_updated()
