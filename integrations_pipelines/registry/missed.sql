-- expects --
-- Whether the third party's webhooks can come in at all: a live secret, or an operator's word that none is needed; and
-- whether the resource had been synced before: a first listing tells nothing of what a webhook should have told.
select (y.config_payload->'webhook'->>'allow_unsigned' is not null or exists (
          select from integrations.secret s join integrations.secret_version v on v.secret_id = s.id
          where s.source_system_id = y.id and s.name = %(secret)s and v.state = 'active'))
   and exists (select from integrations.landing l where l.source_system_id = y.id and l.resource = %(resource)s
               and l.import_job_id <> %(job)s and l.status = 'applied')
from integrations.source_system y where y.id = %(source_system_id)s

-- note_missed --
-- Records that this poll brought news of and no webhook had told.
insert into integrations.missed_event (source_system_id, import_job_id, resource, source_record_id, source_version,
                                       content_hash)
select r.source_system_id, n.import_job_id, r.resource, r.source_record_id, r.source_version, r.content_hash
from integrations.landing n join integrations.import_job j on j.id = n.import_job_id and j.job_type = 'poll'
join {landed_table} l on l.landing = n.id
join staging.source_record r on r.source_system_id = n.source_system_id and r.resource = n.resource
 and r.source_record_id = l.source_record_id and r.landing = l.landing and r.position = l.position
where n.import_job_id = %(job)s and n.resource = %(resource)s and n.origin = 'poll' and n.status = 'applied'
on conflict (source_system_id, resource, source_record_id, content_hash) do nothing

-- note_delivered --
-- Webhooks that came after all: what they tell was not lost, only late. A hint that led to a newer version tells of all
-- versions before it.
update integrations.missed_event m set delivered_at = now()
from unnest(%(ids)s::text[], %(versions)s::timestamptz[], %(hashes)s::bytea[]) as d(id, version, hash)
where m.source_system_id = %(source_system_id)s and m.resource = %(resource)s and m.source_record_id = d.id
  and m.delivered_at is null
  and (m.content_hash = d.hash or m.source_version = d.version or (%(are_hints)s and m.source_version <= d.version))

-- pace --
-- The interval of this resource's poll: half as long while webhooks are missed, longer again while they all come.
update integrations.sync_cursor
set pace_seconds = case when %(missed)s > 0 then greatest(%(shortest)s, coalesce(pace_seconds, %(usual)s) / 2)
                        else least(%(longest)s, coalesce(pace_seconds, %(usual)s) * 3 / 2) end
where source_system_id = %(source_system_id)s and resource = %(resource)s
returning pace_seconds

-- counts --
-- What webhooks missed, by resource: lost, and late.
select m.resource, count(*) filter (where m.delivered_at is null), count(*) filter (where m.delivered_at is not null)
from integrations.missed_event m where m.source_system_id = %(source_system_id)s group by 1 order by 1

-- standings --
-- What webhooks missed and how often each resource is polled for that, by source system.
select s.system_key, coalesce(c.resource, m.resource), coalesce(m.lost, 0), coalesce(m.late, 0), c.pace_seconds
from (select source_system_id, resource, pace_seconds from integrations.sync_cursor where pace_seconds is not null) c
full join (
  select source_system_id, resource, count(*) filter (where delivered_at is null) as lost,
         count(*) filter (where delivered_at is not null) as late
  from integrations.missed_event group by 1, 2
) m on m.source_system_id = c.source_system_id and m.resource = c.resource
join integrations.source_system s on s.id = coalesce(c.source_system_id, m.source_system_id)
where %(system_key)s::text is null or s.system_key = %(system_key)s
order by 1, 2

-- forget --
-- What was missed long ago.
delete from integrations.missed_event where created_at < now() - make_interval(days => %(days)s)
