-- custom --
-- All that an organisation added, in one question.
select (select coalesce(jsonb_agg(to_jsonb(t) order by t.name), '[]') from entities.custom_type t),
       (select coalesce(jsonb_agg(to_jsonb(a) order by a.id), '[]') from entities.custom_attribute a),
       (select coalesce(jsonb_agg(to_jsonb(r) order by r.id), '[]') from entities.custom_relation r)

-- add_type --
insert into entities.custom_type (name, label, description) values (%(name)s, %(label)s, %(description)s)

-- add_attribute --
insert into entities.custom_attribute (entity_type, name, kind, many, strength, description)
values (%(entity_type)s, %(name)s, %(kind)s, %(many)s, %(strength)s, %(description)s)

-- add_relation --
insert into entities.custom_relation (entity_type, name, target, many)
values (%(entity_type)s, %(name)s, %(target)s, %(many)s)

-- remove_type --
delete from entities.custom_type where name = %(name)s

-- remove_attribute --
delete from entities.custom_attribute where entity_type = %(entity_type)s and name = %(name)s

-- remove_relation --
delete from entities.custom_relation where entity_type = %(entity_type)s and name = %(name)s

-- records_of --
-- Whether any record is of this type.
select exists (select from staging.source_record where entity_type = %(name)s)

-- forget_attribute --
-- Records say no more of an attribute that is no more; their payloads keep it.
update staging.source_record set attributes = attributes - %(name)s
where entity_type = %(entity_type)s and attributes ? %(name)s

-- forget_policy --
-- Nothing rules an attribute that is no more.
delete from resolution.attribute_policy where entity_type = %(entity_type)s and attribute = %(name)s

-- forget_identifiers --
-- Nor do they hold identifiers of its kind; whoever did is looked at again.
with gone as (
  delete from staging.identifier where entity_type = %(entity_type)s and kind = %(name)s returning record_id, kind, value
), released as (
  insert into staging.released_identifier (kind, value, entity_type)
  select distinct kind, value, %(entity_type)s from gone
)
insert into staging.pending_record (record_id, entity_type) select distinct record_id, %(entity_type)s from gone

-- forget_relations --
-- Records say no more of a relation that is no more; their payloads keep it.
delete from staging.record_relation r using staging.source_record s
where s.id = r.record_id and s.entity_type = %(entity_type)s and r.name = %(name)s
