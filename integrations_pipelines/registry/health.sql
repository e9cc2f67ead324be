-- resources --
-- Every resource that a source system ever began to sync: its last job, its last success, and how its records stand.
with chosen as (
  select s.id, s.system_key, c.resource
  from integrations.source_system s join integrations.sync_cursor c on c.source_system_id = s.id
  where (%(system_key)s::text is null or s.system_key = %(system_key)s)
    and (%(resource)s::text is null or c.resource = %(resource)s)
), records as (
  select source_system_id, resource, min(entity_type) as entity_type, count(*) as records
  from staging.source_record r
  where not is_deleted and (source_system_id, resource) in (select id, resource from chosen) group by 1, 2
), maps as (
  select source_system_id, resource, count(*) as mapped from integrations.record_map
  where map_status = 'mapped' and target_domain = 'entities' and (source_system_id, resource) in (select id, resource from chosen) group by 1, 2
), relations as (
  select s.source_system_id, s.resource, count(*) as relations, count(*) filter (where r.object_uuid is null) as parked
  from staging.record_relation r join staging.source_record s on s.id = r.record_id and not s.is_deleted
  where (s.source_system_id, s.resource) in (select id, resource from chosen) group by 1, 2
), aside as (
  select source_system_id, resource, count(*) as quarantined from integrations.quarantined_record
  where status = 'waiting' and (source_system_id, resource) in (select id, resource from chosen) group by 1, 2
)
select c.system_key, c.resource, coalesce(r.entity_type, j.summary->>'entity_type', ''), coalesce(r.records, 0),
       coalesce(m.mapped, 0), coalesce(l.relations, 0), coalesce(l.parked, 0), coalesce(a.quarantined, 0),
       j.uuid, j.started_at, j.summary, ok.at
from chosen c
left join records r on (r.source_system_id, r.resource) = (c.id, c.resource)
left join maps m on (m.source_system_id, m.resource) = (c.id, c.resource)
left join relations l on (l.source_system_id, l.resource) = (c.id, c.resource)
left join aside a on (a.source_system_id, a.resource) = (c.id, c.resource)
left join lateral (
  select i.uuid, i.started_at, i.result_summary->'resources'->c.resource as summary from integrations.import_job i
  where i.source_system_id = c.id and i.job_type not in ('backfill', 'sweep')
    and i.result_summary->'resources' ? c.resource
  order by i.started_at desc limit 1) j on true
left join lateral (
  select coalesce(i.completed_at, now()) as at from integrations.import_job i
  where i.source_system_id = c.id and i.job_type not in ('backfill', 'sweep')
    and i.result_summary->'resources'->c.resource->>'status' = 'succeeded'
  order by i.started_at desc limit 1) ok on true
order by c.system_key, c.resource

-- types --
-- How the records of each entity type stand.
with records as (
  select entity_type, count(*) as records from staging.source_record where not is_deleted group by 1
), maps as (
  select s.entity_type, count(*) as mapped
  from staging.source_record s join integrations.record_map m
    on (m.source_system_id, m.resource, m.source_record_id)
     = (s.source_system_id, s.resource, s.source_record_id) and m.map_status = 'mapped' and m.target_domain = 'entities'
  where not s.is_deleted and s.entity_type = any(%(types)s) group by 1
), present as (
  select entity_type, count(*) as entities from entities.entity where merged_into is null group by 1
), relations as (
  select s.entity_type, count(*) as relations, count(*) filter (where r.object_uuid is null) as parked
  from staging.record_relation r join staging.source_record s on s.id = r.record_id and not s.is_deleted group by 1
)
select t.name, coalesce(r.records, 0), coalesce(m.mapped, 0), coalesce(e.entities, 0), coalesce(l.relations, 0),
       coalesce(l.parked, 0)
from unnest(%(types)s::text[]) with ordinality as t(name, position)
left join records r on r.entity_type = t.name
left join maps m on m.entity_type = t.name
left join present e on e.entity_type = t.name
left join relations l on l.entity_type = t.name
order by t.position

-- attempts --
-- The active source systems of a type: the last attempt, how many failed since the last success, what is under way.
-- A running job holds an advisory lock of class 7221 (registry/jobs.py); one without it is dead.
select s.system_key, s.config_payload, s.poll_seconds, s.created_at, last.started_at, coalesce(bad.failures, 0),
       coalesce(last.status = 'running' and exists (
         select from pg_locks l
         where l.locktype = 'advisory' and l.classid = 7221 and l.objsubid = 2 and l.granted
           and l.database = (select oid from pg_database where datname = current_database())
           and l.objid::bigint = (hashtext(last.id::text)::bigint & 4294967295)), false),
       array(select c.name from integrations.secret c join integrations.secret_version v on v.secret_id = c.id
             where c.source_system_id = s.id and v.state = 'active'),
       case when last.status = 'deferred' then last.next_try_at end,
       coalesce((select jsonb_object_agg(c.resource, c.pace_seconds) from integrations.sync_cursor c
                 where c.source_system_id = s.id and c.pace_seconds is not null), '{}')
from integrations.source_system s
left join lateral (
  select j.id, j.started_at, j.status, j.next_try_at from integrations.import_job j
  where j.source_system_id = s.id and j.job_type not in ('file', 'webhook', 'backfill', 'sweep', 'replay') order by j.started_at desc limit 1) last on true
left join lateral (
  select coalesce(min(n) filter (where status in ('succeeded', 'deferred')) - 1, count(*)) as failures from (
    select j.status, row_number() over (order by j.started_at desc) as n from integrations.import_job j
    where j.source_system_id = s.id and j.job_type not in ('file', 'webhook', 'backfill', 'sweep', 'replay') and j.status <> 'running'
    order by j.started_at desc limit 10) recent) bad on true
where s.is_active and s.system_type = %(system_type)s
order by s.system_key

-- job --
-- The job that a run has opened, and how much has been extracted so far.
select s.system_key, j.uuid, j.status, j.result_summary, j.error_payload,
       coalesce((select jsonb_object_agg(l.resource, l.extracted) from (
         select resource, sum(extracted) as extracted from integrations.landing
         where import_job_id = j.id and status <> 'abandoned' group by resource) l), '{}'), j.next_try_at
from integrations.import_job j join integrations.source_system s on s.id = j.source_system_id
where j.run_key = %(run_key)s
