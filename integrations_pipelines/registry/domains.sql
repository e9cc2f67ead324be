-- table --
-- Whether the table or view is there, and whether we may read it.
select c.oid::bigint as oid, has_table_privilege(c.oid, 'select') as is_readable
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = %(schema)s and c.relname = %(table)s and c.relkind in ('r', 'v', 'm', 'p', 'f')

-- columns --
-- Its columns, with their types.
select attname, format_type(atttypid, null) from pg_catalog.pg_attribute
where attrelid = %(oid)s::bigint::oid and attnum > 0 and not attisdropped order by attnum

-- indexed --
-- Columns that an index starts with (by expression too: lower(email)), and whether it alone makes them unique.
select a.attname, bool_or(i.indisunique and i.indnkeyatts = 1 and i.indpred is null and i.indexprs is null) as is_unique
from pg_catalog.pg_index i join pg_catalog.pg_attribute a on a.attrelid = i.indrelid
where i.indrelid = %(oid)s::bigint::oid and i.indisvalid
  and (a.attnum = i.indkey[0] or i.indkey[0] = 0 and pg_get_indexdef(i.indexrelid, 1, true) ~ ('\m' || a.attname || '\M'))
group by a.attname

-- uuids --
-- How many rows have no uuid, one that is none, or one that another row has too.
select count(*) filter (where t.{uuid} is null) as missing, count(t.{uuid}) - count(distinct t.{uuid}) as repeated,
       count(*) filter (where t.{uuid}::text !~* '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$') as unfit
from {schema}.{table} t

-- changed --
-- Rows of the bound table that are not as they were taken, with their hashes, and records whose row is gone.
select t.key, null::timestamptz, t.hash, false, t.payload
from (
  select key, payload, sha256(convert_to(payload, 'UTF8')) as hash
  from (select r.{uuid}::text as key, jsonb_build_object({fields})::text as payload from {schema}.{table} r
        where r.{uuid} is not null) p
) t
left join staging.source_record s on s.source_system_id = {system} and s.resource = {resource} and s.source_record_id = t.key
where s.id is null or s.is_deleted or s.content_hash <> t.hash
union all
select s.source_record_id, null, sha256(''), true, null
from staging.source_record s left join {schema}.{table} r on r.{uuid}::text = s.source_record_id
where s.source_system_id = {system} and s.resource = {resource} and not s.is_deleted and r.{uuid} is null

-- taken --
-- Every record of the bound table that is there, as gone.
select source_record_id, null::timestamptz, sha256(''), true, null from staging.source_record
where source_system_id = {system} and resource = {resource} and not is_deleted

-- polled --
-- When the table was looked at, and how long that took.
update integrations.domain_binding set polled_at = clock_timestamp(), poll_seconds = %(seconds)s where name = %(name)s

-- concerned --
-- The bindings whose links may change when a type is resolved: those of the type, and those that its relations aim at.
select name, source_system_id, entity_type, relations, place from integrations.domain_binding
where entity_type = %(entity_type)s or entity_type = any(%(targets)s) order by name

-- anchors --
-- The rows of the bound table as nodes of the identity graph: record, their uuid, and the entity that they are.
create temp table anchor on commit drop as
select s.id as record_id, s.source_record_id::uuid as uuid, m.target_uuid as entity_uuid
from staging.source_record s join integrations.record_map m
  on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
   = (s.source_system_id, s.resource, s.source_record_id, 'entities')
where s.source_system_id = %(system)s and s.resource = %(name)s and s.entity_type = %(entity_type)s and not s.is_deleted

-- pointing --
-- Who means which row: records of one entity with it, and records whose relation aims at that entity or names what the
-- row holds. A login is compared without its place, unless the binding names one.
create temp table pointing on commit drop as
select s.id as record_id, a.record_id as anchor_id, a.uuid, a.entity_uuid, m.decided_by as because
from anchor a join integrations.record_map m on m.target_uuid = a.entity_uuid and m.target_domain = 'entities'
join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
                              = (m.source_system_id, m.resource, m.source_record_id)
where (s.source_system_id, s.resource) <> (%(system)s, %(name)s) and (%(only)s::text is null or s.entity_type = %(only)s)
union
select r.record_id, a.record_id, a.uuid, a.entity_uuid, r.name || coalesce(' by ' || r.identifier_kind, '')
from anchor a join staging.record_relation r on r.object_uuid = a.entity_uuid
join staging.source_record s on s.id = r.record_id
where r.target_type = %(entity_type)s and r.name = any(%(relations)s) and (%(only)s::text is null or s.entity_type = %(only)s)
  and (r.identifier_kind is distinct from 'username' or %(place)s::text is null or starts_with(r.identifier_value, %(place)s::text || ':'))
union
select r.record_id, a.record_id, a.uuid, a.entity_uuid, r.name || ' by ' || r.identifier_kind
from anchor a join staging.identifier i on i.record_id = a.record_id and i.strength <> 'weak' and i.kind <> 'username'
join staging.record_relation r on r.identifier_kind = i.kind and r.identifier_value = i.value
join staging.source_record s on s.id = r.record_id
where r.target_type = %(entity_type)s and r.name = any(%(relations)s) and (%(only)s::text is null or s.entity_type = %(only)s)
  and not exists (select from resolution.generic_value g where (g.entity_type, g.kind, g.value) = (%(entity_type)s, i.kind, i.value))
union
select r.record_id, a.record_id, a.uuid, a.entity_uuid, r.name || ' by username'
from anchor a join staging.identifier i on i.record_id = a.record_id and i.kind = 'username'
join staging.record_relation r on r.identifier_kind = 'username'
     and regexp_replace(r.identifier_value, '^[^:]*:', '') = regexp_replace(i.value, '^[^:]*:', '')
join staging.source_record s on s.id = r.record_id
where r.target_type = %(entity_type)s and r.name = any(%(relations)s) and (%(only)s::text is null or s.entity_type = %(only)s)
  and (%(place)s::text is null or starts_with(r.identifier_value, %(place)s::text || ':'))
union
-- Another row that a record shares a value with, at least as sure as what it shares with its own: two rows of one address
-- are two, and which of them it is nobody knows. A person's word says it, or says that it is not.
select i.record_id, f.record_id, f.uuid, f.entity_uuid, i.kind
from anchor f join staging.identifier h on h.record_id = f.record_id and h.strength <> 'weak'
join staging.identifier i on (i.key, i.entity_type, i.kind, i.value) = (h.key, h.entity_type, h.kind, h.value)
     and i.strength <> 'weak' and i.record_id <> f.record_id
join rule r on r.kind = i.kind
join staging.source_record s on s.id = i.record_id and (s.source_system_id, s.resource) <> (%(system)s, %(name)s)
join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
     = (s.source_system_id, s.resource, s.source_record_id, 'entities')
where %(only)s::text is null and i.entity_type = %(entity_type)s and m.decided_by <> 'decision'
  and m.target_uuid <> f.entity_uuid and m.target_uuid in (select entity_uuid from anchor)
  and r.rank <= coalesce((
    select min(q.rank) from anchor o join staging.identifier j on j.record_id = o.record_id and j.strength <> 'weak'
    join staging.identifier k on k.record_id = i.record_id and (k.kind, k.value) = (j.kind, j.value) and k.strength <> 'weak'
    join rule q on q.kind = k.kind where o.entity_uuid = m.target_uuid), r.rank)
  and not exists (select from resolution.generic_value g where (g.entity_type, g.kind, g.value) = (%(entity_type)s, i.kind, i.value))
  and not exists (select from resolution.current_decision d where d.verdict = 'different'
                  and (d.left_record_id, d.right_record_id) = (least(i.record_id, f.record_id), greatest(i.record_id, f.record_id)))

-- aims --
-- One target a record; none where what points disagrees. Rows that a person called one entity are one. Which two are asked
-- about is said by their uuids: ids tell who came first.
create temp table aim on commit drop as
select record_id, case when count(distinct entity_uuid) = 1 then min(uuid::text)::uuid end as uuid,
       min(because) as because, (array_agg(anchor_id order by uuid))[1] as first_anchor,
       (array_agg(anchor_id order by uuid desc))[1] as last_anchor
from pointing group by record_id

-- disputes --
-- Rows of the bound table that one record points at, two at a time, and some of the records that do.
select first_anchor, last_anchor,
       jsonb_build_object('domain', %(name)s::text, 'records', to_jsonb((array_agg(key order by key))[1:20])) from (
  select a.first_anchor, a.last_anchor, y.system_key || ':' || s.resource || ':' || s.source_record_id as key
  from aim a join staging.source_record s on s.id = a.record_id and not s.is_deleted
  join integrations.source_system y on y.id = s.source_system_id
  where a.uuid is null
) d group by first_anchor, last_anchor

-- settle_disputes --
-- Questions that nothing raises any more.
update resolution.review_item q set status = 'answered', updated_at = now(), updated_by = integrations.actor()
where q.entity_type = %(entity_type)s and q.reason = %(reason)s and q.status = 'open' and not exists (
  select from unnest(%(lefts)s::bigint[], %(rights)s::bigint[]) as a(l, r) where (a.l, a.r) = (q.left_record_id, q.right_record_id))

-- link --
-- The record map of the domain: what is new or differs.
insert into integrations.record_map as m (source_system_id, resource, source_record_id, record_id, target_domain, target_uuid,
                                          map_status, decided_by, last_synced_at, source_version, content_hash)
select s.source_system_id, s.resource, s.source_record_id, s.id, %(name)s::text, a.uuid,
       case when s.is_deleted then 'deleted' when a.uuid is null then 'review' else 'mapped' end, a.because, now(),
       s.source_version, s.content_hash
from aim a join staging.source_record s on s.id = a.record_id
on conflict (source_system_id, resource, source_record_id, target_domain) do update
set target_uuid = excluded.target_uuid, map_status = excluded.map_status, decided_by = excluded.decided_by,
    last_synced_at = now(), source_version = excluded.source_version, content_hash = excluded.content_hash,
    updated_at = now(), updated_by = integrations.actor()
where (m.target_uuid, m.map_status, m.decided_by, m.source_version, m.content_hash)
      is distinct from (excluded.target_uuid, excluded.map_status, excluded.decided_by, excluded.source_version, excluded.content_hash)

-- unlink --
-- Records that nothing links to the domain any more.
delete from integrations.record_map m using staging.source_record s
where m.target_domain = %(name)s and (%(only)s::text is null or s.entity_type = %(only)s)
  and (s.source_system_id, s.resource, s.source_record_id) = (m.source_system_id, m.resource, m.source_record_id)
  and not exists (select from aim a where a.record_id = s.id)

-- log_links --
-- One line where anything changed.
insert into integrations.sync_log (source_system_id, event_type, status, message, payload)
values (%(system)s, 'domain.linked', 'ok',
        %(linked)s::text || ' records linked anew to ' || %(name)s::text || ', ' || %(unlinked)s::text || ' unlinked',
        jsonb_build_object('domain', %(name)s::text, 'entity_type', %(resolved)s::text, 'linked', %(linked)s::bigint,
                           'unlinked', %(unlinked)s::bigint))

-- clear_links --
-- Several domains may be linked in one transaction.
drop table anchor, pointing, aim

-- forget --
-- A domain that is bound no more: its links, its questions, the binding.
with links as (delete from integrations.record_map where target_domain = %(name)s),
     items as (update resolution.review_item set status = 'answered', updated_at = now(), updated_by = integrations.actor()
               where reason = %(reason)s and status = 'open')
delete from integrations.domain_binding where name = %(name)s

-- counts --
-- How many records of which resource are linked to the domain, by status.
select y.system_key, m.resource, m.map_status as status, count(*) as records
from integrations.record_map m join integrations.source_system y on y.id = m.source_system_id
where m.target_domain = %(name)s group by 1, 2, 3 order by 1, 2, 3
