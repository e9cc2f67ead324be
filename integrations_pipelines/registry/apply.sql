-- arrive --
-- One row a landed row, ranked newest first within its record, beside the record's current version.
-- Only records that stand more than once in the landing are sorted: in most landings there are none.
create temp table arrival on commit drop as
with landed as (
  select position, source_record_id, source_version, observed_at, content_hash, is_deleted,
         coalesce(source_version, observed_at) as ordered_at
  from {landed_table} where landing = %(landing)s and position <> all(%(failed)s::integer[])
    and (%(only)s::text[] is null or source_record_id = any(%(only)s::text[]))
), repeated as (
  select source_record_id from landed group by 1 having count(*) > 1
), ranked as (
  select *, 1 as newest, 1 as newest_live, 1 as copy from landed
  where source_record_id not in (select source_record_id from repeated)
  union all
  select *,
    row_number() over (partition by source_record_id
                       order by ordered_at desc, observed_at desc, is_deleted desc, content_hash desc, position desc),
    row_number() over (partition by source_record_id, is_deleted
                       order by ordered_at desc, observed_at desc, content_hash desc, position desc),
    row_number() over (partition by source_record_id, source_version, content_hash, is_deleted
                       order by observed_at desc, position desc)
  from landed where source_record_id in (select source_record_id from repeated)
)
select a.*, r.id as known_id, coalesce(r.id, case when a.newest = 1 then nextval('staging.source_record_id_seq') end)
         as record_id,
  r.source_version as current_version, r.observed_at as current_observed_at, r.content_hash as current_hash,
  r.is_deleted as current_is_deleted, r.landing as current_landing, r.live_hash, r.live_version,
  not a.is_deleted and a.newest_live = 1 and (r.id is null or r.live_hash is null
    or ((a.source_version, a.content_hash) is distinct from (r.live_version, r.live_hash) or a.source_version is null)
       and (a.ordered_at, a.observed_at, a.content_hash)
         > (coalesce(r.live_version, r.live_observed_at), r.live_observed_at, r.live_hash)) as is_live_news,
  case
    when a.copy > 1 then 'duplicate'
    when a.newest > 1 then 'stale'
    -- A record that was forgotten stands at no landing: it is new again.
    when r.id is null or r.landing = 0 then case when a.is_deleted then 'deleted' else 'new' end
    when r.content_hash = a.content_hash and r.is_deleted = a.is_deleted
         and r.source_version is not distinct from a.source_version
      then case when r.landing = any(%(job_landings)s) then 'duplicate' else 'unchanged' end
    when (a.ordered_at, a.observed_at, a.is_deleted, a.content_hash)
         < (coalesce(r.source_version, r.observed_at), r.observed_at, r.is_deleted, r.content_hash)
      then case when r.source_version = a.source_version and r.content_hash <> a.content_hash and not a.is_deleted
                then 'conflict' else 'stale' end
    when a.is_deleted and not r.is_deleted then 'deleted'
    when r.is_deleted and not a.is_deleted then 'undeleted'
    when r.content_hash = a.content_hash or (a.is_deleted and r.is_deleted) then 'unchanged'
    when r.source_version = a.source_version and %(origin)s = 'webhook' then 'conflict'
    else 'changed'
  end as outcome,
  -- The same version with the same content is not written again, however often it is observed.
  a.newest = 1 and (r.id is null
    or ((a.source_version, a.content_hash, a.is_deleted) is distinct from (r.source_version, r.content_hash, r.is_deleted)
        or a.source_version is null)
       and (a.ordered_at, a.observed_at, a.is_deleted, a.content_hash)
         > (coalesce(r.source_version, r.observed_at), r.observed_at, r.is_deleted, r.content_hash)) as is_news
from ranked a
left join staging.source_record r
  on r.source_system_id = %(source_system_id)s and r.resource = %(resource)s and r.source_record_id = a.source_record_id

-- news --
-- The payloads whose attributes have to be projected anew.
select a.position, l.payload::text
from arrival a join {landed_table} l on l.landing = %(landing)s and l.position = a.position
where a.is_live_news and a.content_hash is distinct from a.live_hash

-- no_loops --
-- A landing is newer than the statistics of its table, where it counts as one row: a loop would look at each of its rows
-- for each arrival.
set local enable_nestloop to off

-- loops --
-- As the planner likes it again.
set local enable_nestloop to default

-- projected_tables --
-- What projection says of the news, one row a landed row, an identifier, a relation.
create temp table projected (number integer, attributes jsonb, name_key text, rejected jsonb, entity_type text) on commit drop;
create temp table projected_identifier (position integer, kind text collate "C", value text collate "C", strength text) on commit drop;
create temp table projected_relation (position integer, name text, target_type text, target_resource text, target_key text, identifier_kind text, identifier_value text) on commit drop;

-- start_again --
-- Payloads that cannot be projected say nothing: the others are ranked without them.
drop table arrival, projected, projected_identifier, projected_relation

-- set_aside --
-- A payload that could not be taken goes to quarantine; a record that waits there already gets one attempt more, and
-- keeps the newer payload of the two.
with failed as (
  select distinct on (l.source_record_id) l.source_record_id, l.source_version, l.observed_at, l.is_deleted,
         convert_to(l.payload::text, 'UTF8') as payload, f.reason
  from unnest(%(failed)s::integer[], %(reasons)s::text[]) as f(position, reason)
  join {landed_table} l on l.landing = %(landing)s and l.position = f.position
  order by l.source_record_id, coalesce(l.source_version, l.observed_at) desc, l.observed_at desc
), again as (
  update integrations.quarantined_record q
  set attempts = attempts + 1, message = f.reason, import_job_id = %(import_job_id)s,
      error_class = %(error_class)s, next_try_at = integrations.next_try(attempts + 1),
      payload = case when f.observed_at >= q.observed_at then f.payload else q.payload end,
      is_gone = case when f.observed_at >= q.observed_at then f.is_deleted else q.is_gone end,
      source_version = greatest(f.source_version, q.source_version),
      observed_at = greatest(f.observed_at, q.observed_at)
  from failed f
  where q.source_system_id = %(source_system_id)s and q.resource = %(resource)s and q.stage = %(stage)s
    and q.status = 'waiting' and q.source_record_id = f.source_record_id
  returning q.source_record_id
)
insert into integrations.quarantined_record
  (source_system_id, import_job_id, resource, source_record_id, stage, error_class, message, payload, is_gone,
   source_version, observed_at, next_try_at)
select %(source_system_id)s, %(import_job_id)s, %(resource)s, source_record_id, %(stage)s, %(error_class)s, reason,
       payload, is_deleted, source_version, observed_at, integrations.next_try(1)
from failed where source_record_id not in (select source_record_id from again)

-- analyze_arrivals --
-- The planner knows nothing of a fresh temporary table.
analyze arrival (position, newest, known_id, source_record_id);
analyze projected (number);
analyze projected_identifier (position)

-- insert_records --
-- Records seen for the first time. A tombstone may come before its record: then there is no live side yet.
insert into staging.source_record
  (id, source_system_id, resource, source_record_id, entity_type, is_deleted, landing, position, source_version,
   observed_at, content_hash, live_landing, live_position, live_version, live_observed_at, live_hash, attributes,
   name_key, rejected)
select a.record_id, %(source_system_id)s, %(resource)s, a.source_record_id, coalesce(p.entity_type, %(entity_type)s),
       a.is_deleted, %(landing)s, a.position, a.source_version, a.observed_at, a.content_hash, case when v.position is not null then %(landing)s end,
       v.position, v.source_version, v.observed_at, v.content_hash, coalesce(p.attributes, '{}'),
       coalesce(p.name_key, ''), p.rejected
from arrival a
left join arrival v on v.is_live_news and v.source_record_id = a.source_record_id
left join projected p on p.number = v.position
where a.newest = 1 and a.known_id is null

-- update_newest --
-- The newest side of records that moved on.
update staging.source_record r
set is_deleted = a.is_deleted, landing = %(landing)s, position = a.position, source_version = a.source_version,
    observed_at = a.observed_at, content_hash = a.content_hash,
    entity_type = case when r.landing = 0 then %(entity_type)s else r.entity_type end
from arrival a
where r.id = a.known_id and a.newest = 1 and a.is_news

-- update_live --
-- The live side: cleaned values of the newest landed row that is no tombstone.
update staging.source_record r
set live_landing = %(landing)s, live_position = a.position, live_version = a.source_version,
    live_observed_at = a.observed_at, live_hash = a.content_hash,
    attributes = coalesce(p.attributes, r.attributes), entity_type = coalesce(p.entity_type, r.entity_type),
    name_key = case when p.number is null then r.name_key else coalesce(p.name_key, '') end,
    rejected = case when p.number is null then r.rejected else p.rejected end
from arrival a left join projected p on p.number = a.position
where r.id = a.known_id and a.is_live_news

-- owners --
-- Which record each projected row belongs to: a tombstone newer than it may stand in the same landing.
create temp table owner on commit drop as
select a.position, coalesce(a.record_id, n.record_id) as record_id, a.known_id is not null as is_known
from projected p join arrival a on a.position = p.number
left join arrival n on a.record_id is null and n.newest = 1 and n.source_record_id = a.source_record_id

-- release_identifiers --
-- What known records no longer hold; generic values among them are looked at again.
with gone as (
  delete from staging.identifier i using owner o
  where o.is_known and i.record_id = o.record_id
    and not exists (select from projected_identifier p
                    where p.position = o.position and p.kind = i.kind and p.value = i.value)
  returning i.kind, i.value
)
insert into staging.released_identifier (kind, value, entity_type) select kind, value, %(entity_type)s from gone

-- insert_identifiers --
-- What records hold now and did not before, in the order of the index on their keys. As a join: where it was a question
-- after an "or", every identifier that there is was read for it.
insert into staging.identifier (record_id, kind, value, entity_type, strength)
select o.record_id, p.kind, p.value, %(entity_type)s, p.strength
from projected_identifier p join owner o on o.position = p.position
left join staging.identifier i on o.is_known and i.record_id = o.record_id and i.kind = p.kind and i.value = p.value
where i.record_id is null
order by staging.identifier_key(%(entity_type)s, p.kind, p.value)

-- release_relations --
-- What known records said of their relations before.
delete from staging.record_relation r using owner o where o.is_known and r.record_id = o.record_id

-- insert_relations --
-- All relations start parked.
insert into staging.record_relation (record_id, source_system_id, name, target_type, target_resource, target_key,
                                     identifier_kind, identifier_value)
select o.record_id, %(source_system_id)s, p.name, p.target_type, p.target_resource, p.target_key, p.identifier_kind,
       p.identifier_value
from projected_relation p join owner o on o.position = p.position

-- mark_pending --
-- Resolution has to look at every record whose newest or live side moved; a version alone may change whose word counts.
insert into staging.pending_record (record_id, entity_type)
select coalesce(a.record_id, n.record_id), %(entity_type)s
from arrival a left join arrival n on a.record_id is null and n.newest = 1 and n.source_record_id = a.source_record_id
left join projected p on p.number = a.position
where (p.entity_type is distinct from 'none' or a.known_id is not null) and ((a.is_news and (a.outcome <> 'unchanged'
                      or (a.source_version, a.content_hash) is distinct from (a.current_version, a.current_hash)))
   or (a.is_live_news and (a.source_version, a.content_hash) is distinct from (a.live_version, a.live_hash)))

-- release_quarantined --
-- A version that can be taken settles what waited of its record.
update integrations.quarantined_record q set status = 'resolved'
from arrival a
where q.source_system_id = %(source_system_id)s and q.resource = %(resource)s and q.status = 'waiting'
  and q.source_record_id = a.source_record_id and a.is_news and a.observed_at >= q.observed_at
  and coalesce(a.source_version >= q.source_version, true)

-- clear --
-- Several landings may be applied in one transaction.
drop table arrival, projected, projected_identifier, projected_relation, owner

-- clear_arrivals --
-- What was only judged.
drop table arrival

-- positions --
-- The rows of a landing that are to be taken.
select position from {landed_table} where landing = %(landing)s
  and (%(only)s::text[] is null or source_record_id = any(%(only)s::text[])) order by position

-- outcomes --
-- How many rows of each outcome.
select outcome, count(*) from arrival group by outcome

-- known_already --
-- Which of the observed rows say nothing new: same version and content as the current one. They need not land.
select o.n - 1, (r.landing = any(%(job_landings)s))::int
from unnest(%(ids)s::text[], %(versions)s::timestamptz[], %(hashes)s::bytea[], %(deleted)s::boolean[])
  with ordinality as o(source_record_id, source_version, content_hash, is_deleted, n)
join staging.source_record r
  on r.source_system_id = %(source_system_id)s and r.resource = %(resource)s
 and r.source_record_id = o.source_record_id and r.content_hash = o.content_hash and r.is_deleted = o.is_deleted
 and r.source_version is not distinct from o.source_version

-- seen_again --
-- Records without a version of their own are ordered by when they were observed last.
update staging.source_record r
set observed_at = %(observed_at)s,
    live_observed_at = case when r.is_deleted then r.live_observed_at else %(observed_at)s end
from unnest(%(ids)s::text[]) as o(source_record_id)
where r.source_system_id = %(source_system_id)s and r.resource = %(resource)s
  and r.source_record_id = o.source_record_id and r.source_version is null and r.observed_at < %(observed_at)s

-- is_first_load --
-- Whether nothing of the resource is there yet, and every row of the landing is live and alone.
select not exists (select from staging.source_record
                   where source_system_id = %(source_system_id)s and resource = %(resource)s)
   and (select count(*) = count(distinct source_record_id collate "C") and not bool_or(is_deleted)
        from {landed_table} where landing = %(landing)s)

-- first_rows --
-- How many rows there are.
select count(*) from {landed_table} where landing = %(landing)s

-- first_payloads --
-- Each row's new id and position, what the record's current version says, moments as COPY's binary form has them, and payload.
select nextval('staging.source_record_id_seq'), l.position, l.source_record_id, timestamptz_send(l.source_version),
       timestamptz_send(l.observed_at), l.content_hash, l.payload::text
from {landed_table} l where l.landing = %(landing)s

-- mark_loaded --
-- Resolution has to look at all of the records that a first load brought.
insert into staging.pending_record (record_id, entity_type, last_record_id)
values (%(first)s, %(entity_type)s, %(last)s)

-- analyze_first --
-- Resolution comes at once, before autovacuum does, and joins these by what the planner would take for a few hundred rows.
analyze staging.source_record (id, source_system_id, resource, source_record_id, entity_type, is_deleted, landing);
analyze staging.identifier
