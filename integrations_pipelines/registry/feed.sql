-- unplaced --
-- Whether changes have committed that have no position yet.
select exists (select from integrations.change where position is null)

-- only_one --
-- Positions are given by one transaction at a time, until it ends: who reads up to the last has seen all before it.
select pg_advisory_xact_lock(7225, 1)

-- place --
-- Positions in the order of the ids, after all that were given before; what has not committed yet comes later.
update integrations.change c set position = p.position
from (select id, nextval('integrations.change_position') as position
      from (select id from integrations.change where position is null order by id limit 10000) unplaced) p
where c.id = p.id

-- changes --
-- The changes after a place in the feed, in order.
select c.position, o.place, c.kind, c.created_at, o.item
from integrations.change c cross join lateral integrations.change_items(c.items) as o
where c.position >= %(position)s and (c.position > %(position)s or o.place > %(place)s)
  and (%(kinds)s::text[] is null or c.kind = any(%(kinds)s::text[]))
order by c.position, o.place limit %(limit)s

-- ends --
-- The oldest position that is kept, and the newest that was given; 0 where there is none.
select coalesce(min(position), 0), coalesce(max(position), 0) from integrations.change where position is not null

-- forget --
-- Changes that everybody has had time to read; the last one stays, for it says where the feed ends.
delete from integrations.change where position < (select max(position) from integrations.change)
  and created_at < now() - make_interval(days => %(days)s)

-- forget_deliveries --
-- Messages that were delivered, or given up, long ago.
delete from integrations.delivery where status <> 'pending' and updated_at < now() - make_interval(days => %(days)s)

-- subscribe --
-- A new endpoint is told of what changes from now on.
insert into integrations.subscription (url, events, position, place)
values (%(url)s, %(events)s::jsonb, %(position)s, %(place)s)
returning uuid

-- subscriptions --
-- Who is told, and how that goes.
select s.uuid, s.url, s.events, s.state, s.created_at, s.last_delivered_at, s.failing_since, s.last_error,
       (select count(*) from integrations.delivery d where d.subscription_id = s.id and d.status = 'pending') as pending,
       (select count(*) from integrations.delivery d where d.subscription_id = s.id and d.status = 'dead') as dead
from integrations.subscription s where %(uuid)s::uuid is null or s.uuid = %(uuid)s order by s.id

-- unsubscribe --
-- An endpoint is told no more.
delete from integrations.subscription where uuid = %(uuid)s

-- behind --
-- Active endpoints that have not been told of everything, locked: one transaction at a time makes their messages.
select s.id, s.events, s.position, s.place from integrations.subscription s
where s.state = 'active' and s.position < (select coalesce(max(position), 0) from integrations.change)
order by s.id for update skip locked

-- add_deliveries --
-- One message for some changes of one kind.
insert into integrations.delivery (subscription_id, kind, changes)
select %(subscription)s, m.kind, m.changes
from unnest(%(kinds)s::text[], %(changes)s::jsonb[]) with ordinality as m(kind, changes, place) order by m.place

-- told --
-- Up to where messages were made.
update integrations.subscription set position = %(position)s, place = %(place)s where id = %(subscription)s

-- claim --
-- Messages that are due, the oldest first; whoever claims one has a minute for it.
with due as (
  select d.id from integrations.delivery d join integrations.subscription s on s.id = d.subscription_id
  where d.status = 'pending' and d.next_try_at <= now() and s.state = 'active'
  order by d.id limit %(limit)s for update of d skip locked
), claimed as (
  update integrations.delivery d set attempts = attempts + 1, next_try_at = now() + interval '1 minute'
  from due where d.id = due.id
  returning d.id, d.uuid, d.subscription_id, d.kind, d.changes, d.attempts, d.created_at
)
select c.id, c.uuid, s.uuid as subscription, s.url, c.kind, c.changes, c.attempts, c.created_at
from claimed c join integrations.subscription s on s.id = c.subscription_id order by c.id

-- delivered --
-- The endpoint has taken it.
with told as (
  update integrations.delivery
  set status = 'delivered', delivered_at = now(), answered = %(answered)s, error = null
  where id = %(id)s returning subscription_id
)
update integrations.subscription s set last_delivered_at = now(), failing_since = null, last_error = null
from told where s.id = told.subscription_id

-- failed --
-- It did not; the next try comes after a pause, or never. An endpoint that is gone, or fails for days, is told no more.
with told as (
  update integrations.delivery
  set status = case when %(pause)s::bigint is null then 'dead' else 'pending' end,
      next_try_at = now() + make_interval(secs => coalesce(%(pause)s::bigint, 0)),
      answered = %(answered)s, error = %(error)s
  where id = %(id)s returning subscription_id
)
update integrations.subscription s
set last_error = %(error)s, failing_since = coalesce(s.failing_since, now()),
    state = case when %(is_gone)s or s.failing_since < now() - interval '5 days' then 'disabled' else s.state end
from told where s.id = told.subscription_id

-- deliveries --
-- What an endpoint was told, the newest first.
select d.uuid, d.kind, d.status, d.attempts, jsonb_array_length(d.changes) as changes, d.answered, d.error, d.created_at,
       d.delivered_at, case when d.status = 'pending' then d.next_try_at end as next_try_at, d.redelivers
from integrations.delivery d join integrations.subscription s on s.id = d.subscription_id
where s.uuid = %(uuid)s and (%(status)s::text is null or d.status = %(status)s)
order by d.id desc limit %(limit)s

-- redeliver --
-- Dead messages of an endpoint, or one message whatever became of it, are due at once; the message keeps its id.
update integrations.delivery d set status = 'pending', attempts = 0, next_try_at = now()
from integrations.subscription s
where s.id = d.subscription_id and (d.uuid = %(uuid)s or (s.uuid = %(uuid)s and d.status = 'dead'))

-- enable --
-- An endpoint that was disabled is told again.
update integrations.subscription set state = 'active', failing_since = null, last_error = null
where uuid = %(uuid)s or id in (select subscription_id from integrations.delivery where uuid = %(uuid)s)

-- record_map --
-- Which canonical entity a source record is; the survivor where its entity was merged.
select m.uuid, y.system_key, m.resource, m.source_record_id, m.target_domain,
       coalesce(e.merged_into, m.target_uuid) as target_uuid, m.map_status, m.decided_by, m.source_version,
       m.last_synced_at, s.entity_type
from integrations.record_map m join integrations.source_system y on y.id = m.source_system_id
left join entities.entity e on e.uuid = m.target_uuid
left join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
                                   = (m.source_system_id, m.resource, m.source_record_id)
where y.system_key = %(system_key)s and m.resource = %(resource)s and m.source_record_id = %(record)s
order by m.target_domain

-- entity --
-- A canonical entity, the survivor where it was asked for by an alias.
select e.uuid, e.entity_type, e.values, e.created_at, e.updated_at,
       (select coalesce(jsonb_agg(a.uuid order by a.uuid), '[]') from entities.entity a where a.merged_into = e.uuid)
         as aliases
from entities.entity asked join entities.entity e on e.uuid = coalesce(asked.merged_into, asked.uuid)
where asked.uuid = %(uuid)s

-- entity_records --
-- The source records of an entity, by key.
select m.uuid, y.system_key, m.resource, m.source_record_id, m.target_domain, m.target_uuid, m.map_status, m.decided_by,
       m.source_version, m.last_synced_at
from integrations.record_map m join integrations.source_system y on y.id = m.source_system_id
where m.target_uuid = %(uuid)s
order by y.system_key, m.resource, m.source_record_id offset %(offset)s limit %(limit)s
