-- tell --
-- What a third party says of records that are one there, once each.
insert into resolution.told_merge (source_system_id, resource, lost, kept)
select %(source_system_id)s, %(resource)s, p.lost, p.kept
from unnest(%(lost)s::text[], %(kept)s::text[]) as p(lost, kept) where p.lost <> p.kept
on conflict do nothing

-- waits --
-- Whether anything was told that is not decided.
select exists (select from resolution.told_merge
               where source_system_id = %(source_system_id)s and resource = %(resource)s and decision is null)

-- due --
-- What was told, is not decided, and can be: both records are there, of one type, and nobody said that they are two.
create temp table due_merge on commit drop as
select integrations.new_uuid() as decision, t.lost, t.kept, l.id as lost_id, k.id as kept_id, k.entity_type,
       lm.target_uuid as lost_entity, km.target_uuid as kept_entity
from resolution.told_merge t
join staging.source_record l on (l.source_system_id, l.resource, l.source_record_id) = (t.source_system_id, t.resource, t.lost)
join staging.source_record k on (k.source_system_id, k.resource, k.source_record_id) = (t.source_system_id, t.resource, t.kept)
left join integrations.record_map lm on (lm.source_system_id, lm.resource, lm.source_record_id, lm.target_domain)
     = (t.source_system_id, t.resource, t.lost, 'entities')
left join integrations.record_map km on (km.source_system_id, km.resource, km.source_record_id, km.target_domain)
     = (t.source_system_id, t.resource, t.kept, 'entities')
where t.source_system_id = %(source_system_id)s and t.resource = %(resource)s and t.decision is null
  and l.entity_type = k.entity_type and k.entity_type <> 'none'
  and not exists (select from resolution.current_decision d
                  where (d.left_record_id, d.right_record_id) = (least(l.id, k.id), greatest(l.id, k.id)))

-- decide --
-- Each is a merge like a person's, and is taken back like one.
insert into resolution.decision (uuid, kind, entity_type, reason, left_entity, right_entity, evidence)
select decision, 'merge', entity_type, %(reason)s, kept_entity, nullif(lost_entity, kept_entity),
       jsonb_build_object('told_by', %(system_key)s::text, 'lost', lost, 'kept', kept)
from due_merge

-- speak --
-- The kept record stands left, the lost one right.
insert into resolution.decision_member (decision, record_id, side)
select decision, kept_id, 'left' from due_merge union all select decision, lost_id, 'right' from due_merge

-- say --
-- They are the same.
insert into resolution.record_decision (verdict, left_record_id, right_record_id, reason, decision)
select 'same', least(lost_id, kept_id), greatest(lost_id, kept_id), %(reason)s, decision from due_merge

-- claim --
-- The uuid of the kept record's entity stands for both.
insert into resolution.reclaim (uuid, record_id, entity_type, priority)
select kept_entity, r.record_id, m.entity_type, 0
from due_merge m cross join lateral (values (m.kept_id), (m.lost_id)) as r(record_id) where kept_entity is not null
on conflict do nothing

-- answer --
-- Open questions between the two are answered.
update resolution.review_item q
set status = 'accepted', decision = m.decision, note = '', updated_at = now(), updated_by = integrations.actor()
from due_merge m
where q.status = 'open' and least(q.left_record_id, q.right_record_id) = least(m.lost_id, m.kept_id)
  and greatest(q.left_record_id, q.right_record_id) = greatest(m.lost_id, m.kept_id)

-- look_again --
-- Resolution looks at both.
insert into staging.pending_record (record_id, entity_type)
select lost_id, entity_type from due_merge union select kept_id, entity_type from due_merge

-- note --
-- It is decided, and is not decided again, whatever becomes of it.
update resolution.told_merge t set decision = m.decision from due_merge m
where (t.source_system_id, t.resource, t.lost, t.kept) = (%(source_system_id)s, %(resource)s, m.lost, m.kept)

-- log --
-- One line each in the sync log.
insert into integrations.sync_log (source_system_id, import_job_id, event_type, status, message, payload)
select %(source_system_id)s, %(job)s, 'record.merged', 'ok',
       %(system_key)s || ':' || %(resource)s || ':' || m.lost || ' was merged into ' || m.kept || ' at the third party',
       jsonb_build_object('decision', m.decision, 'resource', %(resource)s::text, 'lost', m.lost, 'kept', m.kept)
from due_merge m

-- end --
-- How many there were.
select count(*) from due_merge

-- clear --
-- Several resources may be dealt with in one transaction.
drop table due_merge
