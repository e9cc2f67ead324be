-- resources --
-- What of a source system was ever taken, with the types that its records are.
select r.resource, array_agg(distinct r.entity_type) filter (where r.entity_type not in ('', 'none'))
from (select resource, entity_type from staging.source_record where source_system_id = %(source_system_id)s
      union select resource, '' from integrations.landing where source_system_id = %(source_system_id)s
      union select resource, '' from integrations.quarantined_record where source_system_id = %(source_system_id)s) r
group by 1 order by 1

-- hold_applying --
-- Nothing of the resource is applied meanwhile: the windows of a backfill have leases of their own.
select pg_advisory_xact_lock(7225, hashtext(%(source_system_id)s::text || ':' || %(resource)s))

-- prepare --
-- Working tables of one forgetting: the records that it concerns, and whose entities they are.
create temp table forgotten (
  record_id bigint primary key, resource text collate "C", source_record_id text collate "C", entity_type text collate "C",
  was_there_before boolean, is_gone boolean) on commit drop;
create temp table forgotten_entity (uuid uuid, record_id bigint, entity_type text collate "C") on commit drop

-- landings --
-- The landings with rows to forget: how many, and how many that were observed before.
select l.landing, count(*) filter (where l.observed_at >= %(since)s), count(*) filter (where l.observed_at < %(since)s)
from {table} l join integrations.landing g on g.id = l.landing and g.status in ('landed', 'applied')
where l.source_system = %(system)s group by 1 having count(*) filter (where l.observed_at >= %(since)s) > 0

-- part_landing --
-- Rows that came before, and were taken out of quarantine since, get a landing of their own: they stay.
insert into integrations.landing (source_system_id, import_job_id, resource, origin, status, landed, created_at)
select source_system_id, import_job_id, resource, origin, status, %(landed)s, created_at
from integrations.landing where id = %(landing)s returning id

-- move_rows --
-- Likewise.
update {table} set landing = %(new)s where landing = %(landing)s and observed_at < %(since)s

-- follow_newest --
-- Records that stand at one of those rows.
update staging.source_record s set landing = %(new)s from {table} l
where l.landing = %(new)s and s.source_system_id = %(source_system_id)s and s.resource = %(resource)s
  and s.source_record_id = l.source_record_id and (s.landing, s.position) = (%(landing)s, l.position)

-- follow_live --
-- Likewise.
update staging.source_record s set live_landing = %(new)s from {table} l
where l.landing = %(new)s and s.source_system_id = %(source_system_id)s and s.resource = %(resource)s
  and s.source_record_id = l.source_record_id and (s.live_landing, s.live_position) = (%(landing)s, l.position)

-- mark_landings --
-- No replay takes these again.
update integrations.landing set status = 'forgotten', updated_at = now(), updated_by = integrations.actor()
where source_system_id = %(source_system_id)s and resource = %(resource)s and status in ('landed', 'applied')
  and landed > 0 and (%(landings)s::bigint[] is null or id = any(%(landings)s::bigint[]))
returning landed

-- touch_all --
-- The records concerned: everything of the resource.
insert into forgotten (record_id, resource, source_record_id, entity_type)
select id, resource, source_record_id, entity_type from staging.source_record
where source_system_id = %(source_system_id)s and resource = %(resource)s and landing <> 0

-- touch_landed --
-- The records concerned: those with a version to forget; and which of them were known before.
insert into forgotten (record_id, resource, source_record_id, entity_type, was_there_before)
select s.id, s.resource, s.source_record_id, s.entity_type, exists (
  select from integrations.record_map m
  where (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
      = (s.source_system_id, s.resource, s.source_record_id, 'entities') and m.created_at < %(since)s)
from staging.source_record s
where s.source_system_id = %(source_system_id)s and s.resource = %(resource)s and s.landing <> 0
  and s.source_record_id in (select source_record_id from {table} where landing = any(%(landings)s))

-- note_entities --
-- Which entities they are now.
insert into forgotten_entity (uuid, record_id, entity_type)
select m.target_uuid, f.record_id, f.entity_type from forgotten f
join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
     = (%(source_system_id)s, f.resource, f.source_record_id, 'entities')
where m.target_uuid is not null

-- look_again --
-- Resolution looks at them, at those who share their entities, and at those whom a question compares with them.
insert into staging.pending_record (record_id, entity_type)
select record_id, entity_type from forgotten where entity_type <> 'none'
union
select s.id, s.entity_type from forgotten_entity e join integrations.record_map m on m.target_uuid = e.uuid
join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
   = (m.source_system_id, m.resource, m.source_record_id)
union
select s.id, s.entity_type from forgotten f
join resolution.review_item q on f.record_id in (q.left_record_id, q.right_record_id) and q.status = 'open'
join staging.source_record s on s.id in (q.left_record_id, q.right_record_id) and s.entity_type <> 'none'

-- release_identifiers --
-- They hold nothing any more; generic values among them are looked at again.
with gone as (
  delete from staging.identifier i using forgotten f where i.record_id = f.record_id returning i.kind, i.value, i.entity_type
)
insert into staging.released_identifier (kind, value, entity_type) select distinct kind, value, entity_type from gone

-- release_relations --
-- Nor do they say anything of their relations.
delete from staging.record_relation r using forgotten f where r.record_id = f.record_id

-- reset --
-- They stand at no landing, before the oldest version that there could be; their ids stay, decisions name them.
update staging.source_record s
set entity_type = coalesce(%(entity_type)s, s.entity_type), is_deleted = true, landing = 0, position = 0, source_version = null, observed_at = '0002-01-01 00:00+00',
    content_hash = '', live_landing = null, live_position = null, live_version = null, live_observed_at = null,
    live_hash = null, attributes = '{}', name_key = '', rejected = null
from forgotten f where s.id = f.record_id and f.resource = %(resource)s

-- forget_quarantine --
-- What could not be taken goes too.
delete from integrations.quarantined_record
where source_system_id = %(source_system_id)s and resource = %(resource)s
  and (%(since)s::timestamptz is null or observed_at >= %(since)s)

-- reopen_quarantine --
-- What waited, and was settled by what is forgotten now, waits again.
update integrations.quarantined_record q set status = 'waiting', next_try_at = now()
from forgotten f
where q.source_system_id = %(source_system_id)s and q.resource = f.resource and q.source_record_id = f.source_record_id
  and q.status = 'resolved' and q.updated_at >= %(since)s

-- forget_suspicions --
-- Sweeps suspect anew.
delete from integrations.suspected_record where source_system_id = %(source_system_id)s and resource = %(resource)s

-- forget_events --
-- Deliveries that nobody has worked on yet.
update integrations.webhook_event set state = 'done', note = 'forgotten'
where source_system_id = %(source_system_id)s and state = 'received'
  and (%(since)s::timestamptz is null or created_at >= %(since)s)

-- untell --
-- That records are one, as the third party told since, it has not told; the decisions that followed and still stand.
with untold as (
  delete from resolution.told_merge
  where source_system_id = %(source_system_id)s and resource = %(resource)s
    and (%(since)s::timestamptz is null or told_at >= %(since)s)
  returning decision
)
select t.decision from untold t
where t.decision is not null and not exists (select from resolution.decision u where u.revokes = t.decision)

-- remaining --
-- The landings that hold a version of the records from before, the newest first: older rows are stale then, and cheap.
select g.id, g.import_job_id, array_agg(distinct l.source_record_id)
from {table} l join forgotten f on f.resource = %(resource)s and f.source_record_id = l.source_record_id
join integrations.landing g on g.id = l.landing and g.status = 'applied'
where l.source_system = %(system)s group by g.id, g.import_job_id order by g.id desc

-- note_gone --
-- Of which of them nothing is left.
update forgotten f set is_gone = s.landing = 0 from staging.source_record s where s.id = f.record_id

-- let_go --
-- They are no entity, and none of their type.
update staging.source_record s set entity_type = 'none' from forgotten f where f.is_gone and s.id = f.record_id

-- unmap --
-- Nothing is mapped to anything any more that is gone; the row stays, for the record's return.
update integrations.record_map m
set target_uuid = null, map_status = 'unmatched', decided_by = 'forgotten', source_version = null, content_hash = '',
    last_synced_at = now(), updated_at = now(), updated_by = integrations.actor()
from forgotten f
where f.is_gone and (m.source_system_id, m.resource, m.source_record_id)
                  = (%(source_system_id)s, f.resource, f.source_record_id)

-- park_relations --
-- Relations of other records that aim at them wait for their return.
update staging.record_relation r set object_uuid = null from forgotten f
where f.is_gone and r.object_uuid is not null
  and (r.source_system_id, r.target_resource, r.target_key) = (%(source_system_id)s, f.resource, f.source_record_id)

-- stop_asking --
-- Questions that compare them with anybody.
update resolution.review_item q set status = 'answered', updated_at = now(), updated_by = integrations.actor()
from forgotten f where f.is_gone and q.status = 'open' and f.record_id in (q.left_record_id, q.right_record_id)

-- empty_entities --
-- Entities without a record: their uuid stays, so that it answers, and says nothing.
update entities.entity e set values = '{}', updated_at = now(), updated_by = integrations.actor()
where e.uuid in (select uuid from forgotten_entity) and e.merged_into is null and e.values <> '{}'
  and not exists (select from integrations.record_map m where m.target_uuid = e.uuid)

-- keep_uuids --
-- A record that comes back gets the uuid that stands for nothing now.
insert into resolution.reclaim (uuid, record_id, entity_type, priority)
select e.uuid, e.record_id, e.entity_type, -2 from forgotten_entity e
where not exists (select from integrations.record_map m where m.target_uuid = e.uuid)
on conflict do nothing

-- counts --
-- How many records, of how many nothing is left, and how many of these had been there before.
select count(*), count(*) filter (where is_gone), count(*) filter (where is_gone and was_there_before) from forgotten

-- samples --
-- Some of the records that are gone, by key.
select source_record_id from forgotten where is_gone and resource = %(resource)s order by 1 limit %(some)s
