-- record_maps --
-- Which canonical entity each source record is.
select m.uuid, y.system_key, y.system_type, m.resource, m.source_record_id, s.entity_type, m.target_domain, m.target_uuid,
       m.map_status, m.decided_by, m.source_version, encode(m.content_hash, 'hex') as content_hash, m.last_synced_at,
       m.created_at, m.created_by, m.updated_at, m.updated_by
from integrations.record_map m
join integrations.source_system y on y.id = m.source_system_id
left join staging.source_record s
  on (s.source_system_id, s.resource, s.source_record_id) = (m.source_system_id, m.resource, m.source_record_id)
where (%(system_key)s::text is null or y.system_key = %(system_key)s)
  and (%(entity_type)s::text is null or s.entity_type = %(entity_type)s collate "C")
  and (%(since)s::timestamptz is null or m.updated_at >= %(since)s)
order by y.system_key, m.resource, m.source_record_id, m.target_domain

-- entities --
-- Canonical entities, aliases too; the founder is the source record that the uuid was given for.
select e.uuid, e.entity_type, e.values, e.merged_into, y.system_key as founder_system_key,
       y.system_type as founder_system_type, s.resource as founder_resource, s.source_record_id as founder_record_id,
       e.created_at, e.created_by, e.updated_at, e.updated_by
from entities.entity e
left join staging.source_record s on s.id = e.founder
left join integrations.source_system y on y.id = s.source_system_id
where (%(system_key)s::text is null or e.uuid in (
    select m.target_uuid from integrations.record_map m join integrations.source_system o on o.id = m.source_system_id
    where o.system_key = %(system_key)s))
  and (%(entity_type)s::text is null or e.entity_type = %(entity_type)s collate "C")
  and (%(since)s::timestamptz is null or e.updated_at >= %(since)s)
order by e.uuid

-- relations --
-- What live source records say of their relations; object_uuid is null while the target is not there: parked.
select y.system_key, y.system_type, s.resource, s.source_record_id, s.entity_type, m.target_uuid as subject_uuid, r.name,
       r.target_type, r.target_resource, r.target_key, r.identifier_kind, r.identifier_value, r.object_uuid
from staging.record_relation r
join staging.source_record s on s.id = r.record_id and not s.is_deleted
join integrations.source_system y on y.id = s.source_system_id
left join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
     = (s.source_system_id, s.resource, s.source_record_id, 'entities')
where (%(system_key)s::text is null or y.system_key = %(system_key)s)
  and (%(entity_type)s::text is null or s.entity_type = %(entity_type)s collate "C")
  and (%(since)s::timestamptz is null or s.observed_at >= %(since)s)
order by y.system_key, s.resource, s.source_record_id, r.name, r.target_type, r.target_resource, r.target_key,
         r.identifier_kind, r.identifier_value, r.object_uuid

-- sync_log --
-- The account of what happened, with the job that each line belongs to.
select l.uuid, y.system_key, y.system_type, j.uuid as import_job, j.job_type, j.status as job_status, l.event_type,
       l.status, l.message, l.payload, l.created_at, l.created_by, l.updated_at, l.updated_by
from integrations.sync_log l
left join integrations.source_system y on y.id = l.source_system_id
left join integrations.import_job j on j.id = l.import_job_id
where (%(system_key)s::text is null or y.system_key = %(system_key)s)
  and (%(since)s::timestamptz is null or l.created_at >= %(since)s)
order by l.created_at, l.uuid
