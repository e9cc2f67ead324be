-- model --
-- The model in force, where one was promoted.
select version, weights, statistics, uuid, former from resolution.matching_model where entity_type = %(entity_type)s and is_current

-- standing_model --
-- The version of the model in force, null for the shipped one; what the stored scores were made with; and, where there are
-- none, whether there are records.
select m.version, s.model_version, s.size_class, s.link, s.review, s.records,
       case when s.entity_type is null
            then exists (select from staging.source_record where entity_type = %(entity_type)s) end
from (select) as one
left join resolution.matching_model m on m.entity_type = %(entity_type)s and m.is_current
left join resolution.scored_state s on s.entity_type = %(entity_type)s

-- count --
-- How many records there are once the touched ones have been looked at; counted anew where nothing is known.
select case when state.records is null
  then (select count(*) from staging.source_record where entity_type = %(entity_type)s)
  else state.records
    + (select count(*) filter (where s.entity_type = %(entity_type)s and r.record_id is null)
            - count(*) filter (where s.entity_type is distinct from %(entity_type)s and r.entity_type = %(entity_type)s)
       from touched t left join staging.source_record s on s.id = t.record_id
       left join resolution.scored_record r on r.record_id = t.record_id)
  end
from (select (select records from resolution.scored_state where entity_type = %(entity_type)s) as records) state

-- state_fits --
-- Whether what is stored was made with this model, this size and these thresholds.
select exists (
  select from resolution.scored_state
  where entity_type = %(entity_type)s and model_version = %(model_version)s and size_class = %(size_class)s
    and (link, review) = (%(link)s, %(review)s))

-- note_state --
-- What the stored scores were made with.
insert into resolution.scored_state (entity_type, model_version, size_class, link, review, records)
values (%(entity_type)s, %(model_version)s, %(size_class)s, %(link)s, %(review)s, %(records)s)
on conflict (entity_type) do update set model_version = excluded.model_version, size_class = excluded.size_class,
  link = excluded.link, review = excluded.review, records = excluded.records

-- forget_state --
-- The stored scores fit no model: the next resolution makes all of them anew.
delete from resolution.scored_state where entity_type = %(entity_type)s

-- generic --
-- Values that too many names share.
select kind, value from resolution.generic_value where entity_type = %(entity_type)s

-- all_said --
-- Every record of the type, by id.
select id, attributes::text from staging.source_record where entity_type = {entity_type} order by id

-- touched_said --
-- The touched records, by id.
select s.id, s.attributes::text from (select distinct record_id from touched) t
join staging.source_record s on s.id = t.record_id where s.entity_type = {entity_type} order by s.id

-- prepare --
-- Working tables of one update.
create temp table rescored (record_id bigint primary key) on commit drop;
create temp table relisted (key bigint) on commit drop;
create temp table lost_key (record_id bigint, key bigint) on commit drop;
create temp table now_large (key bigint, records bigint, is_listed bigint) on commit drop;
create temp table flipped_member (key bigint, record_id bigint) on commit drop;
create temp table doubtful (left_record_id bigint, right_record_id bigint) on commit drop;
create temp table no_candidate (left_record_id bigint, right_record_id bigint) on commit drop;
create temp table new_content (record_id bigint, content bigint, sketch bytea, keys bigint[]) on commit drop;
create temp table new_score (left_record_id bigint, right_record_id bigint, weight double precision, evidence bigint)
  on commit drop;

-- clear --
-- Several types may be resolved in one transaction.
drop table rescored, lost_key, relisted, now_large, flipped_member, doubtful, no_candidate, new_content, new_score

-- leave --
-- Touched records that are none of this type any more.
create temp table leaving on commit drop as
select distinct r.record_id from touched t
join resolution.scored_record r on r.record_id = t.record_id and r.entity_type = %(entity_type)s
left join staging.source_record s on s.id = t.record_id
where s.entity_type is distinct from %(entity_type)s

-- leave_all --
-- Records that are none of this type any more.
create temp table leaving on commit drop as
select r.record_id from resolution.scored_record r left join staging.source_record s on s.id = r.record_id
where r.entity_type = %(entity_type)s and s.entity_type is distinct from %(entity_type)s

-- forget_leaving --
-- They are compared with nobody.
delete from resolution.scored_record r using leaving l where r.record_id = l.record_id

-- unpair_leaving --
-- Likewise.
delete from resolution.pair_score p using leaving l where l.record_id in (p.left_record_id, p.right_record_id)

-- drop_leaving --
-- Likewise.
drop table leaving

-- contents --
-- What the touched records said when they were scored last.
select r.record_id, r.content from touched t join resolution.scored_record r on r.record_id = t.record_id
where r.entity_type = {entity_type}

-- all_contents --
-- What all records said when they were scored last.
select record_id, content from resolution.scored_record where entity_type = {entity_type}

-- keys_of_changed --
-- The keys that changed records, and those that leave, have had until now.
select r.record_id, k.key from (select record_id from new_content union all select record_id from leaving) c
join resolution.scored_record r on r.record_id = c.record_id cross join lateral unnest(r.keys) as k(key)

-- delete_keys --
-- Keys that records have no more.
delete from resolution.blocking_key b using lost_key l where b.key = l.key and b.record_id = l.record_id

-- note_contents --
-- What the records say now.
insert into resolution.scored_record (record_id, entity_type, content, sketch, keys)
select record_id, %(entity_type)s, content, sketch, keys from new_content
on conflict (record_id) do update
set entity_type = excluded.entity_type, content = excluded.content, sketch = excluded.sketch, keys = excluded.keys

-- large_among --
-- Of these keys, those of large blocks: how many share them, and whether all who do are listed.
select key, records, is_listed::int::bigint from resolution.large_block where key = any ((select %(keys)s)::bigint[])

-- all_large --
-- The same of all large blocks of the type.
select key, records, is_listed::int::bigint from resolution.large_block where entity_type = %(entity_type)s

-- resize --
-- Large blocks that grew or shrank; of one that grew far too large, new records are listed no more.
update resolution.large_block z set records = c.records, is_listed = c.is_listed = 1
from unnest(%(keys)s::bigint[], %(records)s::bigint[], %(is_listed)s::bigint[]) as c(key, records, is_listed)
where z.key = c.key

-- shrunk --
-- Blocks that are large no more: their records are pairs again.
delete from resolution.large_block where key = any ((select %(keys)s)::bigint[])

-- unlisted --
-- Large blocks whose records are not listed.
select key from resolution.large_block where entity_type = {entity_type} and not is_listed

-- forget_listed --
-- What was listed of blocks that are listed anew.
delete from resolution.blocking_key b using relisted r where b.key = r.key

-- relist --
-- Every record that has one of these keys. A look at all records, which is due when a block that was far too large is
-- large no more.
insert into resolution.blocking_key (key, record_id)
select r.key, s.record_id from resolution.scored_record s cross join lateral unnest(s.keys) as k(key)
join relisted r on r.key = k.key

-- forget_large --
-- They are counted anew.
delete from resolution.large_block where entity_type = %(entity_type)s

-- note_large --
-- Blocks that more records share than their rule allows.
insert into resolution.large_block (key, entity_type, records, is_listed)
select key, %(entity_type)s, records, is_listed = 1 from now_large

-- rescore_changed --
-- Records whose pairs are found and scored anew: those that say something else.
insert into rescored select record_id from new_content

-- rescore_all --
-- Every record's pairs are found and scored anew.
insert into rescored select record_id from resolution.scored_record where entity_type = %(entity_type)s

-- analyze_rescored --
-- Likewise.
analyze rescored

-- touch_rescored --
-- Whoever's pairs may be others is looked at again.
insert into touched select r.record_id from rescored r
where not exists (select from touched t where t.record_id = r.record_id)

-- sharing --
-- Every record that holds one of these keys. By the index, in the order of one array: half of what a look a key takes. The
-- planner is not told how many they are: a scan of all records is never due.
select record_id, key from resolution.blocking_key
where key = any ((select %(keys)s)::bigint[])

-- analyze_flipped --
-- The planner knows nothing of fresh temporary tables.
analyze flipped_member

-- doubt_stored --
-- Scored pairs of blocks that became large: they may be no candidates any more.
insert into doubtful
select distinct p.left_record_id, p.right_record_id from flipped_member l
join resolution.pair_score p on p.left_record_id = l.record_id
join flipped_member r on r.key = l.key and r.record_id = p.right_record_id

-- analyze_doubtful --
-- The planner knows nothing of fresh temporary tables.
analyze doubtful

-- doubted --
-- Pairs of which it is not known whether they are candidates.
select distinct left_record_id, right_record_id from doubtful

-- keys_of_doubtful --
-- The keys that bring pairs which they share.
select d.left_record_id, d.right_record_id, k.key
from (select distinct left_record_id, right_record_id from doubtful) d
join resolution.scored_record l on l.record_id = d.left_record_id
join resolution.scored_record r on r.record_id = d.right_record_id
cross join lateral (select unnest(l.keys) as key intersect select unnest(r.keys)) k
where not exists (select from resolution.large_block z where z.key = k.key)

-- unpair_no_candidates --
-- Scores of pairs that are no candidates any more; both are looked at again.
with gone as (
  delete from resolution.pair_score p using no_candidate n
  where (p.left_record_id, p.right_record_id) = (n.left_record_id, n.right_record_id)
  returning p.left_record_id, p.right_record_id
)
insert into rescored
select left_record_id from gone union select right_record_id from gone on conflict do nothing

-- unpair_left --
-- The scores that are made anew.
delete from resolution.pair_score p using rescored r where p.left_record_id = r.record_id

-- unpair_right --
-- Likewise.
delete from resolution.pair_score p using rescored r where p.right_record_id = r.record_id

-- unpair_all --
-- Likewise.
delete from resolution.pair_score where entity_type = %(entity_type)s

-- note_scores --
-- The scores made anew; a pair that another block made a candidate before has its score already.
insert into resolution.pair_score (left_record_id, right_record_id, entity_type, weight, evidence)
select left_record_id, right_record_id, %(entity_type)s, weight, evidence from new_score
on conflict do nothing

-- rescore_paired --
-- Whoever has a score because a block is large no more is looked at again; one of the two is enough.
insert into rescored select distinct n.left_record_id from new_score n
where not exists (select from rescored r where r.record_id in (n.left_record_id, n.right_record_id))

-- rescored --
-- How many records' pairs were made anew.
select count(*) from rescored

-- large_blocks --
-- How many keys too many records share.
select count(*) from resolution.large_block where entity_type = %(entity_type)s

-- links --
-- Pairs of members whose score links them, with the weight in millionths of a bit.
select p.left_record_id, p.right_record_id, round(p.weight * 1000000)::bigint
from resolution.pair_score p join member l on l.record_id = p.left_record_id
where p.weight >= {link_bits}

-- sketches --
-- The sketches of these records, by the index: never a scan of all.
select record_id, sketch from resolution.scored_record where record_id = any ((select %(records)s)::bigint[])

-- standing --
-- Where the members, and those with whom a score or a person's word compares them, stand now: component or entity.
create temp table standing on commit drop as
select record_id, label::text as home from component
union all
select o.record_id, coalesce(m.target_uuid::text, 'record ' || o.record_id) from (
  select p.right_record_id as record_id from member b join resolution.pair_score p on p.left_record_id = b.record_id
  where p.weight >= %(review_bits)s
  union
  select p.left_record_id from member b join resolution.pair_score p on p.right_record_id = b.record_id
  where p.weight >= %(review_bits)s
  union
  select unnest(array[d.left_record_id, d.right_record_id]) from resolution.current_decision d
  where d.verdict = 'different' and exists (
    select from member b where b.record_id in (d.left_record_id, d.right_record_id))
) o join staging.source_record s on s.id = o.record_id
left join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
     = (s.source_system_id, s.resource, s.source_record_id, 'entities')
where not exists (select from component c where c.record_id = o.record_id)

-- analyze_standing --
-- The planner knows nothing of fresh temporary tables.
analyze standing

-- unsure --
-- Of every two entities that scores hold for one without being sure, the surest pair of records, turned and chosen by
-- natural keys; without those that a constraint was asked about, and those that a person called different.
with scored as (
  select p.left_record_id as l, p.right_record_id as r, p.weight, p.evidence
  from member b join resolution.pair_score p on p.left_record_id = b.record_id where p.weight >= %(review_bits)s
  union
  select p.left_record_id, p.right_record_id, p.weight, p.evidence
  from member b join resolution.pair_score p on p.right_record_id = b.record_id where p.weight >= %(review_bits)s
), between_homes as (
  select c.l, c.r, c.weight, c.evidence, least(a.home, b.home) as one, greatest(a.home, b.home) as two
  from scored c join standing a on a.record_id = c.l join standing b on b.record_id = c.r where a.home <> b.home
), answered as (
  select least(a.home, b.home) as one, greatest(a.home, b.home) as two
  from resolution.current_decision d join standing a on a.record_id = d.left_record_id
  join standing b on b.record_id = d.right_record_id where d.verdict = 'different'
  union
  select least(a.home, b.home), greatest(a.home, b.home)
  from unnest(%(lefts)s::bigint[], %(rights)s::bigint[]) as q(l, r)
  join standing a on a.record_id = q.l join standing b on b.record_id = q.r
), keyed as (
  select h.*, array[y.system_key, s.resource, s.source_record_id] collate "C" as lk,
         array[z.system_key, t.resource, t.source_record_id] collate "C" as rk
  from between_homes h
  join staging.source_record s on s.id = h.l join integrations.source_system y on y.id = s.source_system_id
  join staging.source_record t on t.id = h.r join integrations.source_system z on z.id = t.source_system_id
  where not exists (select from answered a where (a.one, a.two) = (h.one, h.two))
)
select distinct on (one, two) case when lk < rk then l else r end, case when lk < rk then r else l end, weight, evidence
from keyed order by one, two, weight desc, least(lk, rk), greatest(lk, rk)

-- changed_since_rejected --
-- Pairs that a person rejected when they said something else, and that a score still holds for one.
select q.left_record_id, q.right_record_id, q.reason, p.weight, p.evidence,
       to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD') as rejected_on
from resolution.decision d join resolution.review_item q on q.uuid = d.review_item
join resolution.pair_score p on p.left_record_id = least(q.left_record_id, q.right_record_id)
                            and p.right_record_id = greatest(q.left_record_id, q.right_record_id)
join standing a on a.record_id = q.left_record_id join standing b on b.record_id = q.right_record_id
where d.kind = 'reject' and d.entity_type = %(entity_type)s and p.weight >= %(review_bits)s and a.home <> b.home
  and d.evidence->>'hash' <> lpad(to_hex(p.evidence), 16, '0')
  and not exists (select from resolution.current_decision w join resolution.decision_value v
                  on v.decision = w.decision and v.kind = 'score' and v.hash = p.evidence
                  where w.verdict = 'different' and (w.left_record_id, w.right_record_id) = (p.left_record_id, p.right_record_id))
  and not exists (select from unnest(%(lefts)s::bigint[], %(rights)s::bigint[]) as o(l, r)
                  join standing x on x.record_id = o.l join standing y on y.record_id = o.r
                  where (x.home, y.home) in ((a.home, b.home), (b.home, a.home)))
  and exists (select from member m where m.record_id in (q.left_record_id, q.right_record_id))
  and not exists (select from resolution.decision u where u.revokes = d.uuid)
  and not exists (select from resolution.decision l where l.review_item = d.review_item and l.id > d.id and l.kind = 'reject')

-- drop_standing --
-- Several types may be resolved in one transaction.
drop table standing

-- said --
-- These records, by id, by the index: the plan of a cursor, which is made for its first rows, might read all of them.
select id, attributes::text from staging.source_record where id = any ((select %(records)s)::bigint[]) order by id

-- state --
-- What the stored scores of a type were made with.
select model_version, size_class, link, review, records from resolution.scored_state where entity_type = %(entity_type)s

-- partners --
-- The surest partners of a record by score, with their entities.
select p.weight, p.evidence, o.id, y.system_key || ':' || o.resource || ':' || o.source_record_id as record,
       m.target_uuid as entity
from (
  select right_record_id as other, weight, evidence from resolution.pair_score where left_record_id = %(record)s
  union all
  select left_record_id, weight, evidence from resolution.pair_score where right_record_id = %(record)s
) p join staging.source_record o on o.id = p.other join integrations.source_system y on y.id = o.source_system_id
left join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
     = (o.source_system_id, o.resource, o.source_record_id, 'entities')
order by p.weight desc, y.system_key collate "C", o.resource, o.source_record_id limit %(limit)s

-- shared_keys_of_two --
-- Blocking keys that two records share, each with how many records share it where they are too many.
select k.key, z.records
from (select unnest(keys) as key from resolution.scored_record where record_id = %(left)s
      intersect select unnest(keys) from resolution.scored_record where record_id = %(right)s) k
left join resolution.large_block z on z.key = k.key

-- retire_model --
-- The model in force is so no more; it stays to be read.
update resolution.matching_model set is_current = false, updated_at = now(), updated_by = integrations.actor()
where entity_type = %(entity_type)s and is_current

-- promote_model --
-- The model that the type is scored by from now on.
insert into resolution.matching_model (entity_type, version, is_current, weights, statistics, former)
values (%(entity_type)s, %(version)s, true, %(weights)s, %(statistics)s, %(former)s)

-- model_of_before --
-- The model that was in force before weights of the organisation's own were; none where the shipped one was.
with recursive chain as (
  select uuid, weights, former from resolution.matching_model where entity_type = %(entity_type)s and is_current
  union all
  select m.uuid, m.weights, m.former from chain c join resolution.matching_model m on m.uuid = c.former
  where c.weights is not null
)
select uuid from chain where weights is null

-- restore_model --
-- It is in force again.
update resolution.matching_model set is_current = true, updated_at = now(), updated_by = integrations.actor()
where uuid = %(uuid)s returning version

-- log_model --
-- The sync log tells of each promotion.
insert into integrations.sync_log (event_type, status, message, payload)
values ('matching.model_promoted', 'ok', %(entity_type)s || ': ' || %(version)s,
        jsonb_build_object('entity_type', %(entity_type)s::text, 'version', %(version)s::text))

-- growth --
-- Scored types: how many records there are, how many the statistics in force were learnt from, how many there were when
-- a learnt model changed too much to be promoted unasked, and whether a person went back to the shipped model.
select s.entity_type, s.records, (c.statistics->>'size')::bigint as learnt,
       (select max((l.payload->>'records')::bigint) from integrations.sync_log l
        where l.event_type = 'matching.model_held' and l.payload->>'entity_type' = s.entity_type
          and l.created_at > coalesce(c.created_at, '-infinity')) as held,
       c.uuid is null and exists (select from resolution.matching_model m where m.entity_type = s.entity_type) as is_shipped_again
from resolution.scored_state s
left join resolution.matching_model c on c.entity_type = s.entity_type and c.is_current
order by 1

-- log_held --
-- A learnt model that was not promoted, and why.
insert into integrations.sync_log (event_type, status, message, payload)
values ('matching.model_held', 'refused',
        %(entity_type)s || ': what was learnt would merge or split ' || %(changed)s::text || ' of ' || %(entities)s::text ||
        ' entities, more than may be unasked; `integrations matching refresh ' || %(entity_type)s || '` promotes it',
        jsonb_build_object('entity_type', %(entity_type)s::text, 'records', %(records)s::bigint, 'changed', %(changed)s::bigint,
                           'entities', %(entities)s::bigint))
