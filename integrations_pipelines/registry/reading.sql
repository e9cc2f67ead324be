-- status --
-- The last job of each resource that was ever synced: the one that noted it, landed for it, or failed before it came to
-- any resource. What a job noted goes before what its landings add up to: a killed job has only those.
-- Counts are made once for all; a subquery a resource would read record_map as often as there are resources.
with resource as (
  select c.source_system_id, c.resource, y.system_key
  from integrations.sync_cursor c join integrations.source_system y on y.id = c.source_system_id
  where %(system_key)s::text is null or y.system_key = %(system_key)s
), mapped as (
  select source_system_id, resource, count(*) as records from integrations.record_map
  where map_status = 'mapped' and target_domain = 'entities' and (%(system_key)s::text is null or source_system_id in (select source_system_id from resource))
  group by 1, 2
), parked as (
  select s.source_system_id, s.resource, count(*) as relations
  from staging.record_relation r join staging.source_record s on s.id = r.record_id
  where r.object_uuid is null and not s.is_deleted group by 1, 2
), quarantined as (
  select source_system_id, resource, count(*) as records from integrations.quarantined_record
  where status = 'waiting' group by 1, 2
)
select r.system_key, r.resource, j.uuid as job, coalesce(j.note->>'status', j.status) as status, j.started_at, j.completed_at,
       coalesce((j.note->>'extracted')::bigint, l.extracted, 0) as extracted,
       coalesce(j.note->'outcomes', l.outcomes, '{}') as outcomes,
       coalesce(j.note->>'error', case when j.note is null then j.error_payload->>'message' end) as error,
       coalesce(m.records, 0) as mapped, coalesce(p.relations, 0) as parked, coalesce(q.records, 0) as quarantined,
       (j.note->>'next_try_at')::timestamptz as next_try_at
from resource r
left join lateral (
  select i.id, i.uuid, i.status, i.started_at, i.completed_at, i.error_payload,
         i.result_summary->'resources'->r.resource as note
  from integrations.import_job i where i.source_system_id = r.source_system_id
    and i.job_type not in ('backfill', 'sweep') and (
    i.result_summary->'resources' ? r.resource
    or i.status = 'failed' and coalesce(i.result_summary->'resources', '{}') = '{}'
    -- Not exists(): the planner would read all landings of the resource into a hash, for the one job it comes to.
    or (select true from integrations.landing g where g.import_job_id = i.id and g.resource = r.resource limit 1))
  order by i.started_at desc limit 1
) j on true
left join lateral (
  select sum(o.extracted)::bigint as extracted, jsonb_object_agg(o.name, o.records) filter (where o.name is not null) as outcomes
  from (
    select n.key as name, sum(n.value::bigint) as records, sum(case when n.first then g.extracted else 0 end) as extracted
    from integrations.landing g
    left join lateral (
      select e.key, e.value, row_number() over () = 1 as first from jsonb_each_text(g.outcomes) e) n on true
    where g.import_job_id = j.id and g.resource = r.resource and g.status <> 'abandoned' group by 1
  ) o
) l on j.note is null
left join mapped m on (m.source_system_id, m.resource) = (r.source_system_id, r.resource)
left join parked p on (p.source_system_id, p.resource) = (r.source_system_id, r.resource)
left join quarantined q on (q.source_system_id, q.resource) = (r.source_system_id, r.resource)
order by r.system_key, r.resource

-- record_maps --
-- Record maps in the order of their unique index, which a list without an entity walks until it has enough.
select m.uuid, y.system_key, m.resource, m.source_record_id, m.target_domain, m.target_uuid, m.map_status, m.decided_by,
       m.source_version, m.last_synced_at
from integrations.record_map m join integrations.source_system y on y.id = m.source_system_id
where (%(system_id)s::bigint is null or m.source_system_id = %(system_id)s)
  and (%(resource)s::text is null or m.resource = %(resource)s collate "C")
  and (%(status)s::text is null or m.map_status = %(status)s collate "C")
  and (%(entity)s::uuid is null or m.target_uuid = %(entity)s)
order by m.source_system_id, m.resource, m.source_record_id, m.target_domain
limit %(limit)s

-- survivor --
-- The entity that a uuid answers as today: its own, or the one it was merged into, however often.
with recursive answer as (
  select uuid, merged_into, 0 as hops from entities.entity where uuid = %(entity)s
  union all
  select e.uuid, e.merged_into, a.hops + 1 from answer a join entities.entity e on e.uuid = a.merged_into where a.hops < 100
)
select uuid from answer order by hops desc limit 1

-- synced_resources --
-- Resources of a source system that were ever synced.
select c.resource from integrations.sync_cursor c join integrations.source_system y on y.id = c.source_system_id
where y.system_key = %(system_key)s order by c.resource

-- held_as --
-- The entity type that the records of a resource were taken as; null where there are none yet.
select s.entity_type from staging.source_record s join integrations.source_system y on y.id = s.source_system_id
where y.system_key = %(system_key)s and s.resource = %(resource)s limit 1

-- is_set_up --
-- Whether any migration was ever run here.
select to_regclass('integrations.alembic_version') is not null

-- revision --
-- The schema's revision.
select version_num from integrations.alembic_version

-- system_keys --
-- The keys of all source systems.
select system_key from integrations.source_system order by system_key
