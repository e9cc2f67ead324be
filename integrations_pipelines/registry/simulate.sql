-- remember_maps --
-- Which entity each record of the types is, before anything is tried out.
create temp table former_map on commit drop as
select s.id as record_id, s.entity_type, m.target_uuid as uuid from staging.source_record s
join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
     = (s.source_system_id, s.resource, s.source_record_id, 'entities')
where s.entity_type = any(%(entity_types)s)

-- remember_entities --
-- The entities of the types and their values.
create temp table former_entity on commit drop as
select uuid, entity_type, merged_into, values from entities.entity where entity_type = any(%(entity_types)s)

-- remember_questions --
-- The pairs that a person is asked about.
create temp table former_question on commit drop as
select entity_type, left_record_id, right_record_id, reason from resolution.review_item
where entity_type = any(%(entity_types)s) and status = 'open'

-- analyze --
-- The planner knows nothing of fresh temporary tables.
analyze former_map, former_entity, former_question

-- compare_records --
-- Each record of the type, or that was of it: the entity that it was, and the one that it would be; null for none.
create temp table step on commit drop as
select s.id as record_id, f.uuid as old, m.target_uuid as new from staging.source_record s
left join former_map f on f.record_id = s.id and f.entity_type = %(entity_type)s
left join integrations.record_map m on (m.source_system_id, m.resource, m.source_record_id, m.target_domain)
     = (s.source_system_id, s.resource, s.source_record_id, 'entities')
where s.entity_type = %(entity_type)s or f.record_id is not null

-- index_records --
-- Samples look records up by entity.
create index on step (old);
create index on step (new);
analyze step

-- compare_questions --
-- The pairs that a person would be asked about.
create temp table present_question on commit drop as
select entity_type, left_record_id, right_record_id, reason from resolution.review_item
where entity_type = %(entity_type)s and status = 'open'

-- compare_values --
-- Each canonical value, of entities that are there before and after, that would be another; null where it was not said.
create temp table change on commit drop as
select e.uuid, d.attribute, d.before, d.after from former_entity f join entities.entity e using (uuid)
cross join lateral (
  select key as attribute, b.value as before, a.value as after
  from jsonb_each(f.values) b full join jsonb_each(e.values) a using (key) where b.value is distinct from a.value
) d
where f.entity_type = %(entity_type)s and f.merged_into is null and e.merged_into is null
  and f.values is distinct from e.values

-- compare_entities --
-- The entities that would be new, or be themselves again after having been an alias.
create temp table fresh on commit drop as
select e.uuid, e.values, f.uuid is not null as is_known from entities.entity e left join former_entity f using (uuid)
where e.entity_type = %(entity_type)s and e.merged_into is null and (f.uuid is null or f.merged_into is not null)

-- counts --
-- How much would be different. An entity is split whose records would be in more than one place, or in none in part.
select (select count(*) from former_entity where entity_type = %(entity_type)s and merged_into is null) as entities_before,
       (select count(*) from entities.entity where entity_type = %(entity_type)s and merged_into is null) as entities_after,
       (select count(*) from fresh) as created,
       (select count(*) from former_entity f join entities.entity e using (uuid)
        where f.entity_type = %(entity_type)s and f.merged_into is null and e.merged_into is not null) as merged,
       (select count(*) from (select old from step where old is not null except select new from step) q
        join entities.entity e on e.uuid = q.old and e.merged_into is null) as emptied,
       (select count(*) from (select old from (select distinct old, new from step where old is not null) p
                              group by old having count(*) > 1) q) as split,
       (select count(*) from step where old is distinct from new and old is not null and new is not null) as moved,
       (select count(*) from step where old is not null and new is null) as unmatched,
       (select count(distinct uuid) from change) as changed_entities,
       (select count(*) from change) as changed_values,
       (select count(*) from (table present_question except table former_question) q) as asked,
       (select count(*) from (select * from former_question where entity_type = %(entity_type)s
                              except table present_question) q) as settled

-- attributes --
-- How many values of each attribute would be others.
select attribute, count(*) from change group by attribute order by attribute

-- keys --
-- The outward keys of records, put into the samples: `system:resource:id`.
select s.id as record_id, y.system_key || ':' || s.resource || ':' || s.source_record_id as key
from staging.source_record s join integrations.source_system y on y.id = s.source_system_id

-- created_sample --
-- Some of the entities that would be made. One that is new has no uuid yet: it would get another when it is really made.
select case when x.is_known then x.uuid end as uuid, x.values->>%(label)s as label,
       (select (array_agg(k.key order by k.key))[1:%(some)s] from step t join ({keys}) k using (record_id)
        where t.new = x.uuid) as records
from (
  select x.* from fresh x left join (select new, min(record_id) as first from step group by new) t on t.new = x.uuid
  order by t.first limit %(some)s
) x
order by (select min(t.record_id) from step t where t.new = x.uuid)

-- merged_sample --
-- Some of the entities that would become aliases, what of, and the records that they had.
select f.uuid, f.merged_into as "into", f.values->>%(label)s as label,
       i.values->>%(label)s as into_label,
       (select (array_agg(k.key order by k.key))[1:%(some)s] from step t join ({keys}) k using (record_id)
        where t.old = f.uuid) as records
from (
  select o.uuid, o.values, e.merged_into from former_entity o join entities.entity e using (uuid)
  where o.entity_type = %(entity_type)s and o.merged_into is null and e.merged_into is not null
  order by o.uuid limit %(some)s
) f
left join former_entity i on i.uuid = f.merged_into order by f.uuid

-- split_sample --
-- Some of the entities whose records would part, and the parts; null is the uuid of a new entity, or of none.
select f.uuid, f.values->>%(label)s as label, (
  select jsonb_agg(jsonb_build_object('uuid', p.uuid, 'records', p.records) order by p.records) from (
    select case when t.new in (select uuid from former_entity) then t.new end as uuid,
           (array_agg(k.key order by k.key))[1:%(some)s] as records
    from step t join ({keys}) k using (record_id) where t.old = f.uuid group by t.new
  ) p) as parts
from (
  select uuid, values from former_entity
  where uuid in (select old from (select distinct old, new from step where old is not null) q group by old having count(*) > 1)
  order by uuid limit %(some)s
) f
order by f.uuid

-- changed_sample --
-- Some of the values that would be others, of each attribute.
select uuid, attribute, before, after from (
  select *, row_number() over (partition by attribute order by uuid) as place from change) c
where place <= %(some)s order by attribute, uuid

-- emptied_sample --
-- Some of the entities that would have no record any more, and the records that they had.
select q.uuid, f.values->>%(label)s as label,
       (select (array_agg(k.key order by k.key))[1:%(some)s] from step t join ({keys}) k using (record_id)
        where t.old = q.uuid) as records
from (
  select x.old as uuid from (select old from step where old is not null except select new from step) x
  join entities.entity e on e.uuid = x.old and e.merged_into is null order by 1 limit %(some)s
) q join former_entity f using (uuid) order by q.uuid

-- clear --
-- One type after another.
drop table step, change, fresh, present_question
