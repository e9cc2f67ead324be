-- pending --
-- Whether anything changed: most types have nothing to do most of the time, and working tables cost 5 ms each.
select from staging.pending_record where entity_type = %(entity_type)s limit 1

-- due --
-- The same, and whether a pin's time is over.
select exists (select from staging.pending_record where entity_type = %(entity_type)s)
    or exists (select from resolution.attribute_pin where entity_type = %(entity_type)s and ended_at is null and until <= now())

-- prepare --
-- Working tables of one resolution, and room to sort in memory.
set local work_mem = '256MB';
set local jit = off;
create temp table rule on commit drop as
  select * from jsonb_to_recordset('[]') as r(kind text, rank bigint, generic_above bigint, most bigint, by_place boolean)
  where false;
create temp table component (record_id bigint, label bigint, size bigint, rank bigint, entity_uuid uuid, map_uuid uuid)
  on commit drop;

-- rules --
-- What identifier kinds of this entity type prove: generic above how many names, at most how many values an entity.
insert into rule select * from jsonb_to_recordset(%(rules)s::jsonb)
  as r(kind text, rank bigint, generic_above bigint, most bigint, by_place boolean)

-- touch --
-- The records that changed since resolution saw them last.
create temp table touched on commit drop as
select distinct record_id from staging.pending_record where entity_type = %(entity_type)s

-- totals --
-- How many records changed, and how many there are (estimated well enough to choose a plan).
select (select count(*) from touched), (select count(*) from (
  select from staging.source_record where entity_type = %(entity_type)s limit 4 * (select count(*) from touched) + 1) r)

-- nothing_to_do --
-- Several types may be resolved in one transaction.
drop table rule, component, touched

-- analyze_touched --
-- The planner knows nothing of fresh temporary tables.
analyze touched

-- watch_touched --
-- Values whose number of names may have changed: held, or given up, by touched records.
create temp table watched on commit drop as
select distinct i.kind, i.value from touched t join staging.identifier i using (record_id)
join rule r on r.kind = i.kind and r.generic_above is not null where i.strength <> 'weak'
union
select g.kind, g.value from staging.released_identifier g where g.entity_type = %(entity_type)s

-- held --
-- Every telling identifier of the type: who, which kind, and two independent hashes of the value.
select i.record_id, r.rank, hashtextextended(i.value, 1), hashtextextended(i.value, 2)
from staging.identifier i join rule r on r.kind = i.kind
where i.entity_type = {entity_type} and i.strength <> 'weak'

-- watch_suspects --
-- Values with more holders than may have different names, each by one holder; what was generic before; and what was
-- given up: relations may aim by it.
create temp table watched on commit drop as
select i.kind, i.value
from unnest(%(records)s::bigint[], %(ranks)s::bigint[], %(hashes)s::bigint[]) as s(record_id, rank, hash)
join rule r on r.rank = s.rank
join staging.identifier i on i.record_id = s.record_id and i.kind = r.kind and hashtextextended(i.value, 1) = s.hash
union
select kind, value from resolution.generic_value where entity_type = %(entity_type)s
union
select g.kind, g.value from staging.released_identifier g where g.entity_type = %(entity_type)s

-- generic_hashes --
-- Which values join nobody, as the arrays know them.
select r.rank, hashtextextended(g.value, 1) from resolution.generic_value g join rule r on r.kind = g.kind
where g.entity_type = {entity_type}

-- weigh --
-- How many records and how many different names hold each watched value now.
create temp table weighed on commit drop as
select w.kind, w.value, count(i.record_id) as holders, count(distinct nullif(s.name_key, '')) as names, r.generic_above
from watched w join rule r on r.kind = w.kind
left join staging.identifier i on i.entity_type = %(entity_type)s and i.kind = w.kind and i.value = w.value
left join staging.source_record s on s.id = i.record_id
group by w.kind, w.value, r.generic_above

-- touch_flipped --
-- Values that became generic, or telling again: every holder is looked at again.
insert into touched
select distinct i.record_id from weighed w
join staging.identifier i on i.entity_type = %(entity_type)s and i.kind = w.kind and i.value = w.value
left join resolution.generic_value g on g.entity_type = %(entity_type)s and g.kind = w.kind and g.value = w.value
where (w.names > w.generic_above) <> (g.value is not null)
  and not exists (select from touched t where t.record_id = i.record_id)

-- forget_generic --
-- Values that are telling again.
delete from resolution.generic_value g using weighed w
where g.entity_type = %(entity_type)s and g.kind = w.kind and g.value = w.value and w.names <= w.generic_above

-- note_generic --
-- Values that join nobody from now on.
insert into resolution.generic_value (entity_type, kind, value, holders, names)
select %(entity_type)s, kind, value, holders, names from weighed where names > generic_above
on conflict (entity_type, kind, value) do update set holders = excluded.holders, names = excluded.names

-- gather_all --
-- The bulk plan: every record of the type.
create temp table member on commit drop as
select id as record_id from staging.source_record where entity_type = %(entity_type)s

-- make_member --
-- Members of the delta plan, by the round in which they were found.
create temp table member (record_id bigint primary key, round integer) on commit drop

-- gather_touched --
-- The delta plan: touched records, and those that share an entity with them now.
insert into member
select t.record_id, 0 from touched t join staging.source_record s on s.id = t.record_id
where s.entity_type = %(entity_type)s
union
select s2.id, 0 from touched t join staging.source_record s on s.id = t.record_id
join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id)
                                = (s.source_system_id, s.resource, s.source_record_id)
join integrations.record_map m2 on m2.target_uuid = m.target_uuid
join staging.source_record s2 on (s2.source_system_id, s2.resource, s2.source_record_id)
                               = (m2.source_system_id, m2.resource, m2.source_record_id)
where s2.entity_type = %(entity_type)s

-- expand --
-- Whoever shares a telling identifier, a person's word, or a score that links, with the last round's members.
insert into member
select distinct n.record_id, %(round)s::integer from (
  select j.record_id from member m join staging.identifier i on i.record_id = m.record_id and i.strength <> 'weak'
  join staging.identifier j on j.entity_type = i.entity_type and j.kind = i.kind and j.value = i.value
                           and j.strength <> 'weak' and j.record_id <> i.record_id
  where m.round = %(round)s::integer - 1 and not exists (
    select from resolution.generic_value g where (g.entity_type, g.kind, g.value) = (i.entity_type, i.kind, i.value))
  union all
  select s.id from member m join resolution.current_decision d on m.record_id in (d.left_record_id, d.right_record_id)
  join staging.source_record s on s.entity_type = %(entity_type)s
   and s.id = case when d.left_record_id = m.record_id then d.right_record_id else d.left_record_id end
  where m.round = %(round)s::integer - 1
  union all
  select p.right_record_id from member m join resolution.pair_score p on p.left_record_id = m.record_id
  where m.round = %(round)s::integer - 1 and p.weight >= %(link_bits)s
  union all
  select p.left_record_id from member m join resolution.pair_score p on p.right_record_id = m.record_id
  where m.round = %(round)s::integer - 1 and p.weight >= %(link_bits)s
) n on conflict do nothing

-- analyze_members --
-- The planner knows nothing of fresh temporary tables.
analyze member

-- shared --
-- Which record shares which kind of value with the value's first holder.
select i.record_id, h.hub, h.rank from (
  select i.kind, i.value, min(i.record_id) as hub, r.rank
  from member m join staging.identifier i on i.record_id = m.record_id join rule r on r.kind = i.kind
  where i.strength <> 'weak' and i.entity_type = {entity_type}
  group by i.kind, i.value, r.rank having count(*) > 1
) h join staging.identifier i on i.entity_type = {entity_type} and i.kind = h.kind and i.value = h.value
where i.strength <> 'weak' and i.record_id <> h.hub and not exists (
  select from resolution.generic_value g where (g.entity_type, g.kind, g.value) = ({entity_type}, i.kind, i.value))

-- joined_by_hand --
-- Pairs of members that a person called the same.
select d.left_record_id, d.right_record_id, 0::bigint from resolution.current_decision d
join member m on m.record_id = d.left_record_id join member o on o.record_id = d.right_record_id where d.verdict = 'same'

-- members --
-- Every record whose component is computed anew.
select record_id from member

-- analyze_components --
-- Likewise.
analyze component

-- full --
-- Components that hold more values of a kind than an entity may, counted with repeats: a coarse sieve.
select c.label from component c join staging.identifier i on i.record_id = c.record_id
join rule r on r.kind = i.kind and r.most is not null
where c.size > 1 and i.strength <> 'weak'
group by c.label, i.kind, r.most having count(*) > r.most

-- crowded --
-- Of these components, those that really hold too many different values; and those with a pair called different.
select m.label
from unnest(%(labels)s::bigint[]) as m(label) join component c on c.label = m.label
join staging.identifier i on i.record_id = c.record_id and i.strength <> 'weak'
join rule r on r.kind = i.kind and r.most is not null
group by m.label, i.kind, r.by_place, case when r.by_place then split_part(i.value, ':', 1) end, r.most
having count(distinct i.value) > r.most
union
select l.label from resolution.current_decision d join component l on l.record_id = d.left_record_id
join component r on r.record_id = d.right_record_id where d.verdict = 'different' and l.label = r.label

-- crowded_records --
-- The records of those components, by their natural keys.
select c.label, s.id, y.system_key, s.resource, s.source_record_id
from component c join staging.source_record s on s.id = c.record_id
join integrations.source_system y on y.id = s.source_system_id
where c.label = any(%(labels)s)

-- crowded_identifiers --
-- What they hold.
select i.record_id, i.kind, i.value, g.value is not null
from component c join staging.identifier i on i.record_id = c.record_id and i.strength <> 'weak'
left join resolution.generic_value g on (g.entity_type, g.kind, g.value) = (i.entity_type, i.kind, i.value)
where c.label = any(%(labels)s)

-- crowded_decisions --
-- What persons said of them, with the act and its day.
select d.left_record_id, d.right_record_id, d.verdict, d.decision::text,
       to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD') from resolution.current_decision d
join component c on c.record_id = d.left_record_id where c.label = any(%(labels)s)

-- crowded_known --
-- Which of the values that they hold a person knew of who told two sides apart, by act.
select distinct v.decision::text, i.kind, i.value from resolution.decision_value v
join component c on c.label = any(%(labels)s)
join staging.identifier i on i.record_id = c.record_id and i.kind = v.kind and hashtextextended(i.value, 1) = v.hash
where v.decision = any(%(acts)s::uuid[])

-- drop_crowded --
-- They are written again as the constraints split them.
delete from component where label = any(%(labels)s)

-- ask --
-- What a constraint stopped, and what a score is not sure of, waits for a person; what is open already is asked once,
-- what the data had answered again, and what was rejected only with a note that says what is new.
insert into resolution.review_item (entity_type, left_record_id, right_record_id, reason, evidence, note)
select %(entity_type)s, * from unnest(%(lefts)s::bigint[], %(rights)s::bigint[], %(reasons)s::text[], %(evidence)s::jsonb[],
                                      %(notes)s::text[])
on conflict (entity_type, left_record_id, right_record_id, reason) do update
  set evidence = excluded.evidence, updated_at = now(), updated_by = integrations.actor(),
      note = case when excluded.note <> '' then excluded.note else review_item.note end,
      status = case when review_item.status = 'answered' or review_item.status = 'rejected' and excluded.note <> ''
                    then 'open' else review_item.status end
  where review_item.evidence is distinct from excluded.evidence or review_item.status = 'answered'
     or review_item.status = 'rejected' and excluded.note <> ''

-- stop_asking --
-- Questions that the data has answered since.
update resolution.review_item q set status = 'answered', updated_at = now(), updated_by = integrations.actor()
where q.entity_type = %(entity_type)s and q.status = 'open'
  and (q.left_record_id in (select record_id from member) or q.right_record_id in (select record_id from member))
  and not exists (select from unnest(%(lefts)s::bigint[], %(rights)s::bigint[], %(reasons)s::text[]) as a(l, r, reason)
                  where (a.l, a.r, a.reason) = (q.left_record_id, q.right_record_id, q.reason))
