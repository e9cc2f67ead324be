-- act_as --
-- Whom the audit columns of this transaction name.
select set_config('integrations.actor', %(actor)s, true)

-- entity_of --
-- The entity that a uuid answers as today, with how many records it has.
with recursive answer as (
  select e.uuid, e.merged_into, e.entity_type, 0 as hops from entities.entity e where e.uuid = %(entity)s
  union all
  select e.uuid, e.merged_into, e.entity_type, a.hops + 1 from answer a join entities.entity e on e.uuid = a.merged_into
  where a.hops < 100
)
select a.uuid, a.entity_type,
       (select count(*) from integrations.record_map m where m.target_uuid = a.uuid and m.target_domain = 'entities') as records
from answer a order by hops desc limit 1

-- entity_of_record --
-- The entity of each of these records, by internal id.
select m.target_uuid from staging.source_record s
join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
     = (s.source_system_id, s.resource, s.source_record_id, 'entities')
where s.id = %(record)s

-- records_named --
-- Records by their outward keys, each with its entity; what is not there is missing here.
select s.id, y.system_key || ':' || s.resource || ':' || s.source_record_id as record, m.target_uuid as entity
from unnest(%(systems)s::text[], %(resources)s::text[], %(keys)s::text[]) as k(system_key, resource, source_record_id)
join integrations.source_system y on y.system_key = k.system_key
join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id) = (y.id, k.resource, k.source_record_id)
left join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
     = (s.source_system_id, s.resource, s.source_record_id, 'entities')

-- decision --
-- A decision by its uuid, with whether it was taken back.
select d.uuid, d.kind, d.entity_type, d.left_entity, d.right_entity, d.review_item, d.reason, d.created_at, d.created_by,
       (select u.uuid from resolution.decision u where u.revokes = d.uuid) as undone_by
from resolution.decision d where d.uuid = %(decision)s

-- note_decision --
-- The act itself.
insert into resolution.decision (kind, entity_type, reason, left_entity, right_entity, review_item, revokes, restates,
                                 evidence)
values (%(kind)s, %(entity_type)s, %(reason)s, %(left_entity)s, %(right_entity)s, %(review_item)s, %(revokes)s,
        %(restates)s, coalesce((select evidence from resolution.review_item where uuid = %(review_item)s), '{}'))
returning uuid

-- speak_of_entity --
-- One side of a decision: all records that an entity has now.
insert into resolution.decision_member (decision, record_id, side)
select %(decision)s, s.id, %(side)s from integrations.record_map m
join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
     = (m.source_system_id, m.resource, m.source_record_id)
where m.target_uuid = %(entity)s and m.target_domain = 'entities'
on conflict do nothing

-- speak_of_records --
-- One side of a decision: these records.
insert into resolution.decision_member (decision, record_id, side)
select %(decision)s, unnest(%(records)s::bigint[]), %(side)s

-- speak_again --
-- The same records as an earlier decision, but for those on ``dropped`` side of another one.
insert into resolution.decision_member (decision, record_id, side)
select %(decision)s, m.record_id, m.side from resolution.decision_member m
where m.decision = %(former)s and not exists (
  select from resolution.decision_member o
  where o.decision = %(undone)s and o.side = %(dropped)s and o.record_id = m.record_id)

-- unsay --
-- What was said to keep the two sides apart is no longer said.
insert into resolution.record_decision (verdict, left_record_id, right_record_id, reason, decision)
select 'unsaid', d.left_record_id, d.right_record_id, %(reason)s, %(decision)s
from resolution.decision_member l
join resolution.current_decision d on l.record_id in (d.left_record_id, d.right_record_id) and d.verdict = 'different'
join resolution.decision_member r on r.decision = l.decision and r.side = 'right'
 and r.record_id = case when d.left_record_id = l.record_id then d.right_record_id else d.left_record_id end
where l.decision = %(decision)s and l.side = 'left'

-- say_same --
-- The two sides are one: the first record of each side with every record of the other. Whatever becomes of what joined
-- a side, it stays together.
with side as (
  select side, record_id, record_id = min(record_id) over (partition by side) as is_first
  from resolution.decision_member where decision = %(decision)s
)
insert into resolution.record_decision (verdict, left_record_id, right_record_id, reason, decision)
select 'same', least(l.record_id, r.record_id), greatest(l.record_id, r.record_id), %(reason)s, %(decision)s
from side l join side r on l.side = 'left' and r.side = 'right' and (l.is_first or r.is_first)

-- say_pair --
-- One pair of records.
insert into resolution.record_decision (verdict, left_record_id, right_record_id, reason, decision)
values (%(verdict)s, least(%(one)s::bigint, %(other)s::bigint), greatest(%(one)s::bigint, %(other)s::bigint),
        %(reason)s, %(decision)s)

-- say_different --
-- No record of one side is the same as any of the other.
insert into resolution.record_decision (verdict, left_record_id, right_record_id, reason, decision)
select 'different', least(l.record_id, r.record_id), greatest(l.record_id, r.record_id), %(reason)s, %(decision)s
from resolution.decision_member l join resolution.decision_member r on r.decision = l.decision and r.side = 'right'
where l.decision = %(decision)s and l.side = 'left'

-- note_common --
-- What the two sides have in common while they are told apart; all of it, where they were one.
insert into resolution.decision_value (decision, record_id, kind, hash)
select distinct l.decision, l.record_id, i.kind, hashtextextended(i.value, 1)
from resolution.decision_member l join staging.identifier i on i.record_id = l.record_id and i.strength <> 'weak'
join staging.identifier j on (j.key, j.entity_type, j.kind, j.value) = (i.key, i.entity_type, i.kind, i.value) and j.strength <> 'weak'
join resolution.decision_member r on r.decision = l.decision and r.record_id = j.record_id
 and r.side = case when exists (select from resolution.decision_member o where o.decision = l.decision and o.side = 'right')
                   then 'right' else 'left' end
where l.decision = %(decision)s and l.side = 'left'
union
select l.decision, l.record_id, 'score', p.evidence
from resolution.decision_member l join resolution.pair_score p on l.record_id in (p.left_record_id, p.right_record_id)
join resolution.decision_member r on r.decision = l.decision and r.record_id in (p.left_record_id, p.right_record_id)
 and r.record_id <> l.record_id
where l.decision = %(decision)s and l.side = 'left'

-- say_one_side --
-- The records of the right side are one: its first with every other.
insert into resolution.record_decision (verdict, left_record_id, right_record_id, reason, decision)
select 'same', f.record_id, m.record_id, %(reason)s, %(decision)s
from resolution.decision_member m
join (select min(record_id) as record_id from resolution.decision_member
      where decision = %(decision)s and side = 'right') f on m.record_id > f.record_id
where m.decision = %(decision)s and m.side = 'right'

-- later_of --
-- Merges after this one that spoke of what it had joined, and still stand: which side holds records of both its sides.
select d.uuid, d.kind, d.entity_type, d.reason, d.review_item, d.left_entity, d.right_entity,
       case when s.side = 'left' then d.left_entity else d.right_entity end as named
from (
  select m.decision, m.side from resolution.decision_member u
  join resolution.decision_member m on m.record_id = u.record_id and m.decision <> u.decision
  where u.decision = %(decision)s group by m.decision, m.side having count(distinct u.side) = 2
) s join resolution.decision d on d.uuid = s.decision
where d.kind in ('merge', 'accept') and d.id > (select id from resolution.decision where uuid = %(decision)s)
  and not exists (select from resolution.decision v where v.revokes = d.uuid)
order by d.id

-- claim_sides --
-- Each entity of a decision gets the records back that were its own.
insert into resolution.reclaim (uuid, record_id, entity_type, priority)
select case when m.side = 'left' then d.left_entity else d.right_entity end, m.record_id, d.entity_type, 0
from resolution.decision d join resolution.decision_member m on m.decision = d.uuid
where d.uuid = %(decision)s and case when m.side = 'left' then d.left_entity else d.right_entity end is not null
on conflict (uuid, record_id) do update set priority = greatest(reclaim.priority, excluded.priority)

-- claim_left --
-- The left entity's uuid stands for these sides of a decision.
insert into resolution.reclaim (uuid, record_id, entity_type, priority)
select d.left_entity, m.record_id, d.entity_type, %(priority)s
from resolution.decision d join resolution.decision_member m on m.decision = d.uuid
where d.uuid = %(decision)s and d.left_entity is not null and m.side = any(%(sides)s)
on conflict (uuid, record_id) do update set priority = greatest(reclaim.priority, excluded.priority)

-- standing_beside --
-- Merges and splits that still stand and spoke of any record of this decision, in the order in which they were said.
select d.uuid, d.kind from resolution.decision d
where d.kind in ('merge', 'accept', 'split') and d.uuid <> %(decision)s
  and not exists (select from resolution.decision u where u.revokes = d.uuid)
  and exists (select from resolution.decision_member m
              join resolution.decision_member o on o.record_id = m.record_id and o.decision = %(decision)s
              where m.decision = d.uuid)
order by d.id

-- look_again --
-- Resolution looks at every record that the decision spoke of.
insert into staging.pending_record (record_id, entity_type)
select m.record_id, d.entity_type from resolution.decision d join resolution.decision_member m on m.decision = d.uuid
where d.uuid = %(decision)s

-- answer_items --
-- Open questions between the two sides are answered by the decision.
update resolution.review_item q
set status = %(status)s, decision = %(decision)s, note = '', updated_at = now(), updated_by = integrations.actor()
from resolution.decision_member l, resolution.decision_member r
where l.decision = %(decision)s and r.decision = %(decision)s and l.side <> r.side
  and q.left_record_id = l.record_id and q.right_record_id = r.record_id and q.status = 'open'

-- answer_item --
-- This question is answered by the decision, whatever it was about.
update resolution.review_item
set status = %(status)s, decision = %(decision)s, note = '', updated_at = now(), updated_by = integrations.actor()
where uuid = %(item)s

-- ask_again --
-- Questions whose answer was taken back are open again.
update resolution.review_item
set status = 'open', decision = null, note = %(note)s, updated_at = now(), updated_by = integrations.actor()
where decision = %(decision)s

-- log_decision --
-- The sync log tells of each act of a person.
insert into integrations.sync_log (event_type, status, message, payload)
select 'decision.' || d.kind, 'ok', d.kind || ' by ' || d.created_by,
       jsonb_build_object('decision', d.uuid, 'entity_type', d.entity_type, 'left_entity', d.left_entity,
                          'right_entity', d.right_entity, 'revokes', d.revokes)
from resolution.decision d where d.uuid = %(decision)s

-- entities_after --
-- The entities that the records of a decision are now, each with all its records.
select m.target_uuid as uuid, array_agg(y.system_key || ':' || m.resource || ':' || m.source_record_id
                                        order by y.system_key collate "C", m.resource, m.source_record_id) as records
from integrations.record_map m join integrations.source_system y on y.id = m.source_system_id
where m.target_uuid in (
  select o.target_uuid from resolution.decision_member d join staging.source_record s on s.id = d.record_id
  join integrations.record_map o on (o.source_system_id, o.resource, o.source_record_id, o.target_domain)
       = (s.source_system_id, s.resource, s.source_record_id, 'entities')
  where d.decision = %(decision)s)
group by m.target_uuid order by m.target_uuid

-- decisions_of_entity --
-- What persons decided of an entity's records or under any of its uuids, the last first.
select d.uuid, d.kind, d.entity_type, d.left_entity, d.right_entity, d.review_item, d.revokes, d.restates, d.reason,
       d.created_at, d.created_by, (select u.uuid from resolution.decision u where u.revokes = d.uuid) as undone_by,
       array(select y.system_key || ':' || s.resource || ':' || s.source_record_id
             from resolution.decision_member m join staging.source_record s on s.id = m.record_id
             join integrations.source_system y on y.id = s.source_system_id
             where m.decision = d.uuid and m.side = 'left' order by 1) as left_records,
       array(select y.system_key || ':' || s.resource || ':' || s.source_record_id
             from resolution.decision_member m join staging.source_record s on s.id = m.record_id
             join integrations.source_system y on y.id = s.source_system_id
             where m.decision = d.uuid and m.side = 'right' order by 1) as right_records
from resolution.decision d
where d.uuid in (
  select m.decision from integrations.record_map o
  join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
       = (o.source_system_id, o.resource, o.source_record_id)
  join resolution.decision_member m on m.record_id = s.id
  where o.target_uuid = %(entity)s)
  or d.left_entity = %(asked)s or d.right_entity = %(asked)s
order by d.id desc limit %(limit)s

-- review_items --
-- Questions, the oldest open first; each record with the entity that it is now.
select q.uuid, q.entity_type, q.status, q.reason, q.note, q.evidence, q.created_at, q.updated_at, q.updated_by, q.decision,
       yl.system_key || ':' || l.resource || ':' || l.source_record_id as left_record, ml.target_uuid as left_entity,
       yr.system_key || ':' || r.resource || ':' || r.source_record_id as right_record, mr.target_uuid as right_entity,
       l.id as left_id, r.id as right_id
from resolution.review_item q
join staging.source_record l on l.id = q.left_record_id join integrations.source_system yl on yl.id = l.source_system_id
join staging.source_record r on r.id = q.right_record_id join integrations.source_system yr on yr.id = r.source_system_id
left join integrations.record_map ml on (ml.source_system_id, ml.resource, ml.source_record_id, ml.target_domain)
     = (l.source_system_id, l.resource, l.source_record_id, 'entities')
left join integrations.record_map mr on (mr.source_system_id, mr.resource, mr.source_record_id, mr.target_domain)
     = (r.source_system_id, r.resource, r.source_record_id, 'entities')
where (%(item)s::uuid is null or q.uuid = %(item)s) and (%(entity_type)s::text is null or q.entity_type = %(entity_type)s)
  and (%(status)s::text is null or q.status = %(status)s)
order by q.created_at, q.id limit %(limit)s
