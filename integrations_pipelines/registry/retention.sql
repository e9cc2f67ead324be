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
