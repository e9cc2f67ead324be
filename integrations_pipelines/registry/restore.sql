-- foreign_types --
-- Source systems that are there already, as accounts of another connector.
select distinct i.system_key, y.system_type, i.system_type from source_in_file i
join integrations.source_system y on y.system_key = i.system_key and y.system_type <> i.system_type order by 1

-- sources --
-- Source systems that are not there yet; those with credentials switched off: neither they nor settings are exported.
insert into integrations.source_system (system_key, label, system_type, is_active, config_payload)
select distinct on (system_key) system_key, system_key, system_type, system_type = 'files', '{"restored": true}'::jsonb
from source_in_file where system_key is not null
order by system_key on conflict (system_key) do nothing

-- records --
-- A place for each record that is not there yet and was not erased. Whatever is observed of it is newer, and differs.
insert into staging.source_record
  (id, source_system_id, resource, source_record_id, entity_type, is_deleted, landing, position, observed_at, content_hash)
select nextval('staging.source_record_id_seq'), * from (
  select distinct on (y.id, i.resource, i.source_record_id) y.id as source_system_id, i.resource, i.source_record_id,
         coalesce(i.entity_type, 'none'), i.is_deleted, 0, 0, '1970-01-01T00:00:00Z'::timestamptz, '\x'::bytea
  from record_in_file i join integrations.source_system y using (system_key)
  where i.source_record_id is not null
    and not exists (select from integrations.erased_record e where e.source_system_id = y.id and e.resource = i.resource
                    and e.allowed_again_at is null
                    and e.key_hash = sha256(convert_to(y.uuid || ':' || i.resource || ':' || i.source_record_id, 'UTF8')))
  order by y.id, i.resource, i.source_record_id, i.is_deleted
) r on conflict (source_system_id, resource, source_record_id) do nothing

-- record_maps_sources --
-- Which accounts the file speaks of.
create temp table source_in_file on commit drop as select distinct system_key, system_type from incoming

-- record_maps_records --
-- Which records the file speaks of.
create temp table record_in_file on commit drop as
select system_key, resource, source_record_id, entity_type, map_status = 'deleted' as is_deleted from incoming

-- record_maps --
-- Mappings that are not there yet; what was erased stays away.
insert into integrations.record_map
  (uuid, source_system_id, resource, source_record_id, record_id, target_domain, target_uuid, map_status, decided_by,
   source_version, content_hash, last_synced_at, created_at, created_by, updated_at, updated_by)
select i.uuid::uuid, y.id, i.resource, i.source_record_id, s.id, i.target_domain, i.target_uuid::uuid, i.map_status,
       i.decided_by, i.source_version::timestamptz, decode(i.content_hash, 'hex'), i.last_synced_at::timestamptz,
       i.created_at::timestamptz, i.created_by, i.updated_at::timestamptz, i.updated_by
from incoming i join integrations.source_system y using (system_key)
join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
                              = (y.id, i.resource, i.source_record_id)
where not exists (select from integrations.erased_record e where e.source_system_id = y.id and e.resource = i.resource
                    and e.allowed_again_at is null
                    and e.key_hash = sha256(convert_to(y.uuid || ':' || i.resource || ':' || i.source_record_id, 'UTF8')))
on conflict do nothing

-- record_maps_same --
-- Mappings that say what the file says.
select count(*) from incoming i join integrations.source_system y using (system_key)
join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
                                = (y.id, i.resource, i.source_record_id, i.target_domain)
where (m.uuid, m.map_status) = (i.uuid::uuid, i.map_status) and m.target_uuid is not distinct from i.target_uuid::uuid

-- entities_sources --
-- Likewise.
create temp table source_in_file on commit drop as
select distinct founder_system_key as system_key, founder_system_type as system_type from incoming

-- entities_records --
-- Likewise.
create temp table record_in_file on commit drop as
select founder_system_key as system_key, founder_resource as resource, founder_record_id as source_record_id, entity_type,
       false as is_deleted
from incoming

-- entities --
-- Entities that are not there yet.
insert into entities.entity
  (uuid, entity_type, values, merged_into, founder, created_at, created_by, updated_at, updated_by)
select i.uuid::uuid, i.entity_type, i.values::jsonb, i.merged_into::uuid, coalesce(s.id, 0), i.created_at::timestamptz,
       i.created_by, i.updated_at::timestamptz, i.updated_by
from incoming i
left join integrations.source_system y on y.system_key = i.founder_system_key
left join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
                                   = (y.id, i.founder_resource, i.founder_record_id)
on conflict do nothing

-- entities_same --
-- Entities that say what the file says.
select count(*) from incoming i join entities.entity e on e.uuid = i.uuid::uuid
where (e.entity_type, e.values) = (i.entity_type, i.values::jsonb) and e.merged_into is not distinct from i.merged_into::uuid

-- relations_sources --
-- Likewise.
create temp table source_in_file on commit drop as select distinct system_key, system_type from incoming

-- relations_records --
-- Likewise.
create temp table record_in_file on commit drop as
select system_key, resource, source_record_id, entity_type, false as is_deleted from incoming

-- relations --
-- Relations of records that have none yet: what a record says of them is known as a whole, or not at all.
insert into staging.record_relation (record_id, source_system_id, name, target_type, target_resource, target_key,
                                     identifier_kind, identifier_value, object_uuid)
select s.id, y.id, i.name, i.target_type, i.target_resource, i.target_key, i.identifier_kind, i.identifier_value,
       i.object_uuid::uuid
from incoming i join integrations.source_system y using (system_key)
join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
                              = (y.id, i.resource, i.source_record_id)
where s.landing = 0 and not exists (select from staging.record_relation r where r.record_id = s.id)

-- relations_same --
-- Relations that say what the file says.
select count(*) from incoming i join integrations.source_system y using (system_key)
join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
                              = (y.id, i.resource, i.source_record_id)
where exists (
  select from staging.record_relation r
  where r.record_id = s.id and r.name = i.name and r.target_type = i.target_type
    and (r.target_resource, r.target_key, r.identifier_kind, r.identifier_value, r.object_uuid)
        is not distinct from (i.target_resource, i.target_key, i.identifier_kind, i.identifier_value, i.object_uuid::uuid))

-- sync_log_sources --
-- Likewise.
create temp table source_in_file on commit drop as
select distinct system_key, system_type from incoming where system_key is not null

-- sync_log_records --
-- The log names no records.
create temp table record_in_file (system_key text, resource text, source_record_id text, entity_type text, is_deleted boolean)
on commit drop

-- sync_log_jobs --
-- The jobs that the lines belong to, by name alone.
insert into integrations.import_job (uuid, source_system_id, job_type, status, started_at, completed_at)
select i.import_job::uuid, y.id, i.job_type, i.job_status, min(i.created_at::timestamptz), max(i.created_at::timestamptz)
from incoming i join integrations.source_system y using (system_key) where i.import_job is not null
group by 1, 2, 3, 4 on conflict (uuid) do nothing

-- sync_log --
-- Lines that are not there yet.
insert into integrations.sync_log (uuid, source_system_id, import_job_id, event_type, status, message, payload,
                                   created_at, created_by, updated_at, updated_by)
select i.uuid::uuid, y.id, j.id, i.event_type, i.status, i.message, i.payload::jsonb, i.created_at::timestamptz,
       i.created_by, i.updated_at::timestamptz, i.updated_by
from incoming i
left join integrations.source_system y using (system_key)
left join integrations.import_job j on j.uuid = i.import_job::uuid
on conflict do nothing

-- sync_log_same --
-- Lines that say what the file says.
select count(*) from incoming i join integrations.sync_log l
  on (l.uuid, l.created_at) = (i.uuid::uuid, i.created_at::timestamptz)
where (l.event_type, l.status, l.message, l.payload) = (i.event_type, i.status, i.message, i.payload::jsonb)
