-- list --
-- What waits, or was settled, newest first; payloads stay behind.
select q.uuid, y.system_key, q.resource, q.source_record_id, q.stage, q.error_class, q.message, q.attempts, q.status,
       q.next_try_at, q.observed_at, q.created_at, j.uuid as job, q.closed_reason
from integrations.quarantined_record q
join integrations.source_system y on y.id = q.source_system_id
join integrations.import_job j on j.id = q.import_job_id
where (%(system_key)s::text is null or y.system_key = %(system_key)s)
  and (%(resource)s::text is null or q.resource = %(resource)s)
  and (%(error_class)s::text is null or q.error_class = %(error_class)s)
  and (%(status)s::text is null or q.status = %(status)s)
  and (%(uuid)s::uuid is null or q.uuid = %(uuid)s)
order by q.id desc limit %(limit)s

-- payload --
-- The record as it came.
select payload from integrations.quarantined_record where uuid = %(uuid)s

-- discard --
-- A person gives a record up.
update integrations.quarantined_record set status = 'discarded', closed_reason = %(reason)s, next_try_at = null
where uuid = %(uuid)s and status = 'waiting'
returning source_system_id, import_job_id, resource, source_record_id

-- log --
-- The account of it.
insert into integrations.sync_log (source_system_id, import_job_id, event_type, status, message, payload)
values (%(source_system_id)s, %(import_job_id)s, %(event_type)s, 'ok', %(message)s, %(payload)s::jsonb)

-- due --
-- What is to be tried again: what was asked for, else what is due.
select q.id, q.source_record_id, q.stage, q.error_class, q.message, q.payload, q.is_gone, q.observed_at, q.attempts
from integrations.quarantined_record q join integrations.import_job j on j.id = q.import_job_id
where q.source_system_id = %(source_system_id)s and q.resource = %(resource)s and q.status = 'waiting'
  and q.stage <> 'resolve' and q.id > %(after)s
  and (%(is_asked_for)s or q.next_try_at <= now())
  and (%(uuids)s::uuid[] is null or q.uuid = any(%(uuids)s::uuid[]))
  and (%(error_class)s::text is null or q.error_class = %(error_class)s)
  and (%(job)s::uuid is null or j.uuid = %(job)s)
  and (%(record_ids)s::text[] is null or q.source_record_id = any(%(record_ids)s::text[]))
  and (%(since)s::timestamptz is null or q.observed_at >= %(since)s)
  and (%(until)s::timestamptz is null or q.observed_at < %(until)s)
order by q.id limit %(limit)s

-- count_due --
-- How many records were asked for.
select count(*) from integrations.quarantined_record q join integrations.import_job j on j.id = q.import_job_id
where q.source_system_id = %(source_system_id)s and q.resource = %(resource)s and q.status = 'waiting'
  and (%(uuids)s::uuid[] is null or q.uuid = any(%(uuids)s::uuid[]))
  and (%(error_class)s::text is null or q.error_class = %(error_class)s)
  and (%(job)s::uuid is null or j.uuid = %(job)s)
  and (%(record_ids)s::text[] is null or q.source_record_id = any(%(record_ids)s::text[]))
  and (%(since)s::timestamptz is null or q.observed_at >= %(since)s)
  and (%(until)s::timestamptz is null or q.observed_at < %(until)s)

-- wake_events --
-- Webhook events that were given up wait in their inbox once more, and what was set aside of them is closed. Without a
-- uuid or a class those too that were given up because nobody answered: they are not in quarantine.
with asked as (
  select q.id, q.source_system_id, q.payload from integrations.quarantined_record q
  join integrations.source_system y on y.id = q.source_system_id
  where q.resource = 'webhooks' and q.status = 'waiting' and q.payload is not null
    and (%(uuid)s::uuid is null or q.uuid = %(uuid)s)
    and (%(system_key)s::text is null or y.system_key = %(system_key)s)
    and (%(error_class)s::text is null or q.error_class = %(error_class)s)
), woken as (
  update integrations.webhook_event e
  set state = 'received', attempts = 0, next_try_at = null, lease_until = null, note = null
  from integrations.source_system y
  where y.id = e.source_system_id and e.state = 'dead'
    and (exists (select from asked a where a.source_system_id = e.source_system_id and a.payload = e.body)
         or (%(uuid)s::uuid is null and %(error_class)s::text is null and y.system_key = %(system_key)s))
  returning e.source_system_id, e.body, pg_notify('integrations_webhook', '')
), closed as (
  update integrations.quarantined_record q
  set status = 'resolved', next_try_at = null, closed_reason = 'back in the inbox'
  from asked a join woken w on w.source_system_id = a.source_system_id and w.body = a.payload
  where q.id = a.id
)
select count(*) from woken

-- settle_taken --
-- Records that could be read this time, whatever came of them; one that failed further on has an attempt more.
update integrations.quarantined_record q set status = 'resolved', next_try_at = null
from unnest(%(ids)s::bigint[], %(attempts)s::bigint[]) as t(id, attempts)
where q.id = t.id and q.status = 'waiting' and q.attempts = t.attempts

-- settle_failed --
-- Records that cannot be read today either.
update integrations.quarantined_record q
set attempts = q.attempts + 1, error_class = t.error_class, message = t.message, import_job_id = %(job)s,
    next_try_at = integrations.next_try(q.attempts + 1)
from unnest(%(ids)s::bigint[], %(classes)s::text[], %(messages)s::text[]) as t(id, error_class, message)
where q.id = t.id and q.status = 'waiting'

-- wake_unresolved --
-- Records that resolution had set aside are looked at again.
with due as (
  select q.id, s.id as record_id, s.entity_type
  from integrations.quarantined_record q
  join integrations.import_job j on j.id = q.import_job_id
  join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
                                = (q.source_system_id, q.resource, q.source_record_id)
  where q.status = 'waiting' and q.stage = 'resolve' and q.source_system_id = %(source_system_id)s
    and q.resource = %(resource)s
    and (%(is_asked_for)s or q.next_try_at <= now())
    and (%(uuids)s::uuid[] is null or q.uuid = any(%(uuids)s::uuid[]))
    and (%(error_class)s::text is null or q.error_class = %(error_class)s)
    and (%(job)s::uuid is null or j.uuid = %(job)s)
    and (%(record_ids)s::text[] is null or q.source_record_id = any(%(record_ids)s::text[]))
    and (%(since)s::timestamptz is null or q.observed_at >= %(since)s)
    and (%(until)s::timestamptz is null or q.observed_at < %(until)s)
)
insert into staging.pending_record (record_id, entity_type) select record_id, entity_type from due

-- settle_resolved --
-- What resolution had set aside, and has mapped since in its current version.
update integrations.quarantined_record q set status = 'resolved', next_try_at = null
from staging.source_record s join integrations.record_map m
  on (m.source_system_id, m.resource, m.source_record_id) = (s.source_system_id, s.resource, s.source_record_id)
where q.stage = 'resolve' and q.status = 'waiting'
  and (s.source_system_id, s.resource, s.source_record_id) = (q.source_system_id, q.resource, q.source_record_id)
  and m.content_hash = s.content_hash and m.source_version is not distinct from s.source_version

-- pending --
-- What resolution of a type would look at.
select record_id from staging.pending_record where entity_type = %(entity_type)s and last_record_id is null
union
select s.id from staging.pending_record p join staging.source_record s on s.id between p.record_id and p.last_record_id
where p.entity_type = %(entity_type)s and s.entity_type = p.entity_type
order by 1

-- name_pending --
-- What a first load said of all of its records, said of each.
with loaded as (
  delete from staging.pending_record where entity_type = %(entity_type)s and last_record_id is not null
  returning record_id, last_record_id
)
insert into staging.pending_record (record_id, entity_type)
select distinct s.id, s.entity_type from loaded p
join staging.source_record s on s.id between p.record_id and p.last_record_id and s.entity_type = %(entity_type)s

-- hold_back --
-- Leave these out of the coming resolution.
delete from staging.pending_record where entity_type = %(entity_type)s and record_id = any(%(records)s::bigint[])

-- set_aside_unresolved --
-- Records that resolution cannot take; one that waits there already gets one attempt more.
with failed as (
  select s.source_system_id, l.import_job_id, s.resource, s.source_record_id, s.source_version, s.observed_at, f.message
  from unnest(%(records)s::bigint[], %(messages)s::text[]) as f(record_id, message)
  join staging.source_record s on s.id = f.record_id join integrations.landing l on l.id = s.landing
), again as (
  update integrations.quarantined_record q
  set attempts = attempts + 1, message = f.message, next_try_at = integrations.next_try(attempts + 1)
  from failed f
  where q.stage = 'resolve' and q.status = 'waiting'
    and (q.source_system_id, q.resource, q.source_record_id) = (f.source_system_id, f.resource, f.source_record_id)
  returning q.source_system_id, q.resource, q.source_record_id
)
insert into integrations.quarantined_record
  (source_system_id, import_job_id, resource, source_record_id, stage, error_class, message, source_version,
   observed_at, next_try_at)
select source_system_id, import_job_id, resource, source_record_id, 'resolve', 'Refused', message, source_version,
       observed_at, integrations.next_try(1)
from failed where (source_system_id, resource, source_record_id) not in (select * from again)
