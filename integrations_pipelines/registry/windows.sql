-- plan --
-- The windows that are not there yet.
insert into integrations.backfill_window (source_system_id, resource, from_at, to_at)
select %(source_system_id)s, %(resource)s, f, t from unnest(%(froms)s::timestamptz[], %(tos)s::timestamptz[]) as w(f, t)
on conflict (source_system_id, resource, from_at, to_at) do nothing

-- again --
-- Windows that are done and shall be read once more.
update integrations.backfill_window w set status = 'waiting', cursor = null
from unnest(%(froms)s::timestamptz[], %(tos)s::timestamptz[]) as p(f, t)
where (w.source_system_id, w.resource, w.from_at, w.to_at) = (%(source_system_id)s, %(resource)s, p.f, p.t)
  and w.status = 'succeeded'

-- planned --
-- How the windows of a plan stand, in its order; one that was never planned before has no id.
select w.id, w.uuid, p.f as from_at, p.t as to_at, coalesce(w.status, 'waiting') as status,
       coalesce(w.extracted, 0) as extracted, coalesce(w.outcomes, '{}') as outcomes, w.error, w.next_try_at, j.uuid as job
from unnest(%(froms)s::timestamptz[], %(tos)s::timestamptz[]) with ordinality as p(f, t, position)
left join integrations.backfill_window w
  on (w.source_system_id, w.resource, w.from_at, w.to_at) = (%(source_system_id)s, %(resource)s, p.f, p.t)
left join integrations.import_job j on j.id = w.import_job_id
order by p.position

-- window --
-- One window, by its outward name.
select w.id, w.uuid, w.from_at, w.to_at, w.status, w.extracted, w.outcomes, w.error, w.next_try_at, j.uuid as job,
       s.system_key, w.resource
from integrations.backfill_window w join integrations.source_system s on s.id = w.source_system_id
left join integrations.import_job j on j.id = w.import_job_id
where w.uuid = %(uuid)s

-- end --
-- What came of a window; only the newest attempt may say so.
update integrations.backfill_window
set status = %(status)s, extracted = %(extracted)s, outcomes = %(outcomes)s::jsonb, error = %(error)s,
    next_try_at = %(next)s
where id = %(window)s and attempts = %(token)s

-- due --
-- Deferred windows whose time has come; the attempt is part of the answer, so that each is asked for once.
select w.uuid, w.attempts, s.system_key, w.resource
from integrations.backfill_window w join integrations.source_system s on s.id = w.source_system_id
where w.status = 'deferred' and w.next_try_at <= %(now)s and s.is_active order by w.next_try_at

-- standing --
-- How the backfills of each resource stand: windows by status.
select s.system_key, w.resource, min(w.from_at) as from_at, max(w.to_at) as to_at, count(*) as windows,
       jsonb_build_object('succeeded', count(*) filter (where w.status = 'succeeded'),
         'failed', count(*) filter (where w.status = 'failed'), 'deferred', count(*) filter (where w.status = 'deferred'),
         'running', count(*) filter (where w.status = 'running'), 'waiting', count(*) filter (where w.status = 'waiting'))
         as by_status,
       min(w.next_try_at) filter (where w.status = 'deferred') as next_try_at
from integrations.backfill_window w join integrations.source_system s on s.id = w.source_system_id
where %(system_key)s::text is null or s.system_key = %(system_key)s
group by 1, 2 order by 1, 2
