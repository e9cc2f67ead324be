-- log_partitions --
-- The months ahead that the sync log can be written in.
select integrations.ensure_sync_log_partitions()

-- forget_events --
-- Old lines of Dagster's event log that tell how a run went, a chunk at a time. What a run brought, what a check said,
-- and how a run and its steps ended, stays.
delete from dagster.event_logs where id in (
  select id from dagster.event_logs
  where id > %(after)s and timestamp < (now() at time zone 'utc') - make_interval(days => %(days)s)
    and (dagster_event_type is null or dagster_event_type = any(%(types)s))
  order by id limit %(chunk)s)
returning id

-- set_rule --
-- How long something is kept; said again, it is said anew.
insert into integrations.retention_rule (what, source_system_id, resource, days)
values (%(what)s, %(source_system_id)s, %(resource)s, %(days)s)
on conflict on constraint uq_retention_rule_what_source_system_id_resource do update set days = excluded.days

-- clear_rule --
-- Kept for ever again.
delete from integrations.retention_rule
where what = %(what)s and source_system_id is not distinct from %(source_system_id)s
  and resource is not distinct from %(resource)s

-- rules --
-- All rules by what they are for.
select r.what, y.system_key, r.resource, r.days, r.updated_at, r.updated_by
from integrations.retention_rule r left join integrations.source_system y on y.id = r.source_system_id
order by r.what, y.system_key nulls first, r.resource nulls first

-- scopes --
-- For each account and resource the one rule that counts: the most particular.
select distinct on (y.id, c.resource) y.id, y.uuid::text, y.system_type, c.resource, r.days
from integrations.sync_cursor c join integrations.source_system y on y.id = c.source_system_id
join integrations.retention_rule r on r.what = %(what)s
  and (r.source_system_id is null or r.source_system_id = y.id) and (r.resource is null or r.resource = c.resource)
order by y.id, c.resource, r.source_system_id nulls last, r.resource nulls last

-- whole --
-- Rules for what belongs to no resource.
select source_system_id, days from integrations.retention_rule where what = %(what)s

-- forget_landed --
-- Landed versions that are old and that no record stands at, nor waits for.
delete from {table} where ctid = any(array(
  select l.ctid from {table} l
  where l.source_system = %(system)s and l.observed_at < now() - make_interval(days => %(days)s)
    and not exists (
      select from staging.source_record s
      where s.source_system_id = %(source_system_id)s and s.resource = %(resource)s
        and s.source_record_id = l.source_record_id
        and ((s.landing, s.position) = (l.landing, l.position) or (s.live_landing, s.live_position) = (l.landing, l.position)))
    and not exists (select from integrations.landing g where g.id = l.landing and g.status in ('started', 'landed'))
  limit %(chunk)s))

-- forget_log --
-- Old lines of the sync log.
delete from integrations.sync_log where (id, created_at) in (
  select g.id, g.created_at from integrations.sync_log g
  where g.created_at < now() - make_interval(days => %(days)s)
    and (%(source_system_id)s::bigint is null or g.source_system_id = %(source_system_id)s::bigint)
  limit %(chunk)s)

-- forget_quarantine --
-- Quarantined records that are settled.
delete from integrations.quarantined_record where id in (
  select q.id from integrations.quarantined_record q
  where q.status <> 'waiting' and q.updated_at < now() - make_interval(days => %(days)s)
    and q.source_system_id = %(source_system_id)s and q.resource = %(resource)s
  limit %(chunk)s)

-- forget_webhooks --
-- Deliveries that are dealt with, or given up.
delete from integrations.webhook_event where id in (
  select w.id from integrations.webhook_event w
  where w.state in ('done', 'dead') and w.created_at < now() - make_interval(days => %(days)s)
    and (%(source_system_id)s::bigint is null or w.source_system_id = %(source_system_id)s::bigint)
  limit %(chunk)s)
