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

-- is_told --
-- Whether the feed's triggers are on, as they are unless a person turned them off.
select count(*) = 2 from pg_trigger
where (tgrelid, tgname) in (('entities.entity'::regclass, 'tell_entities_inserted'),
                            ('integrations.record_map'::regclass, 'tell_maps_inserted')) and tgenabled = 'O'

-- tell_ourselves --
-- What the feed's triggers would write is written by whoever holds both tables, which are empty, until the transaction ends.
alter table entities.entity disable trigger tell_entities_inserted;
alter table integrations.record_map disable trigger tell_maps_inserted

-- tell_again --
-- As before, before anybody else is let in.
alter table entities.entity enable trigger tell_entities_inserted;
alter table integrations.record_map enable trigger tell_maps_inserted

-- is_untouched --
-- Whether this transaction has written nothing yet, so that another session sees the same.
select pg_current_xact_id_if_assigned() is null

-- words --
-- Who writes, and when.
select integrations.actor(), timestamptz_send(now())

-- kinds --
-- What the ranks stand for.
select rank, kind from rule

-- block --
-- What the maps of some records say of them, a column as one value; what many have in common is said once.
select y.id, y.system_key, g.resource, g.status, g.width, g.ids, g.sizes, g.keys, g.versions, g.hashes, g.landings
from (
  select s.source_system_id, s.resource, case when s.is_deleted then 'deleted' else 'mapped' end as status,
         octet_length(s.content_hash) as width, string_agg(int8send(s.id), '') as ids,
         string_agg(int4send(octet_length(s.source_record_id)), '') as sizes, string_agg(s.source_record_id, '') as keys,
         string_agg(timestamptz_send(s.source_version), '') as versions, string_agg(s.content_hash, '') as hashes,
         string_agg(int8send(s.landing), '') as landings
  from staging.source_record s
  where s.entity_type = %(entity_type)s and s.id between %(first)s and %(last)s
  group by s.source_system_id, s.resource, s.is_deleted, octet_length(s.content_hash), s.source_version is null
) g join integrations.source_system y on y.id = g.source_system_id

-- jobs_of --
-- Which import jobs made these landings.
select id, import_job_id from integrations.landing where id = any(%(landings)s::bigint[]) and import_job_id is not null

-- log_block --
-- Up to some thousands a line, by key, as for those that come later.
insert into integrations.sync_log (source_system_id, import_job_id, event_type, status, message, payload)
select l.source_system_id, l.import_job_id, 'records.mapped', 'ok', l.message, l.payload::jsonb
from unnest(%(systems)s::bigint[], %(jobs)s::bigint[], %(messages)s::text[], %(payloads)s::text[])
  as l(source_system_id, import_job_id, message, payload)

-- clear_mapped --
-- Several types may be resolved in one transaction.
drop view node, target
