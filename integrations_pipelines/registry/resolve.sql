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

-- analyze_rules --
-- The planner knows nothing of fresh temporary tables, and would take these few for a thousand.
analyze rule

-- touch --
-- The records that changed since resolution saw them last: by name, and those that a first load brought.
create temp table touched on commit drop as
with loaded as (
  select record_id, last_record_id from staging.pending_record
  where entity_type = %(entity_type)s and last_record_id is not null
)
select distinct p.record_id from staging.pending_record p
where p.entity_type = %(entity_type)s and p.last_record_id is null and not exists (
  select from loaded l join staging.source_record s on s.id = p.record_id
  where p.record_id between l.record_id and l.last_record_id and s.entity_type = p.entity_type)
union all
select s.id from staging.source_record s
where s.entity_type = %(entity_type)s and exists (select from loaded)
  and exists (select from loaded l where s.id between l.record_id and l.last_record_id)

-- analyze_touched --
-- Likewise.
analyze touched

-- guess_total --
-- How many records there are, as the planner has it: from the table's size and its statistics.
explain (format json) select from staging.source_record where entity_type = %(entity_type)s

-- total --
-- How many records there are, counted as far as it takes to choose a plan.
select count(*) from (select from staging.source_record where entity_type = %(entity_type)s limit %(enough)s) r

-- nothing_to_do --
-- Several types may be resolved in one transaction.
drop table rule, component, touched

-- touched_ids --
-- The records that changed.
select record_id from touched

-- held --
-- Every telling identifier of the type: who, which kind, and two independent hashes of the value.
select i.record_id, r.rank, i.key, hashtextextended(i.value, 2)
from staging.identifier i join rule r on r.kind = i.kind
where i.entity_type = {entity_type} and i.strength <> 'weak'

-- held_by --
-- The same of these records: who, the hashes, and the rank, doubled, and one more where the value is generic. The index is
-- walked once for all of them. Behind a subquery the planner does not weigh each of them, which takes longer than to read it.
select i.record_id, i.key, hashtextextended(i.value, 2), 2 * {rank} + ({is_generic})::int
from staging.identifier i
where i.record_id = any((select %(records)s)::bigint[]) and i.strength <> 'weak' and i.entity_type = {entity_type}
  and i.kind = any(%(kinds)s)

-- is_generic --
-- Whether an identifier's value joins nobody: a look-up each, where any value of the type does not.
exists (select from resolution.generic_value g where (g.entity_type, g.kind, g.value) = (i.entity_type, i.kind, i.value))

-- has_generic --
-- Whether any value of the type joins nobody.
select exists (select from resolution.generic_value where entity_type = %(entity_type)s)

-- holders --
-- Who holds these values, by the index alone: who comes by a hash that two values share is looked at in vain.
select record_id, key from staging.identifier where key = any((select %(keys)s)::bigint[])

-- watch_suspects --
-- Values with more holders than may have different names, each by one holder; and what was given up: relations may aim by
-- it. Where all records are looked at, also what was generic before.
create temp table watched on commit drop as
select i.kind, i.value
from unnest(%(records)s::bigint[], %(hashes)s::bigint[]) as s(record_id, key)
join staging.identifier i on i.record_id = s.record_id and i.key = s.key
union
select kind, value from resolution.generic_value where %(everything)s and entity_type = %(entity_type)s
union
select g.kind, g.value from staging.released_identifier g where g.entity_type = %(entity_type)s

-- generic_hashes --
-- Which values join nobody, as the arrays know them.
select r.rank, staging.identifier_key(g.entity_type, g.kind, g.value) from resolution.generic_value g
join rule r on r.kind = g.kind where g.entity_type = {entity_type}

-- generic_watched --
-- Which of the watched values join nobody now.
select r.rank, staging.identifier_key({entity_type}, w.kind, w.value) from weighed w
join rule r on r.kind = w.kind where w.names > w.generic_above

-- weigh --
-- How many records and how many different names hold each watched value now; a weak one, which a record may have given up
-- too, joins nobody anyhow.
create temp table weighed on commit drop as
select w.kind, w.value, count(i.record_id) as holders, count(distinct nullif(s.name_key, '')) as names, r.generic_above
from watched w join rule r on r.kind = w.kind
left join staging.identifier i on i.key = staging.identifier_key(%(entity_type)s, w.kind, w.value)
 and i.entity_type = %(entity_type)s and i.kind = w.kind and i.value = w.value and i.strength <> 'weak'
left join staging.source_record s on s.id = i.record_id
group by w.kind, w.value, r.generic_above

-- touch_flipped --
-- Values that became generic, or telling again: every holder is looked at again.
insert into touched
select distinct i.record_id from weighed w
join staging.identifier i on i.key = staging.identifier_key(%(entity_type)s, w.kind, w.value)
 and i.entity_type = %(entity_type)s and i.kind = w.kind and i.value = w.value and i.strength <> 'weak'
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
-- The delta plan's records, filled as they are found.
create temp table member (record_id bigint) on commit drop

-- of_type --
-- Which of these records are of the type.
select id from staging.source_record where id = any((select %(records)s)::bigint[]) and entity_type = {entity_type}

-- mates --
-- Which records of the type are the entities now that these records are.
select s.id from (
  select distinct target_uuid from integrations.record_map
  where record_id = any((select %(records)s)::bigint[]) and target_domain = 'entities'
) e cross join lateral (
  select o.record_id from integrations.record_map o
  where o.target_uuid = e.target_uuid and o.target_domain = 'entities' offset 0
) o join staging.source_record s on s.id = o.record_id
where s.entity_type = {entity_type}

-- has_words --
-- Whether any person ever said anything of records.
select exists (select from resolution.record_decision)

-- worded --
-- Of whom a person said something beside these records.
select s.id from unnest(%(records)s::bigint[]) as m(record_id) join (
  select left_record_id as one, right_record_id as other from resolution.current_decision
  union all select right_record_id, left_record_id from resolution.current_decision
) d on d.one = m.record_id join staging.source_record s on s.id = d.other and s.entity_type = {entity_type}

-- scored --
-- Whom a score links these records with.
select o.other from unnest(%(records)s::bigint[]) as m(record_id) cross join lateral (
  select right_record_id as other from resolution.pair_score where left_record_id = m.record_id and weight >= %(link_bits)s
  union all
  select left_record_id from resolution.pair_score where right_record_id = m.record_id and weight >= %(link_bits)s
) o

-- analyze_members --
-- The planner knows nothing of fresh temporary tables.
analyze member

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
  and (q.left_record_id in (select record_id from component) or q.right_record_id in (select record_id from component))
  and not exists (select from unnest(%(lefts)s::bigint[], %(rights)s::bigint[], %(reasons)s::text[]) as a(l, r, reason)
                  where (a.l, a.r, a.reason) = (q.left_record_id, q.right_record_id, q.reason))
