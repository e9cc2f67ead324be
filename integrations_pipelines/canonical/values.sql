-- precedence --
-- Of two records that say something of one attribute the later one here wins. A record without a version of its own
-- speaks where no versioned one does: when it was last seen says nothing of when it changed, and would move with every poll.
s.live_version nulls first, y.system_key collate "C", s.resource collate "C", s.source_record_id collate "C"

-- newest --
-- The canonical values of each component where no policy and no pin is set: attribute by attribute the newest live
-- record's word; deleted records speak only where no live one is left. A pure function of the records, whatever their order.
select n.label, case when bool_or(not s.is_deleted)
  then entities.jsonb_merge(s.attributes order by {precedence}) filter (where not s.is_deleted)
  else entities.jsonb_merge(s.attributes order by {precedence}) filter (where s.is_deleted) end as values
from node n join staging.source_record s on s.id = n.record_id
join integrations.source_system y on y.id = s.source_system_id
where n.label in ({chosen})
group by n.label

-- ruled --
-- The same with policies and pins: what has a policy goes by it, what is pinned is what a person said.
with member as ({member}), said as (
  select m.*, p.attribute, m.attributes->p.attribute as value, p.rule, p.sources, p.max_age
  from member m join resolution.attribute_policy p on p.entity_type = m.entity_type and m.attributes ? p.attribute
), ranked as ({ranked}), plain as (
  select label, entity_type, entities.jsonb_merge(attributes order by seniority) as values
  from member where not is_silent group by label, entity_type
)
select p.label,
       (p.values - array(select a.attribute from resolution.attribute_policy a where a.entity_type = p.entity_type))
       || coalesce((select jsonb_object_agg(r.attribute, r.value) from ranked r
                    where r.label = p.label and r.place = 1 and r.counts), '{{}}')
       || coalesce((select jsonb_object_agg(f.attribute, f.value) from ({pinned}) f where f.label = p.label), '{{}}') as values
from plain p

-- member --
-- The records of the chosen components, the last of which has the last word; a deleted one is silent beside a live one.
select n.label, s.id as record_id, s.entity_type, s.attributes, s.live_version, y.system_key,
       row_number() over (partition by n.label order by {precedence}) as seniority,
       s.is_deleted and bool_or(not s.is_deleted) over (partition by n.label) as is_silent
from node n join staging.source_record s on s.id = n.record_id
join integrations.source_system y on y.id = s.source_system_id
where n.label in ({chosen})

-- ranked --
-- Everything that is said of an attribute, by place: 1 wins, if it ``counts``. A source that has priority is stale when
-- what it says is older, by more than its time limit, than the newest word on the attribute: no clock is asked, so the
-- same records always give the same values.
select w.*, row_number() over (
  partition by label, attribute order by not counts,
    case when rule = 'source-priority' and not is_stale then source_rank end nulls last,
    case rule when 'most-frequent' then frequency when 'longest' then length end desc nulls last,
    seniority desc) as place
from (
  select q.*, not q.is_silent and not (q.rule = 'owner' and q.source_rank is null) as counts,
         coalesce(q.source_rank is not null and q.live_version < q.newest - make_interval(secs => q.max_age), false) as is_stale,
         count(*) filter (where not q.is_silent) over (partition by q.label, q.attribute, q.value) as frequency,
         case jsonb_typeof(q.value) when 'array' then jsonb_array_length(q.value) else length(q.value #>> '{{}}') end as length
  from (
    select d.*, array_position(d.sources, d.system_key) as source_rank,
           max(d.live_version) filter (where not d.is_silent) over (partition by d.label, d.attribute) as newest
    from said d
  ) q
) w

-- pinned --
-- What persons pinned: for the entity of that uuid, or the one that its first record is now; the later pin goes first.
select distinct on (coalesce(t.label, n.label), p.attribute) coalesce(t.label, n.label) as label, p.attribute, p.value,
       p.uuid, p.until, p.reason, p.created_at, p.created_by
from resolution.attribute_pin p join entities.entity e on e.uuid = p.entity
left join target t on t.uuid = p.entity left join node n on n.record_id = e.founder
where p.ended_at is null and (p.until is null or p.until > now()) and coalesce(t.label, n.label) is not null
order by coalesce(t.label, n.label), p.attribute, p.id desc

-- has_rules --
-- Whether any policy or pin could be concerned.
select exists (select from resolution.attribute_policy where entity_type = %(entity_type)s)
    or exists (select from resolution.attribute_pin where entity_type = %(entity_type)s and ended_at is null)

-- taken --
-- The records of entities that are there, as resolution's working table has them: all of a type, or these.
select s.id as record_id, e.id as label from entities.entity e
join integrations.record_map m on m.target_uuid = e.uuid and m.target_domain = 'entities'
join staging.source_record s on (s.source_system_id, s.resource, s.source_record_id)
                              = (m.source_system_id, m.resource, m.source_record_id)
where e.entity_type = %(entity_type)s and e.merged_into is null and (%(uuids)s::uuid[] is null or e.uuid = any(%(uuids)s))

-- over_taken --
-- A query over the working tables, asked of entities that are there.
with node as ({taken}), target as (
  select e.id as label, e.uuid from entities.entity e where e.id in (select label from node)
)
select * from ({query}) q

-- recompute --
-- Values computed anew; nothing is written where they come out the same.
update entities.entity e set values = v.values, updated_at = now(), updated_by = integrations.actor()
from ({fresh}) v where e.id = v.label and e.values is distinct from v.values

-- proposals --
-- Everything that the records of the entities in the working tables say, attribute by attribute, the winner first.
with member as ({member}), said as (
  select m.*, a.key as attribute, a.value, coalesce(p.rule, 'newest') as rule, p.sources, p.max_age
  from member m cross join lateral jsonb_each(m.attributes) a
  left join resolution.attribute_policy p on p.entity_type = m.entity_type and p.attribute = a.key
), ranked as ({ranked})
select r.attribute, r.value, r.rule, y.system_key || ':' || s.resource || ':' || s.source_record_id as record,
       coalesce(s.live_version, s.source_version) as source_version,
       coalesce(s.live_observed_at, s.observed_at) as observed_at, j.uuid as job, r.place = 1 and r.counts as wins,
       case when r.place = 1 and r.counts then 'wins' when r.is_silent then 'deleted' when not r.counts then 'not the owner'
            when r.value = first_value(r.value) over (partition by r.label, r.attribute order by r.place) then 'agrees'
            when r.rule = 'source-priority' and r.is_stale then 'stale'
            when r.rule = 'source-priority' then 'lower priority' when r.rule = 'most-frequent' then 'less frequent'
            when r.rule = 'longest' then 'shorter' else 'older' end as because
from ranked r join staging.source_record s on s.id = r.record_id
join integrations.source_system y on y.id = s.source_system_id
left join integrations.landing g on g.id = coalesce(s.live_landing, s.landing)
left join integrations.import_job j on j.id = g.import_job_id
order by r.attribute, r.place
