-- is_first --
-- Whether no member has a map yet, and no decision says what a uuid stands for: then every component is a new entity.
select not exists (select from resolution.reclaim where entity_type = %(entity_type)s)
   and not exists (
     select from (select distinct source_system_id, resource from staging.source_record where entity_type = %(entity_type)s) k
     where exists (select from integrations.record_map r where r.source_system_id = k.source_system_id and r.resource = k.resource))

-- nodes --
-- What the other plan writes down, for whoever asks for it: members, and the entities that their components become.
create temp view node as
select c.record_id, c.label, c.size, c.rank, c.entity_uuid, c.map_uuid, s.source_system_id, s.resource, s.source_record_id,
       s.is_deleted, s.source_version, s.content_hash, s.landing, null::bigint as map_id, null::uuid as old_uuid,
       false as is_current
from component c join staging.source_record s on s.id = c.record_id;
create temp view target as
select label, size, entity_uuid as uuid, false as is_returned, true as is_new from component where record_id = label

-- examined --
-- How many records there are.
select count(*) from component

-- many --
-- The canonical values of components of several records.
with node as (select record_id, label from component where size > 1) select * from ({new_values}) v

-- chosen --
-- All of the components that are asked for.
select label from component where size > 1

-- create_entities --
-- An entity a component. A record that stands alone says all that there is to say.
insert into entities.entity (uuid, entity_type, founder, values, created_by, updated_by)
select n.uuid, %(entity_type)s, n.label, n.values, a.actor, a.actor from (
  select c.entity_uuid as uuid, c.label, s.attributes as values
  from component c join staging.source_record s on s.id = c.record_id where c.size = 1
  union all
  select c.entity_uuid, c.label, v.values from component c join ({many}) v on v.label = c.label where c.record_id = c.label
) n cross join (select integrations.actor() as actor offset 0) a

-- insert_maps --
-- Every member's map.
insert into integrations.record_map (uuid, source_system_id, resource, source_record_id, record_id, target_domain, target_uuid,
                                     map_status, decided_by, last_synced_at, source_version, content_hash, created_by, updated_by)
select c.map_uuid, s.source_system_id, s.resource, s.source_record_id, s.id, 'entities', c.entity_uuid,
       case when s.is_deleted then 'deleted' else 'mapped' end, coalesce(r.kind, %(alone)s), now(), s.source_version,
       s.content_hash, a.actor, a.actor
from component c join staging.source_record s on s.id = c.record_id left join rule r on r.rank = c.rank
cross join (select integrations.actor() as actor offset 0) a

-- log_maps --
-- Up to some thousands a line, by key, as for those that come later.
insert into integrations.sync_log (source_system_id, import_job_id, event_type, status, message, payload)
select s.source_system_id, l.import_job_id, 'records.mapped', 'ok', count(*) || ' ' || s.resource || ' mapped for the first time',
       jsonb_build_object('entity_type', %(entity_type)s::text, 'resource', s.resource,
                          'source_record_ids', to_jsonb(array_agg(s.source_record_id)))
from staging.source_record s left join integrations.landing l on l.id = s.landing
where s.entity_type = %(entity_type)s
group by s.source_system_id, l.import_job_id, s.resource, s.id / 5000

-- clear_mapped --
-- Several types may be resolved in one transaction.
drop view node, target
