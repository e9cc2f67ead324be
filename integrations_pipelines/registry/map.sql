-- nodes --
-- Every member with its component and its present mapping.
create temp table node on commit drop as
select c.record_id, c.label, c.size, c.rank, c.entity_uuid, c.map_uuid, s.source_system_id, s.resource, s.source_record_id, s.is_deleted,
       s.source_version, s.content_hash, s.landing, m.id as map_id, m.target_uuid as old_uuid,
       (m.source_version, m.content_hash, m.map_status) is not distinct from
       (s.source_version, s.content_hash, case when s.is_deleted then 'deleted' else 'mapped' end) as is_current
from component c join staging.source_record s on s.id = c.record_id
left join integrations.record_map m on m.record_id = c.record_id and m.target_domain = 'entities'

-- analyze_nodes --
-- The planner knows nothing of fresh temporary tables.
analyze node (record_id, label, rank, map_id, old_uuid)

-- claims --
-- Each present entity goes to the component that holds most of it; a component keeps the largest that came to it,
-- else the oldest (uuids of version 7 sort by age). What a person's decision says a uuid stands for goes first.
create temp table claim on commit drop as
with reclaimed as (
  select n.label, r.uuid as old_uuid, count(*) as records, r.priority
  from resolution.reclaim r join node n on n.record_id = r.record_id
  where r.entity_type = %(entity_type)s
    and (r.priority >= 0 or not exists (select from integrations.record_map m where m.target_uuid = r.uuid))
  group by n.label, r.uuid, r.priority
), overlap as (
  select label, old_uuid, count(*) as records, -1 as priority from node
  where old_uuid is not null and old_uuid not in (select old_uuid from reclaimed where priority >= 0) group by label, old_uuid
  union all select * from reclaimed
), given as (
  select distinct on (old_uuid) old_uuid, label, records, priority from overlap
  order by old_uuid, priority desc, records desc, label
)
select old_uuid, label,
       row_number() over (partition by label order by priority desc, records desc, old_uuid) = 1 as is_kept
from given

-- returns --
-- A component that stands apart again gets the uuid back that its founder was given.
create temp table returning_uuid on commit drop as
select distinct on (n.label) n.label, e.uuid
from node n join entities.entity e on e.founder = n.record_id and e.merged_into is not null
where n.map_id is not null and not exists (select from claim c where c.is_kept and (c.label = n.label or c.old_uuid = e.uuid))
order by n.label, e.uuid

-- targets --
-- The uuid of each component: kept, returned, or new.
create temp table target on commit drop as
select n.label, n.size, coalesce(c.old_uuid, r.uuid, n.entity_uuid) as uuid, r.uuid is not null as is_returned,
       c.old_uuid is null and r.uuid is null as is_new
from node n
left join claim c on c.label = n.label and c.is_kept
left join returning_uuid r on r.label = n.label
where n.record_id = n.label

-- bar_targets --
-- Components of which no record may make an entity: they stay unmatched until one comes that may.
update target t set uuid = null, is_new = false, is_returned = false
where not exists (
  select from node n where n.label = t.label and %(creates)s and not exists (
    select from resolution.creation_bar b where b.source_system_id = n.source_system_id and b.entity_type = %(entity_type)s))

-- empty_entities --
-- Entities without a record any more: their uuid stays, so that it answers, and says nothing.
update entities.entity e set values = '{}', updated_at = now(), updated_by = integrations.actor()
where e.uuid in (select n.old_uuid from node n join target t on t.label = n.label where t.uuid is null)
  and e.merged_into is null and e.values <> '{}'
  and not exists (select from integrations.record_map m where m.target_uuid = e.uuid)

-- has_bars --
-- Whether some records may not make entities of this type.
select not %(creates)s or exists (select from resolution.creation_bar where entity_type = %(entity_type)s)

-- end_pins --
-- Pins whose time is over; their entities' values are computed anew.
with ended as (
  update resolution.attribute_pin set ended_at = until, ended_reason = 'its time was over'
  where entity_type = %(entity_type)s and ended_at is null and until <= now() returning entity
)
insert into staging.pending_record (record_id, entity_type)
select s.id, s.entity_type from ended p join entities.entity e on e.uuid = p.entity
join integrations.record_map m on m.target_uuid = coalesce(e.merged_into, e.uuid)
join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
                              = (m.source_system_id, m.resource, m.source_record_id)

-- log_refusals --
-- What a source said of an attribute that another one owns, where it differs: refused, and told by key, never by value.
insert into integrations.sync_log (source_system_id, import_job_id, event_type, status, message, payload)
select s.source_system_id, l.import_job_id, 'attribute.refused', 'refused',
       y.system_key || ' does not own ' || p.entity_type || '.' || p.attribute || ': its word was not taken',
       jsonb_build_object('entity_type', p.entity_type, 'attribute', p.attribute, 'resource', s.resource,
                          'owners', to_jsonb(p.sources),
                          'source_record_ids', to_jsonb(array_agg(s.source_record_id order by s.source_record_id)))
from touched t join staging.source_record s on s.id = t.record_id and not s.is_deleted
join integrations.source_system y on y.id = s.source_system_id
join resolution.attribute_policy p on p.entity_type = s.entity_type and p.rule = 'owner' and s.attributes ? p.attribute
join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
     = (s.source_system_id, s.resource, s.source_record_id, 'entities')
join entities.entity e on e.uuid = m.target_uuid
left join integrations.landing l on l.id = s.landing
where s.entity_type = %(entity_type)s and y.system_key <> all(p.sources)
  and e.values->p.attribute is distinct from s.attributes->p.attribute
group by s.source_system_id, y.system_key, l.import_job_id, p.entity_type, p.attribute, p.sources, s.resource

-- analyze_targets --
-- Likewise.
analyze target (label, size, is_new)

-- has_known --
-- Whether any component has an entity already, or any record a map.
select exists (select from target where not is_new) or exists (select from node where map_id is not null)

-- has_relations --
-- Whether any relation could be concerned at all.
select exists (select from staging.record_relation r where r.target_type = %(entity_type)s)
    or exists (select from touched t join staging.record_relation r on r.record_id = t.record_id)

-- clear_aimed --
-- Several types may be resolved in one transaction.
drop table aimed

-- clear_mapped --
drop table node, claim, returning_uuid, target

-- clear --
drop table rule, touched, member, component, watched, weighed

-- many_new --
-- Components of several records that no entity stands for yet.
select label from target where is_new and size > 1

-- known --
-- Components that an entity stands for already.
select label from target where not is_new

-- create_entities --
-- Entities for the new components, with their canonical values.
insert into entities.entity (uuid, entity_type, founder, values)
select t.uuid, %(entity_type)s, t.label, s.attributes from target t
join staging.source_record s on s.id = t.label where t.is_new and t.size = 1
union all
select t.uuid, %(entity_type)s, t.label, v.values from target t
join ({new_values}) v on v.label = t.label where t.is_new and t.size > 1

-- create_ruled_entities --
-- The same where policies rule: one record's word may not count.
insert into entities.entity (uuid, entity_type, founder, values)
select t.uuid, %(entity_type)s, t.label, v.values from target t
join ({new_values}) v on v.label = t.label where t.is_new

-- all_new --
-- Components that no entity stands for yet.
select label from target where is_new

-- update_entities --
-- Canonical values of entities whose records changed; nothing is written where they came out the same.
update entities.entity e
set values = v.values, merged_into = null, updated_at = now(), updated_by = integrations.actor()
from target t join ({known_values}) v on v.label = t.label
where not t.is_new and e.uuid = t.uuid and (e.values is distinct from v.values or e.merged_into is not null)

-- merge_entities --
-- Entities that lost their last record to another become aliases of it; aliases of aliases follow.
update entities.entity e
set merged_into = t.uuid, updated_at = now(), updated_by = integrations.actor()
from claim c join target t on t.label = c.label
where not c.is_kept and (e.uuid = c.old_uuid or e.merged_into = c.old_uuid) and e.uuid <> t.uuid
  and e.merged_into is distinct from t.uuid

-- lead_aliases --
-- An alias of an entity that records have left answers as whatever its first record is now.
update entities.entity e
set merged_into = m.target_uuid, updated_at = now(), updated_by = integrations.actor()
from staging.source_record s join integrations.record_map m
  on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
   = (s.source_system_id, s.resource, s.source_record_id, 'entities')
where e.merged_into in (select n.old_uuid from node n join target t on t.label = n.label where n.old_uuid <> t.uuid)
  and s.id = e.founder and m.target_uuid not in (e.merged_into, e.uuid)

-- insert_maps --
-- Records mapped for the first time, in the order in which they came: near to that of their keys.
insert into integrations.record_map (uuid, source_system_id, resource, source_record_id, record_id, target_domain, target_uuid,
                                     map_status, decided_by, last_synced_at, source_version, content_hash)
select n.map_uuid, n.source_system_id, n.resource, n.source_record_id, n.record_id, 'entities', t.uuid,
       case when t.uuid is null then 'unmatched' when n.is_deleted then 'deleted' else 'mapped' end,
       case when t.uuid is null then 'may not create' else coalesce(r.kind, %(alone)s) end, now(), n.source_version, n.content_hash
from node n join target t on t.label = n.label left join rule r on r.rank = n.rank
where n.map_id is null
order by n.record_id

-- update_maps --
-- Records that moved to another entity, or came in a new version.
update integrations.record_map m
set target_uuid = t.uuid,
    map_status = case when t.uuid is null then 'unmatched' when n.is_deleted then 'deleted' else 'mapped' end,
    decided_by = case when t.uuid is null then 'may not create' else coalesce(r.kind, %(alone)s) end, source_version = n.source_version,
    last_synced_at = case when n.is_current then m.last_synced_at else now() end,
    content_hash = n.content_hash, updated_at = now(), updated_by = integrations.actor()
from node n join target t on t.label = n.label left join rule r on r.rank = n.rank
where m.id = n.map_id and case when t.uuid is null then n.old_uuid is not null or m.content_hash <> n.content_hash
  else n.old_uuid is distinct from t.uuid or not n.is_current or m.decided_by <> coalesce(r.kind, %(alone)s) end

-- log_first_maps --
-- Records mapped for the first time, up to some thousands a line, by key; the record map says to whom.
insert into integrations.sync_log (source_system_id, import_job_id, event_type, status, message, payload)
select n.source_system_id, l.import_job_id, 'records.mapped', 'ok',
       count(*) || ' ' || n.resource || ' mapped for the first time',
       jsonb_build_object('entity_type', %(entity_type)s::text, 'resource', n.resource,
                          'source_record_ids', to_jsonb(array_agg(n.source_record_id)))
from node n left join integrations.landing l on l.id = n.landing
where n.map_id is null
group by n.source_system_id, l.import_job_id, n.resource, n.record_id / 5000

-- log_moves --
-- One line for each record that moved from one entity to another.
insert into integrations.sync_log (source_system_id, import_job_id, event_type, status, message, payload)
select n.source_system_id, l.import_job_id, 'record.remapped', 'ok',
       n.resource || ':' || n.source_record_id || ': ' || n.old_uuid || ' -> ' || t.uuid,
       jsonb_build_object('resource', n.resource, 'source_record_id', n.source_record_id, 'target_uuid', t.uuid,
                          'former_uuid', n.old_uuid, 'decided_by', coalesce(r.kind, %(alone)s))
from node n join target t on t.label = n.label left join rule r on r.rank = n.rank
left join integrations.landing l on l.id = n.landing
where n.old_uuid <> t.uuid

-- log_merges --
-- One line for each entity that becomes an alias.
insert into integrations.sync_log (event_type, status, message, payload)
select 'entity.merged', 'ok', c.old_uuid || ' -> ' || t.uuid,
       jsonb_build_object('entity_type', %(entity_type)s::text, 'alias', c.old_uuid, 'target_uuid', t.uuid)
from claim c join target t on t.label = c.label join entities.entity e on e.uuid = c.old_uuid and e.merged_into is null
where not c.is_kept and c.old_uuid <> t.uuid

-- relations --
-- Relations that may point elsewhere now: those of touched records, and those that aim at records that moved.
create temp table aimed on commit drop as
select r.id from touched t join staging.record_relation r on r.record_id = t.record_id
union
select r.id from node n join target t on t.label = n.label
join staging.record_relation r on (r.source_system_id, r.target_resource, r.target_key)
     = (n.source_system_id, n.resource, n.source_record_id)
where n.old_uuid is distinct from t.uuid or n.map_id is null
union
select r.id from node n join target t on t.label = n.label
join staging.identifier i on i.record_id = n.record_id and i.strength <> 'weak'
join staging.record_relation r on (r.identifier_kind, r.identifier_value) = (i.kind, i.value)
     and r.target_type = %(entity_type)s
where n.old_uuid is distinct from t.uuid or exists (select from touched u where u.record_id = n.record_id)
union
select r.id from watched w join staging.record_relation r
  on (r.identifier_kind, r.identifier_value) = (w.kind, w.value) and r.target_type = %(entity_type)s

-- aim_relations --
-- The entity that each of them means: by the target's key, or by an identifier that only one entity holds.
update staging.record_relation r set object_uuid = f.uuid
from aimed a join staging.record_relation r0 on r0.id = a.id
cross join lateral (
  select case when r0.target_key is not null then (
    select m.target_uuid from integrations.record_map m
    where (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
        = (r0.source_system_id, r0.target_resource, r0.target_key, 'entities')
  ) else (select (min(x.target_uuid::text) filter (where x.entities = 1))::uuid from (
    select m.target_uuid, count(*) over () as entities
    from staging.identifier i join staging.source_record s on s.id = i.record_id
    join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
         = (s.source_system_id, s.resource, s.source_record_id, 'entities')
    where r0.identifier_kind is not null and i.entity_type = r0.target_type and i.strength <> 'weak'
      and i.key = staging.identifier_key(r0.target_type, r0.identifier_kind, r0.identifier_value)
      and i.kind = r0.identifier_kind and i.value = r0.identifier_value
      and not exists (select from resolution.generic_value g
                      where (g.entity_type, g.kind, g.value) = (i.entity_type, i.kind, i.value))
    group by m.target_uuid
  ) x) end as uuid
) f
where r.id = a.id and r.object_uuid is distinct from f.uuid

-- let_go --
-- Records that are no entity any more, on purpose: a bot, an app. Who has a component is one.
update integrations.record_map m
set target_uuid = null, map_status = 'unmatched', decided_by = 'passed over', last_synced_at = now(), updated_at = now(),
    updated_by = integrations.actor()
from touched t join staging.source_record s on s.id = t.record_id and s.entity_type = 'none'
where m.record_id = t.record_id and m.target_uuid is not null
  and not exists (select from component c where c.record_id = t.record_id)

-- seen --
-- How many records had changed.
select count(*) from touched

-- finish --
-- What was pending in this transaction's view is dealt with; what came since stays.
delete from staging.pending_record where entity_type = %(entity_type)s

-- finish_reclaimed --
-- Likewise for what decisions said of uuids; forgotten records keep theirs until they are back.
delete from resolution.reclaim r
where entity_type = %(entity_type)s and (priority >= 0 or exists (select from node n where n.record_id = r.record_id))

-- finish_released --
-- Likewise for identifiers given up.
delete from staging.released_identifier where entity_type = %(entity_type)s
