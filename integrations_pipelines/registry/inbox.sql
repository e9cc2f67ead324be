-- store --
-- Deliveries, once each, in the order of their keys: unsorted batches deadlock. A secret that was revoked since it
-- matched admits nothing (CASE, so that the check is no join, which could reorder the rows). $1: the rows as one JSON
-- text; $2: their bodies as one value, cut here: arrays cost the sender ten times as much; $3: how many they are. Answers with one
-- row: how many are new, and, where that is not all of them, which.
with stored as (
  insert into integrations.webhook_event
    (source_system_id, delivery_key, signed_hash, secret_version_id, sent_at, headers, body, unpacked_size)
  select u.s, u.k, decode(u.h, 'hex'), u.v, u.t, u.e, substring($2::bytea from u.o for u.l), u.z
  from json_to_recordset($1::json)
    as u(s bigint, k text, h text, v bigint, t timestamptz, e jsonb, o integer, l integer, z integer)
  where case when u.v is null then true else exists (
    select from integrations.secret_version v where v.id = u.v and v.state in ('active', 'retiring')
      and (v.valid_until is null or v.valid_until > clock_timestamp())) end
  on conflict do nothing
  returning source_system_id, delivery_key
)
select count(*), case when count(*) <> $3::bigint then json_agg(json_build_array(source_system_id, delivery_key)) end,
       case when count(*) > 0 then pg_notify('integrations_webhook', '')::text end
from stored

-- stored_before --
-- Which of the deliveries that were not stored are there already; the same content under another id is worked on once
-- more: it may be a hint at another change.
with given as (
  select * from unnest(%(sources)s::bigint[], %(keys)s::text[], %(hashes)s::bytea[]) as g(source_system_id, delivery_key, signed_hash)
), by_key as (
  select g.source_system_id, g.delivery_key from given g join integrations.webhook_event e using (source_system_id, delivery_key)
), again as (
  update integrations.webhook_event e
  set seen_again_at = clock_timestamp(), state = case when e.state = 'done' then 'received' else e.state end
  from given g
  where e.source_system_id = g.source_system_id and e.signed_hash = g.signed_hash
    and (g.source_system_id, g.delivery_key) not in (select source_system_id, delivery_key from by_key)
  returning g.source_system_id, g.delivery_key, pg_notify('integrations_webhook', '')
)
select source_system_id, delivery_key from by_key union select source_system_id, delivery_key from again

-- count_refusals --
-- Refusals by source system and reason.
insert into integrations.webhook_refusal (source_system_id, reason, refused, last_refused_at)
select source_system_id, reason, refused, now()
from unnest(%(sources)s::bigint[], %(reasons)s::text[], %(counts)s::bigint[]) as u(source_system_id, reason, refused)
order by 1, 2
on conflict (source_system_id, reason) do update
set refused = webhook_refusal.refused + excluded.refused, last_refused_at = excluded.last_refused_at

-- refusals --
-- What was refused at a source system's door.
select reason, refused, last_refused_at from integrations.webhook_refusal
where source_system_id = %(source_system_id)s order by reason

-- delivered_keys --
-- Which of the deliveries came in.
select delivery_key from integrations.webhook_event
where source_system_id = %(source_system_id)s and delivery_key = any(%(keys)s::text[])

-- counts --
-- How a source system's part of the inbox stands.
select state, count(*), max(created_at) from integrations.webhook_event
where source_system_id = %(source_system_id)s group by state

-- order_runs --
-- Source systems with events to work on that no run has in hand; their next attempt is ours. Found by state, never by
-- the largest id: ids commit out of order.
with waiting as (
  select s.id, s.system_key from integrations.source_system s
  where s.is_active and exists (
    select from integrations.webhook_event e where e.source_system_id = s.id and e.state in ('received', 'leased')
      and (e.next_try_at is null or e.next_try_at <= now()))
), free as (
  select d.source_system_id from integrations.webhook_drain d join waiting w on w.id = d.source_system_id
  where d.lease_until is null or d.lease_until < now()
  for update of d skip locked
)
update integrations.webhook_drain d
set attempt = d.attempt + 1, lease_until = now() + make_interval(secs => %(seconds)s)
from waiting w, free f
where w.id = d.source_system_id and f.source_system_id = d.source_system_id
returning w.system_key, d.attempt

-- new_drains --
-- Source systems whose first event waits: their right has to be there before it can be locked.
insert into integrations.webhook_drain (source_system_id)
select distinct e.source_system_id from integrations.webhook_event e
where e.state = 'received' and not exists (
  select from integrations.webhook_drain d where d.source_system_id = e.source_system_id)
on conflict (source_system_id) do nothing

-- hold_drain --
-- A run at work says so again and again; one that stops saying so loses its right.
insert into integrations.webhook_drain (source_system_id, attempt, lease_until)
values (%(source_system_id)s, 1, now() + make_interval(secs => %(seconds)s))
on conflict (source_system_id) do update set lease_until = excluded.lease_until

-- release_drain --
-- The run is through; whoever sends a run is told, in case something came meanwhile.
update integrations.webhook_drain set lease_until = null where source_system_id = %(source_system_id)s
returning pg_notify('integrations_webhook', '')

-- reclaim --
-- What a run that is gone had in hand. The caller holds the lock of this part of the inbox: nobody else is at work.
update integrations.webhook_event set state = 'received', lease_until = null
where source_system_id = %(source_system_id)s and state = 'leased'

-- claim --
-- The oldest events to work on, leased.
with chosen as (
  select id from integrations.webhook_event
  where source_system_id = %(source_system_id)s and state = 'received' and (next_try_at is null or next_try_at <= now())
  order by id limit %(most)s
  for update skip locked
)
update integrations.webhook_event e
set state = 'leased', attempts = attempts + 1, lease_until = now() + make_interval(secs => %(seconds)s),
    import_job_id = %(job)s
from chosen c where c.id = e.id
returning e.id, e.uuid, e.headers, e.body, e.unpacked_size, e.created_at, e.attempts, e.updated_at

-- finish --
-- Events are done, for good or not: what came again since it was leased is worked on once more.
update integrations.webhook_event e
set state = case when e.seen_again_at > u.leased_at then 'received' else u.state end,
    lease_until = null, next_try_at = null, note = u.note
from unnest(%(ids)s::bigint[], %(states)s::text[], %(notes)s::text[], %(moments)s::timestamptz[])
  as u(id, state, note, leased_at)
where e.id = u.id and e.state = 'leased'

-- keep_plain --
-- Bodies of events that are given up lie as they came: who tries them again finds them by their quarantined copy.
update integrations.webhook_event e set body = u.body, unpacked_size = null
from unnest(%(ids)s::bigint[], %(bodies)s::bytea[]) as u(id, body)
where e.id = u.id and e.unpacked_size is not null

-- packed --
-- Packed bodies, some at a time.
select id, body, unpacked_size from integrations.webhook_event
where unpacked_size is not null and body <> '' and id > %(after)s order by id limit %(most)s

-- empty_packed --
-- Nothing is left of bodies in which a person's words were found.
update integrations.webhook_event e set body = '', unpacked_size = null
from unnest(%(ids)s::bigint[], %(bodies)s::bytea[]) as u(id, body)
where e.id = u.id and encode(u.body, 'escape') ~* %(bytes)s

-- give_back --
-- Events that could not be worked on now, through no fault of theirs.
update integrations.webhook_event
set state = case when attempts >= %(most)s then 'dead' else 'received' end, lease_until = null, note = %(note)s,
    next_try_at = now() + make_interval(secs => %(seconds)s)
where id = any(%(ids)s) and state = 'leased'
returning state

-- waits --
-- Whether anything waits for a run that nobody has sent yet.
select exists (
  select from integrations.webhook_event e join integrations.source_system s on s.id = e.source_system_id and s.is_active
  left join integrations.webhook_drain d on d.source_system_id = e.source_system_id
  where e.state in ('received', 'leased') and (e.next_try_at is null or e.next_try_at <= now())
    and (d.lease_until is null or d.lease_until < now()))
