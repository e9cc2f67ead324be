-- systems --
-- Source systems that have something to replay.
select y.system_key from integrations.source_system y
where (%(system_key)s::text is null or y.system_key = %(system_key)s) and (exists (
  select from integrations.landing l join integrations.import_job j on j.id = l.import_job_id
  where l.source_system_id = y.id and l.status = 'applied' and %(with_landings)s
    and (%(job)s::uuid is null or j.uuid = %(job)s)
    and (%(since)s::timestamptz is null or l.created_at >= %(since)s)
    and (%(until)s::timestamptz is null or l.created_at < %(until)s)
) or exists (
  select from integrations.quarantined_record q join integrations.import_job j on j.id = q.import_job_id
  where q.source_system_id = y.id and q.status = 'waiting'
    and (%(job)s::uuid is null or j.uuid = %(job)s)
    and (%(error_class)s::text is null or q.error_class = %(error_class)s)
    and (%(uuids)s::uuid[] is null or q.uuid = any(%(uuids)s::uuid[]))
    and (%(since)s::timestamptz is null or q.observed_at >= %(since)s)
    and (%(until)s::timestamptz is null or q.observed_at < %(until)s)
)) order by 1

-- landings --
-- What was landed and applied, by resource: oldest first.
select l.resource, l.id from integrations.landing l join integrations.import_job j on j.id = l.import_job_id
where l.source_system_id = %(source_system_id)s and l.status = 'applied' and l.landed > 0
  and (%(resource)s::text is null or l.resource = %(resource)s)
  and (%(job)s::uuid is null or j.uuid = %(job)s)
  and (%(since)s::timestamptz is null or l.created_at >= %(since)s)
  and (%(until)s::timestamptz is null or l.created_at < %(until)s)
order by l.id

-- waiting_resources --
-- Resources with records in quarantine.
select distinct resource from integrations.quarantined_record
where source_system_id = %(source_system_id)s and status = 'waiting'

-- landings_of_record --
-- The landings that hold a version of the record.
select distinct landing from {landed_table} where source_system = %(system)s and source_record_id = %(record)s order by 1

-- has_job --
-- Whether there is such an import job.
select exists (select from integrations.import_job where uuid = %(job)s)

-- has_table --
-- Whether anything of the resource was ever landed.
select to_regclass(%(name)s) is not null

-- working_tables --
-- What today's projection says of records: one row a record, an identifier, a relation.
create temp table replayed (record_id bigint, attributes jsonb, name_key text, rejected jsonb, entity_type text) on commit drop;
create temp table replayed_identifier (record_id bigint, kind text collate "C", value text collate "C", strength text collate "C") on commit drop;
create temp table replayed_relation (record_id bigint, name text collate "C", target_type text collate "C", target_resource text collate "C", target_key text collate "C", identifier_kind text collate "C", identifier_value text collate "C") on commit drop

-- payloads --
-- The live payload of every record that a landing in scope is the word of.
select r.id, r.source_record_id, l.payload::text
from staging.source_record r join {landed_table} l on l.landing = r.live_landing and l.position = r.live_position
where r.source_system_id = %(source_system_id)s and r.resource = %(resource)s
  and r.live_landing = any(%(landings)s::bigint[])
  and (%(only)s::text[] is null or r.source_record_id = any(%(only)s::text[]))

-- analyze --
-- The planner knows nothing of fresh temporary tables.
analyze replayed;
analyze replayed_identifier;
analyze replayed_relation

-- differing --
-- Records of which today's projection says something else than what stands there.
create temp table differing on commit drop as
select p.record_id from replayed p join staging.source_record r on r.id = p.record_id
where (r.attributes, r.name_key, r.rejected, r.entity_type)
  is distinct from (p.attributes, coalesce(p.name_key, ''), p.rejected, p.entity_type)
union
select record_id from (
  select i.record_id, i.kind, i.value, i.strength, i.entity_type
  from staging.identifier i where i.record_id in (select record_id from replayed)
  except all
  select record_id, kind, value, strength, %(entity_type)s from replayed_identifier) held_no_more
union
select record_id from (
  select record_id, kind, value, strength, %(entity_type)s::text as entity_type from replayed_identifier
  except all
  select i.record_id, i.kind, i.value, i.strength, i.entity_type
  from staging.identifier i where i.record_id in (select record_id from replayed)) newly_held
union
select record_id from (
  select r.record_id, r.name, r.target_type, r.target_resource, r.target_key, r.identifier_kind, r.identifier_value
  from staging.record_relation r where r.record_id in (select record_id from replayed)
  except all
  select * from replayed_relation) said_no_more
union
select record_id from (
  select * from replayed_relation
  except all
  select r.record_id, r.name, r.target_type, r.target_resource, r.target_key, r.identifier_kind, r.identifier_value
  from staging.record_relation r where r.record_id in (select record_id from replayed)) newly_said

-- counts --
-- How many of them speak for their record now, and how many stand behind a newer tombstone.
select count(*) filter (where (r.landing, r.position) = (r.live_landing, r.live_position)),
       count(*) filter (where (r.landing, r.position) <> (r.live_landing, r.live_position))
from differing d join staging.source_record r on r.id = d.record_id

-- attributes --
-- Which attributes come out differently, in how many records.
select k.key, count(*) from differing d join replayed p using (record_id) join staging.source_record r on r.id = d.record_id
cross join lateral jsonb_object_keys(r.attributes || p.attributes) as k(key)
where r.attributes -> k.key is distinct from p.attributes -> k.key
group by 1 order by 2 desc, 1

-- samples --
-- Some of the records, by key.
select r.source_record_id from differing d join staging.source_record r on r.id = d.record_id
order by r.source_record_id limit 20

-- mark_pending --
-- Resolution has to look at them; one that read as another type is looked at there too.
insert into staging.pending_record (record_id, entity_type)
select record_id, %(entity_type)s from differing
union
select d.record_id, r.entity_type from differing d join staging.source_record r on r.id = d.record_id
where r.entity_type not in ('none', %(entity_type)s)

-- write_records --
-- Their cleaned values.
update staging.source_record r
set attributes = p.attributes, name_key = coalesce(p.name_key, ''), rejected = p.rejected, entity_type = p.entity_type
from differing d join replayed p using (record_id) where r.id = d.record_id

-- release_identifiers --
-- What they no longer hold; generic values among them are looked at again.
with gone as (
  delete from staging.identifier i using differing d
  where i.record_id = d.record_id and not exists (
    select from replayed_identifier p
    where (p.record_id, p.kind, p.value, p.strength) = (i.record_id, i.kind, i.value, i.strength)
      and i.entity_type = %(entity_type)s)
  returning i.kind, i.value, i.entity_type
)
insert into staging.released_identifier (kind, value, entity_type) select kind, value, entity_type from gone

-- insert_identifiers --
-- What they hold now and did not before, in the order of the index on their keys.
insert into staging.identifier (record_id, kind, value, entity_type, strength)
select p.record_id, p.kind, p.value, %(entity_type)s, p.strength
from replayed_identifier p join differing d using (record_id)
where not exists (
  select from staging.identifier i where i.record_id = p.record_id and i.kind = p.kind and i.value = p.value)
order by staging.identifier_key(%(entity_type)s, p.kind, p.value)

-- release_relations --
-- What they said of their relations before.
delete from staging.record_relation r using differing d where r.record_id = d.record_id

-- insert_relations --
-- All relations start parked; resolution aims them.
insert into staging.record_relation (record_id, source_system_id, name, target_type, target_resource, target_key,
                                     identifier_kind, identifier_value)
select p.record_id, %(source_system_id)s, p.name, p.target_type, p.target_resource, p.target_key, p.identifier_kind,
       p.identifier_value
from replayed_relation p join differing d using (record_id)

-- clear --
-- Several resources may be compared in one transaction.
drop table replayed, replayed_identifier, replayed_relation, differing
