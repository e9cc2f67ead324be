-- record --
-- The source record by its key, with what is known of it; nothing of it but its system need be there.
select y.id, y.uuid, y.system_key, y.system_type, s.id, s.entity_type, s.attributes, m.target_uuid
from integrations.source_system y
left join staging.source_record s
  on s.source_system_id = y.id and s.resource = %(resource)s and s.source_record_id = %(record)s
left join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
     = (s.source_system_id, s.resource, s.source_record_id, 'entities')
where y.system_key = %(system_key)s

-- entity_records --
-- All records of an entity; an alias stands for the entity that it was merged into.
select y.id, y.uuid, y.system_key, y.system_type, s.id, s.entity_type, s.attributes, m.target_uuid, s.resource,
       s.source_record_id
from entities.entity e
join integrations.record_map m on m.target_uuid = coalesce(e.merged_into, e.uuid)
join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
   = (m.source_system_id, m.resource, m.source_record_id)
join integrations.source_system y on y.id = s.source_system_id
where e.uuid = %(uuid)s
order by y.system_key, s.resource, s.source_record_id

-- shared --
-- Which of the words others hold too, bare: without the place of a login and without the name beside a phone number.
select distinct w.word from staging.identifier o
cross join lateral (values (o.value), (split_part(o.value, '|', 1)), (substr(o.value, strpos(o.value, ':') + 1))) w(word)
where o.record_id <> all(%(ids)s) and w.word = any(%(words)s)

-- namesakes --
-- The name keys of the records that other records bear too.
select distinct s.name_key from staging.source_record s
where s.name_key <> '' and s.id <> all(%(ids)s)
  and s.name_key in (select name_key from staging.source_record where id = any(%(ids)s))

-- name_keys --
-- The name key of each record.
select id, name_key from staging.source_record where id = any(%(ids)s)

-- landed --
-- Every landed version of one record.
select payload::text from {table} where source_system = %(system)s and source_record_id = %(record)s

-- waiting --
-- What of the record stands in quarantine.
select payload from integrations.quarantined_record
where source_system_id = %(source_system_id)s and resource = %(resource)s and source_record_id = %(record)s

-- delete_landed --
-- The landed rows of one record.
delete from {table} where source_system = %(system)s and source_record_id = %(record)s

-- keyed --
-- Tables of ours that name source records by their key: mapping, quarantine, what a sweep missed.
select n.nspname, c.relname
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('integrations', 'resolution', 'entities')
  and (select count(*) from pg_attribute a where a.attrelid = c.oid and not a.attisdropped
       and a.attname in ('source_system_id', 'resource', 'source_record_id')) = 3
order by 1, 2

-- delete_keyed --
-- What such a table says of one record.
delete from {table}
where source_system_id = %(source_system_id)s and resource = %(resource)s and source_record_id = %(record)s

-- delete_aiming --
-- Relations of other records that aim at the record: they can never find it again.
delete from staging.record_relation
where source_system_id = %(source_system_id)s and target_resource = %(resource)s and target_key = %(record)s

-- delete_aiming_values --
-- Relations of other records that aim at a value of the person's.
delete from staging.record_relation where identifier_value = any(%(values)s)

-- left_behind --
-- Records that shared an entity with the erased ones: what they amount to has to be computed anew.
insert into staging.pending_record (record_id, entity_type)
select s.id, s.entity_type from integrations.record_map m
join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
   = (m.source_system_id, m.resource, m.source_record_id)
where m.target_uuid = any(%(uuids)s) and s.id <> all(%(ids)s)

-- sharing --
-- One holder of each value that the erased ones held too: fewer hold it now, and it may tell again, or mean one entity.
insert into staging.pending_record (record_id, entity_type)
select distinct min(o.record_id), o.entity_type
from staging.identifier i join staging.identifier o
  on (o.key, o.entity_type, o.kind, o.value) = (i.key, i.entity_type, i.kind, i.value) and o.record_id <> all(%(ids)s)
where i.record_id = any(%(ids)s) and i.strength <> 'weak' and o.strength <> 'weak'
group by o.entity_type, o.kind, o.value

-- empty_scored --
-- What of them was compared; the hashes of their keys stay until resolution, which comes at once, has counted them out of
-- the blocks that they were in.
update resolution.scored_record set sketch = '', content = 0 where record_id = any(%(ids)s)

-- leave_scored --
-- Resolution lets go of what it holds of them.
insert into staging.pending_record (record_id, entity_type)
select record_id, entity_type from resolution.scored_record where record_id = any(%(ids)s)

-- empty_entities --
-- Entities without a record: their uuid stays, so that it answers, and says nothing.
update entities.entity e set values = '{}'
where e.uuid = any(%(uuids)s) and e.values <> '{}'
  and not exists (select from integrations.record_map m where m.target_uuid = e.uuid)

-- referring --
-- Tables of ours that name source records by internal id, but for what was compared of them (see empty_scored); the
-- records themselves go last.
select n.nspname, c.relname, array_agg(a.attname::text order by a.attname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('staging', 'resolution')
  and a.attname in ('record_id', 'left_record_id', 'right_record_id') and not a.attisdropped
  and c.relname <> 'scored_record'
group by 1, 2 order by 1, 2

-- delete_records --
-- The current versions themselves.
delete from staging.source_record where id = any(%(ids)s)

-- forget_key --
-- The record's key in what the sync log says of many at once.
update integrations.sync_log
set payload = jsonb_set(payload, '{source_record_ids}', (payload->'source_record_ids') - %(record)s::text)
where source_system_id = %(source_system_id)s and payload->>'resource' = %(resource)s
  and payload->'source_record_ids' ? %(record)s

-- forget_line --
-- The record's key in what the sync log says of it alone.
update integrations.sync_log
set message = event_type || ' of an erased record', payload = payload || '{"source_record_id": "[erased]"}'
where source_system_id = %(source_system_id)s and payload->>'resource' = %(resource)s
  and payload->>'source_record_id' = %(record)s

-- forget_change --
-- The record's key in the feed of changes; who reads it later learns of the entity, not of the record.
update integrations.change c set items = (
  select jsonb_agg(case when i.item->>'system_key' = %(system_key)s and i.item->>'resource' = %(resource)s and i.item->>'source_record_id' = %(record)s
                   then i.item || '{"source_record_id": null}' else i.item end order by i.place)
  from integrations.change_items(c.items) i)
where c.items @> jsonb_build_array(jsonb_build_object('system_key', %(system_key)s::text, 'resource', %(resource)s::text,
                                                      'source_record_id', %(record)s::text))
   or c.items @> jsonb_build_object('system_key', %(system_key)s::text, 'resource', %(resource)s::text,
                                    'source_record_id', jsonb_build_array(%(record)s::text))

-- forget_delivery --
-- The record's key in messages to other services.
update integrations.delivery d set changes = (
  select jsonb_agg(case when i.item->>'system_key' = %(system_key)s and i.item->>'resource' = %(resource)s and i.item->>'source_record_id' = %(record)s
                   then i.item || '{"source_record_id": null}' else i.item end order by i.n)
  from jsonb_array_elements(d.changes) with ordinality as i(item, n))
where d.changes @> jsonb_build_array(jsonb_build_object('system_key', %(system_key)s::text, 'resource', %(resource)s::text,
                                                        'source_record_id', %(record)s::text))

-- columns --
-- Every column of ours that could hold a word: text, JSON, bytes; not what is sealed, hashed, or who did it.
select n.nspname, c.relname, a.attname, t.typname
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_type t on t.oid = a.atttypid
where c.relkind in ('r', 'p') and not c.relispartition
  and (n.nspname in ('staging', 'resolution', 'entities', 'integrations') or n.nspname like 'staging\_%%')
  and t.typname in ('text', 'varchar', 'json', 'jsonb', 'bytea')
  and c.relname not like '\_dlt%%' and c.relname <> all(%(tables)s)
  and a.attname <> all(%(columns)s) and a.attname not like '%%hash'
order by 1, 2, 3

-- settle_emptied --
-- Deliveries whose body went: there is nothing left to be taken from them.
update integrations.webhook_event set state = 'done', note = 'erased', unpacked_size = null
where body = '' and state in ('received', 'leased')

-- note --
-- The fact of each erasure; one that was lifted stands again.
insert into integrations.erased_record (source_system_id, resource, key_hash, entity_uuid, reason)
values (%(source_system_id)s, %(resource)s,
        sha256(convert_to(%(system)s || ':' || %(resource)s || ':' || %(record)s, 'UTF8')), %(entity)s, %(reason)s)
on conflict (source_system_id, resource, key_hash) do update
set allowed_again_at = null, reason = excluded.reason, entity_uuid = coalesce(excluded.entity_uuid, erased_record.entity_uuid)
returning uuid

-- note_removed --
-- How much went, by table.
update integrations.erased_record set removed = %(removed)s::jsonb where uuid = any(%(uuids)s)

-- lift --
-- The record may be taken again.
update integrations.erased_record set allowed_again_at = now()
where source_system_id = %(source_system_id)s and resource = %(resource)s and allowed_again_at is null
  and key_hash = sha256(convert_to(%(system)s || ':' || %(resource)s || ':' || %(record)s, 'UTF8'))

-- has_erased --
-- Whether anything of the resource was erased at all.
select exists (select from integrations.erased_record
               where source_system_id = %(source_system_id)s and resource = %(resource)s and allowed_again_at is null)

-- erased_rows --
-- Which of the records, by their place in the list from 0, were erased.
select i.n - 1 from unnest(%(ids)s::text[]) with ordinality as i(id, n)
where exists (
  select from integrations.erased_record e join integrations.source_system y on y.id = e.source_system_id
  where e.source_system_id = %(source_system_id)s and e.resource = %(resource)s and e.allowed_again_at is null
    and e.key_hash = sha256(convert_to(y.uuid || ':' || e.resource || ':' || i.id, 'UTF8')))

-- log --
-- The account of it: how much, never what.
insert into integrations.sync_log (source_system_id, import_job_id, event_type, status, message, payload)
values (%(source_system_id)s, null, 'record.erased', 'ok', %(message)s, %(payload)s::jsonb)
