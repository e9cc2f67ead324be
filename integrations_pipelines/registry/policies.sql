-- set_policy --
-- One policy an attribute; the last one set counts.
insert into resolution.attribute_policy (entity_type, attribute, rule, sources, max_age)
values (%(entity_type)s, %(attribute)s, %(rule)s, %(sources)s, %(max_age)s)
on conflict (entity_type, attribute) do update
set rule = excluded.rule, sources = excluded.sources, max_age = excluded.max_age

-- clear_policy --
delete from resolution.attribute_policy where entity_type = %(entity_type)s and attribute = %(attribute)s

-- policies --
select entity_type, attribute, rule, sources, max_age, updated_at, updated_by from resolution.attribute_policy
where %(entity_type)s::text is null or entity_type = %(entity_type)s order by entity_type, attribute

-- set_bar --
insert into resolution.creation_bar (source_system_id, entity_type)
select id, %(entity_type)s from integrations.source_system where system_key = any(%(sources)s)
on conflict do nothing

-- clear_bar --
delete from resolution.creation_bar b using integrations.source_system y
where y.id = b.source_system_id and b.entity_type = %(entity_type)s
  and (%(sources)s::text[] = '{}' or y.system_key = any(%(sources)s))

-- bars --
select b.entity_type, array_agg(y.system_key order by y.system_key collate "C") as sources, max(b.updated_at) as updated_at,
       max(b.updated_by) as updated_by
from resolution.creation_bar b join integrations.source_system y on y.id = b.source_system_id
where %(entity_type)s::text is null or b.entity_type = %(entity_type)s group by b.entity_type order by b.entity_type

-- look_again --
-- Resolution looks at every record of these sources; at all of the type where none are named.
insert into staging.pending_record (record_id, entity_type)
select s.id, s.entity_type from staging.source_record s join integrations.source_system y on y.id = s.source_system_id
where s.entity_type = %(entity_type)s and (%(sources)s::text[] = '{}' or y.system_key = any(%(sources)s))

-- end_pin --
update resolution.attribute_pin p set ended_at = now(), ended_reason = %(reason)s
where p.ended_at is null and p.attribute = %(attribute)s and p.entity in (
  select e.uuid from entities.entity e where e.uuid = %(entity)s or e.merged_into = %(entity)s)

-- add_pin --
insert into resolution.attribute_pin (entity, entity_type, attribute, value, until, reason)
values (%(entity)s, %(entity_type)s, %(attribute)s, %(value)s::jsonb, %(until)s, %(reason)s) returning uuid

-- log --
insert into integrations.sync_log (event_type, status, message, payload)
values (%(event_type)s, 'ok', %(message)s, %(payload)s::jsonb)
