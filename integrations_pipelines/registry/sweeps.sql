-- begin --
-- Where a sweep keeps what it saw: in its own session, gone with it.
create temp table if not exists seen (source_record_id text collate "C" primary key)

-- forget --
-- One resource after another.
truncate seen

-- see --
-- Ids of one page.
insert into seen select unnest(%(ids)s::text[]) on conflict do nothing

-- attempted --
-- A sweep was tried.
insert into integrations.sweep (source_system_id, resource, attempted_at)
values (%(source_system_id)s, %(resource)s, %(started_at)s)
on conflict (source_system_id, resource) do update set attempted_at = excluded.attempted_at

-- judge --
-- How many live records there are, how many ids were listed, and how many live ones are missing. What came during the
-- sweep is not missing.
select count(*), (select count(*) from seen), count(*) filter (where r.observed_at < %(started_at)s and s.source_record_id is null)
from staging.source_record r left join seen s using (source_record_id)
where r.source_system_id = %(source_system_id)s and r.resource = %(resource)s and not r.is_deleted

-- unsuspect --
-- Suspicions that the sweep did not confirm: the record was listed, or is deleted by other means.
delete from integrations.suspected_record p
where p.source_system_id = %(source_system_id)s and p.resource = %(resource)s
  and not exists (
    select from staging.source_record r left join seen s using (source_record_id)
    where (r.source_system_id, r.resource, r.source_record_id) = (p.source_system_id, p.resource, p.source_record_id)
      and not r.is_deleted and s.source_record_id is null)

-- suspect --
-- Missing records: once more.
insert into integrations.suspected_record (source_system_id, resource, source_record_id)
select r.source_system_id, r.resource, r.source_record_id
from staging.source_record r left join seen s using (source_record_id)
where r.source_system_id = %(source_system_id)s and r.resource = %(resource)s and not r.is_deleted
  and r.observed_at < %(started_at)s and s.source_record_id is null
on conflict (source_system_id, resource, source_record_id) do update set missed = suspected_record.missed + 1

-- completed --
-- One generation more.
update integrations.sweep set generation = generation + 1, completed_at = now()
where source_system_id = %(source_system_id)s and resource = %(resource)s

-- newly_suspected --
-- Those that one sweep alone has missed, the oldest suspicion first.
select source_record_id from integrations.suspected_record
where source_system_id = %(source_system_id)s and resource = %(resource)s and missed < 2
order by suspected_at, source_record_id limit %(limit)s

-- clear --
-- Suspicions that a direct question has refuted.
delete from integrations.suspected_record
where source_system_id = %(source_system_id)s and resource = %(resource)s and source_record_id = any(%(ids)s)

-- gone --
-- Records that are gone: missed by two complete sweeps, or not there when asked for. Their tombstones carry the version
-- that the record has, so that it lives again as soon as it is observed again.
select r.source_record_id, r.source_version from integrations.suspected_record p
join staging.source_record r on (r.source_system_id, r.resource, r.source_record_id)
                              = (p.source_system_id, p.resource, p.source_record_id)
where p.source_system_id = %(source_system_id)s and p.resource = %(resource)s and not r.is_deleted
  and (p.missed >= 2 or p.source_record_id = any(%(ids)s))
order by r.source_record_id

-- has_returned --
-- Whether a sweep ever found anything gone that is still so.
select exists (
  select from staging.source_record r join integrations.landing g on g.id = r.landing and g.origin = 'sweep'
  where r.source_system_id = %(source_system_id)s and r.resource = %(resource)s and r.is_deleted)

-- returned --
-- Records that a sweep had found gone, and that are listed again, as they were last.
select r.source_record_id, r.live_version, r.live_hash, l.payload::text
from staging.source_record r
join integrations.landing g on g.id = r.landing and g.origin = 'sweep'
join seen s on s.source_record_id = r.source_record_id
join {landed_table} l on l.landing = r.live_landing and l.position = r.live_position
where r.source_system_id = %(source_system_id)s and r.resource = %(resource)s and r.is_deleted
order by r.source_record_id

-- due --
-- When each resource that was ever synced was last swept, or tried to be.
select y.system_key, c.resource, coalesce(w.completed_at, c.created_at), w.attempted_at
from integrations.sync_cursor c
join integrations.source_system y on y.id = c.source_system_id and y.is_active
left join integrations.sweep w on (w.source_system_id, w.resource) = (c.source_system_id, c.resource)
order by 1, 2

-- suspected --
-- How many records are suspected of being gone.
select count(*) from integrations.suspected_record
where source_system_id = %(source_system_id)s and resource = %(resource)s

-- suspicions --
-- How many records of each resource are suspected.
select p.resource, count(*) as suspected
from integrations.suspected_record p join integrations.source_system y on y.id = p.source_system_id
where y.system_key = %(system_key)s group by 1 order by 1
