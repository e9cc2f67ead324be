-- record --
-- A source record as it stands, by its outward key.
select s.id, y.system_key || ':' || s.resource || ':' || s.source_record_id as record, y.system_type, y.uuid as system_uuid,
       s.resource, s.source_record_id, s.entity_type, s.is_deleted, s.source_version, s.observed_at, s.landing, s.position,
       s.live_landing, s.live_position, s.attributes, coalesce(s.rejected, '{}') as rejected,
       exists (select from staging.pending_record p where p.record_id = s.id
               or s.id between p.record_id and p.last_record_id and p.entity_type = s.entity_type) as is_pending
from staging.source_record s join integrations.source_system y on y.id = s.source_system_id
where y.system_key = %(system_key)s and s.resource = %(resource)s and s.source_record_id = %(source_record_id)s

-- has_landed --
-- Whether the landing table of a resource is there.
select to_regclass(%(table)s) is not null

-- versions --
-- What landed of a record, the last observed first. A Bloom filter on the record id finds it among millions.
select l.source_version, l.observed_at, l.origin, l.import_job::uuid as job, coalesce(g.status, 'unknown') as state,
       l.is_deleted, encode(l.content_hash, 'hex') as content_hash,
       (l.landing, l.position) = (%(landing)s, %(position)s) as is_newest,
       coalesce((l.landing, l.position) = (%(live_landing)s, %(live_position)s), false) as is_live
from {landed_table} l left join integrations.landing g on g.id = l.landing
where l.source_record_id = %(source_record_id)s and l.source_system = %(system_uuid)s::text
order by l.observed_at desc, l.landing desc, l.position desc limit %(limit)s

-- identifiers --
-- What a record holds that may prove identity, with how many hold it beside.
select i.kind, i.value, i.strength, g.value is not null as is_generic, g.names,
       (select count(*) from staging.identifier o
        where (o.key, o.value, o.kind, o.entity_type) = (i.key, i.value, i.kind, i.entity_type)) as holders
from staging.identifier i
left join resolution.generic_value g on (g.entity_type, g.kind, g.value) = (i.entity_type, i.kind, i.value)
where i.record_id = %(id)s order by i.kind, i.value

-- shared_by --
-- Which other records hold the same values, those of the same entity first.
select i.kind, i.value, o.record, o.entity, coalesce(o.entity = %(entity)s::uuid, false) as is_same_entity
from staging.identifier i cross join lateral (
  select y.system_key || ':' || s.resource || ':' || s.source_record_id as record, m.target_uuid as entity
  from staging.identifier j join staging.source_record s on s.id = j.record_id
  join integrations.source_system y on y.id = s.source_system_id
  left join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
       = (s.source_system_id, s.resource, s.source_record_id, 'entities')
  where (j.key, j.value, j.kind, j.entity_type) = (i.key, i.value, i.kind, i.entity_type) and j.record_id <> i.record_id
  order by m.target_uuid is distinct from %(entity)s::uuid, y.system_key collate "C", s.resource, s.source_record_id
  limit %(limit)s
) o
where i.record_id = %(id)s

-- mapping --
-- Which entity a record is, and by what it was decided.
select m.uuid, m.target_domain, m.target_uuid, m.map_status, m.decided_by, m.source_version, m.last_synced_at,
       m.created_at, m.created_by, (select count(*) from integrations.record_map o where o.target_uuid = m.target_uuid) as records
from integrations.record_map m join integrations.source_system y on y.id = m.source_system_id
where y.system_key = %(system_key)s and m.resource = %(resource)s and m.source_record_id = %(source_record_id)s
order by m.target_domain

-- decisions --
-- What persons said of the records, the last word first; one that was revoked or overruled is not current.
select d.uuid, d.verdict, l.record as left_record, r.record as right_record, d.reason, d.created_at, d.created_by,
       c.uuid is not null as is_current
from resolution.record_decision d
left join resolution.current_decision c on c.uuid = d.uuid
left join lateral (
  select y.system_key || ':' || s.resource || ':' || s.source_record_id as record
  from staging.source_record s join integrations.source_system y on y.id = s.source_system_id
  where s.id = d.left_record_id) l on true
left join lateral (
  select y.system_key || ':' || s.resource || ':' || s.source_record_id as record
  from staging.source_record s join integrations.source_system y on y.id = s.source_system_id
  where s.id = d.right_record_id) r on true
where d.left_record_id = any(%(ids)s::bigint[]) or d.right_record_id = any(%(ids)s::bigint[])
order by d.created_at desc, d.id desc limit %(limit)s

-- reviews --
-- What waits for a person, or waited, between these records and others.
select q.uuid, q.status, q.reason, q.evidence, q.created_at,
       yl.system_key || ':' || l.resource || ':' || l.source_record_id as left_record,
       yr.system_key || ':' || r.resource || ':' || r.source_record_id as right_record
from resolution.review_item q
join staging.source_record l on l.id = q.left_record_id join integrations.source_system yl on yl.id = l.source_system_id
join staging.source_record r on r.id = q.right_record_id join integrations.source_system yr on yr.id = r.source_system_id
where q.status = 'open' and (q.left_record_id = any(%(ids)s::bigint[]) or q.right_record_id = any(%(ids)s::bigint[]))
order by q.created_at, q.id limit %(limit)s

-- relations_of --
-- What records say of their relations; one whose target is not there, or not sure, is parked.
select r.name, y.system_key || ':' || s.resource || ':' || s.source_record_id as record, r.target_type,
       case when r.target_key is not null then y.system_key || ':' || r.target_resource || ':' || r.target_key
            else r.identifier_kind || '=' || r.identifier_value end as aims_at,
       r.object_uuid as entity, r.object_uuid is null as is_parked
from staging.record_relation r join staging.source_record s on s.id = r.record_id
join integrations.source_system y on y.id = s.source_system_id
where r.record_id = any(%(ids)s::bigint[]) order by r.name, r.id limit %(limit)s

-- relations_to --
-- Relations that lead to an entity, and parked ones that aim at its records or at values that they hold.
select f.name, f.record, f.target_type, f.aims_at, m.target_uuid as entity, f.is_parked
from (
  select r.id, r.name, y.system_key || ':' || s.resource || ':' || s.source_record_id as record, r.target_type,
         case when r.target_key is not null then y.system_key || ':' || r.target_resource || ':' || r.target_key
              else r.identifier_kind || '=' || r.identifier_value end as aims_at,
         r.object_uuid is null as is_parked, s.source_system_id, s.resource, s.source_record_id
  from (
    select id from staging.record_relation where object_uuid = %(entity)s
    union
    select r.id from staging.source_record t join staging.record_relation r
      on (r.source_system_id, r.target_resource, r.target_key) = (t.source_system_id, t.resource, t.source_record_id)
    where t.id = any(%(ids)s::bigint[]) and r.object_uuid is null
    union
    select r.id from staging.identifier i join staging.record_relation r
      on (r.identifier_kind, r.identifier_value, r.target_type) = (i.kind, i.value, i.entity_type)
    where i.record_id = any(%(ids)s::bigint[]) and r.object_uuid is null and r.target_key is null
  ) k join staging.record_relation r on r.id = k.id
  join staging.source_record s on s.id = r.record_id join integrations.source_system y on y.id = s.source_system_id
) f
left join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
     = (f.source_system_id, f.resource, f.source_record_id, 'entities')
order by f.name, f.id limit %(limit)s

-- quarantined --
-- A record that waits in quarantine, with the reason; its bytes stay where they are.
select q.uuid, q.stage, q.error_class, q.message, q.attempts, q.created_at, q.updated_at, j.uuid as job
from integrations.quarantined_record q join integrations.source_system y on y.id = q.source_system_id
left join integrations.import_job j on j.id = q.import_job_id
where y.system_key = %(system_key)s and q.resource = %(resource)s and q.source_record_id = %(source_record_id)s
  and q.status = 'waiting' order by q.created_at limit %(limit)s

-- log --
-- The sync log of a record: its own lines, and those of the jobs that landed it. First mappings are written many to a line.
select g.uuid, g.created_at, g.event_type, g.status, j.uuid as job,
       case when g.event_type = 'records.mapped' then 'mapped for the first time' else g.message end as message
from integrations.import_job j join integrations.sync_log g on g.import_job_id = j.id
where j.uuid = any(%(jobs)s::uuid[]) and (
  g.event_type like 'job.%%'
  or g.payload->>'resource' = %(resource)s and (
    g.event_type = 'record.remapped' and g.payload->>'source_record_id' = %(source_record_id)s
    or g.event_type = 'records.mapped' and g.payload->'source_record_ids' ? %(source_record_id)s))
order by g.created_at, g.id limit %(limit)s

-- entity --
-- The entity that a uuid answers as today: itself, or the one it was merged into.
with recursive answer as (
  select e.*, 0 as hops from entities.entity e where e.uuid = %(entity)s
  union all
  select e.*, a.hops + 1 from answer a join entities.entity e on e.uuid = a.merged_into where a.hops < 100
)
select uuid, entity_type, values, created_at, updated_at from answer order by hops desc limit 1

-- members --
-- The records of an entity; whose word counts is canonical/values.sql's to say.
select s.id, y.system_key || ':' || s.resource || ':' || s.source_record_id as record, m.map_status, m.decided_by,
       s.is_deleted, s.attributes, coalesce(s.live_version, s.source_version) as source_version,
       coalesce(s.live_observed_at, s.observed_at) as observed_at, j.uuid as job
from integrations.record_map m
join integrations.source_system y on y.id = m.source_system_id
join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
     = (m.source_system_id, m.resource, m.source_record_id)
left join integrations.landing g on g.id = coalesce(s.live_landing, s.landing)
left join integrations.import_job j on j.id = g.import_job_id
where m.target_uuid = %(entity)s
order by y.system_key collate "C", s.resource collate "C", s.source_record_id collate "C"

-- links --
-- Values that several records of an entity hold.
select i.kind, i.value, max(i.strength) as strength, bool_or(g.value is not null) as is_generic, max(g.names) as names,
       array_agg(i.record_id order by i.record_id) as ids
from staging.identifier i
left join resolution.generic_value g on (g.entity_type, g.kind, g.value) = (i.entity_type, i.kind, i.value)
where i.record_id = any(%(ids)s::bigint[])
group by i.kind, i.value having count(*) > 1 order by i.kind, i.value

-- aliases --
-- Uuids that answer as this entity since they were merged into it.
select uuid, created_at, updated_at as merged_at from entities.entity where merged_into = %(entity)s order by uuid
