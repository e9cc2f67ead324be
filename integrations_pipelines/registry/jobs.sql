-- open_job --
-- One job a run and source system; a second caller of the same run gets the same job.
insert into integrations.import_job (source_system_id, job_type, run_key, parent_id)
values (%(source_system_id)s, %(job_type)s, %(run_key)s,
        (select id from integrations.import_job where uuid = %(parent)s::uuid))
on conflict (source_system_id, run_key) do update set status = 'running', completed_at = null, next_try_at = null
returning id, uuid

-- running_jobs --
-- Jobs of a source system that nobody has closed.
select id from integrations.import_job
where source_system_id = %(source_system_id)s and status = 'running' and id <> %(job)s

-- lose_job --
-- A job whose process is gone.
with lost as (
  update integrations.import_job
  set status = 'failed', completed_at = now(),
      error_payload = jsonb_build_object('class', 'Lost', 'message', 'the process that ran this job is gone')
  where id = %(job)s and status = 'running'
  returning id, source_system_id, error_payload
)
insert into integrations.sync_log (source_system_id, import_job_id, event_type, status, message)
select source_system_id, id, 'job.failed', 'error', error_payload->>'message' from lost

-- note_resource --
-- What the job did for one resource; the totals are the sums over its resources.
update integrations.import_job
set result_summary = jsonb_set(coalesce(nullif(result_summary, '{}'), '{"resources": {}}'),
                               array['resources', %(resource)s], %(summary)s::jsonb)
where id = %(job)s

-- close_job --
-- The end of a job, with what its resources add up to.
update integrations.import_job j
set status = %(status)s, completed_at = now(), error_payload = %(error)s::jsonb,
    next_try_at = %(next)s,
    result_summary = coalesce(nullif(result_summary, '{}'), '{"resources": {}}') || (
      select jsonb_build_object('extracted', coalesce(sum((r.value->>'extracted')::bigint), 0), 'outcomes',
        coalesce((select jsonb_object_agg(o.name, o.total) from (
          select o.key as name, sum(o.value::bigint) as total
          from jsonb_each(coalesce(j.result_summary->'resources', '{}')) r2, jsonb_each_text(r2.value->'outcomes') o
          group by o.key) o), '{}'))
      from jsonb_each(coalesce(j.result_summary->'resources', '{}')) r)
where id = %(job)s
returning result_summary

-- write_log --
-- One line of the account of what happened.
insert into integrations.sync_log (source_system_id, import_job_id, event_type, status, message, payload)
values (%(source_system_id)s, %(job)s, %(event_type)s, %(status)s, %(message)s, %(payload)s::jsonb)

-- take_cursor --
-- The place to start from, and a fencing token newer than any other run's.
insert into integrations.sync_cursor (source_system_id, resource, fencing_token)
values (%(source_system_id)s, %(resource)s, 1)
on conflict (source_system_id, resource) do update set fencing_token = sync_cursor.fencing_token + 1
returning fencing_token, cursor

-- take_window --
-- A backfill's window in work: where it was left, and a fencing token newer than any other run's.
update integrations.backfill_window
set attempts = attempts + 1, status = 'running', import_job_id = %(job)s, error = null, next_try_at = null
where id = %(window)s returning attempts, cursor

-- take_part --
-- A part of the work on a resource that has no place to start from.
select 0, null::jsonb

-- move_window --
-- Only the newest token moves a window on.
update integrations.backfill_window set cursor = %(cursor)s::jsonb where id = %(window)s and attempts = %(token)s

-- move_cursor --
-- Only the newest token moves the cursor: a run that was thought dead cannot move it back.
update integrations.sync_cursor
set cursor = %(cursor)s::jsonb, last_synced_at = now(),
    last_full_at = case when %(complete)s then now() else last_full_at end
where source_system_id = %(source_system_id)s and resource = %(resource)s and fencing_token = %(token)s

-- start_landing --
-- The number of a landing, before anything lands under it.
insert into integrations.landing (source_system_id, import_job_id, resource, origin, cursor_after, window_id)
values (%(source_system_id)s, %(job)s, %(resource)s, %(origin)s, %(cursor)s::jsonb, %(window)s)
returning id

-- note_landed --
-- The rows are there; what was counted before they landed is kept with them.
update integrations.landing
set status = 'landed', extracted = %(extracted)s, landed = %(landed)s, outcomes = %(outcomes)s::jsonb
where id = %(landing)s

-- claim_landing --
-- A landing is applied once, by whoever comes first: the run that landed it, or the one that found it waiting.
select id from integrations.landing where id = %(landing)s and status = 'landed' for update

-- one_at_a_time --
-- Runs of one resource apply one after another: a webhook, a poll and the windows of a backfill may meet here.
select pg_advisory_xact_lock(7225, hashtext(source_system_id::text || ':' || resource))
from integrations.landing where id = %(landing)s

-- note_applied --
-- The rows are taken, with one outcome each.
update integrations.landing set status = 'applied', outcomes = %(outcomes)s::jsonb where id = %(landing)s

-- waiting_landings --
-- Landed by a run that ended before it could apply them.
select id, import_job_id, origin, outcomes from integrations.landing
where source_system_id = %(source_system_id)s and resource = %(resource)s and status = 'landed'
  and window_id is not distinct from %(window)s::bigint
order by id

-- abandon_landings --
-- Started by a run that is gone: whatever landed of them was never counted, and is fetched again.
update integrations.landing set status = 'abandoned'
where source_system_id = %(source_system_id)s and resource = %(resource)s and status = 'started'
  and window_id is not distinct from %(window)s::bigint
returning id

-- known_records --
-- How many live records of a resource there are.
select count(*) from staging.source_record
where source_system_id = %(source_system_id)s and resource = %(resource)s and not is_deleted

-- try_again --
-- A record that is set aside once more: the same case, one attempt on.
update integrations.quarantined_record q
set attempts = attempts + 1, message = r.message, error_class = r.error_class, payload = r.payload,
    import_job_id = %(job)s, is_gone = r.is_gone, observed_at = coalesce(r.observed_at, now()),
    next_try_at = integrations.next_try(attempts + 1)
from unnest(%(ids)s::text[], %(payloads)s::bytea[], %(classes)s::text[], %(messages)s::text[], %(gone)s::boolean[],
            %(moments)s::timestamptz[])
  as r(source_record_id, payload, error_class, message, is_gone, observed_at)
where q.source_system_id = %(source_system_id)s and q.resource = %(resource)s and q.stage = %(stage)s
  and q.status = 'waiting' and q.source_record_id is not distinct from r.source_record_id
  and (q.source_record_id is not null or q.payload is not distinct from r.payload)

-- set_aside --
-- Records that could not be taken, as they came.
insert into integrations.quarantined_record
  (source_system_id, import_job_id, resource, source_record_id, stage, error_class, message, payload, is_gone,
   observed_at, next_try_at)
select %(source_system_id)s, %(job)s, %(resource)s, r.source_record_id, %(stage)s, r.error_class, r.message, r.payload,
       r.is_gone, coalesce(r.observed_at, now()), integrations.next_try(1)
from unnest(%(ids)s::text[], %(payloads)s::bytea[], %(classes)s::text[], %(messages)s::text[], %(gone)s::boolean[],
            %(moments)s::timestamptz[])
  as r(source_record_id, payload, error_class, message, is_gone, observed_at)
where not exists (
  select from integrations.quarantined_record q
  where q.source_system_id = %(source_system_id)s and q.resource = %(resource)s and q.stage = %(stage)s
    and q.status = 'waiting' and q.source_record_id is not distinct from r.source_record_id
    and (q.source_record_id is not null or q.payload is not distinct from r.payload))

-- versions --
-- Which version each of these records has; a record that was forgotten has none.
select source_record_id, source_version from staging.source_record
where source_system_id = %(source_system_id)s and resource = %(resource)s and source_record_id = any(%(ids)s) and landing <> 0
