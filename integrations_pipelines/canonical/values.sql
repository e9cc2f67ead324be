-- newest --
-- The canonical values of each component: attribute by attribute the newest live record's word; deleted records speak
-- only where no live one is left; natural keys break ties. A pure function of the records, whatever their order.
-- A record without a version of its own speaks where no versioned one does: when it was last seen says nothing of when
-- it changed, and would move with every poll.
select n.label, case when bool_or(not s.is_deleted)
  then entities.jsonb_merge(s.attributes order by s.live_version nulls first, y.system_key collate "C",
                            s.resource collate "C", s.source_record_id collate "C") filter (where not s.is_deleted)
  else entities.jsonb_merge(s.attributes order by s.live_version nulls first, y.system_key collate "C",
                            s.resource collate "C", s.source_record_id collate "C") end as values
from node n join staging.source_record s on s.id = n.record_id
join integrations.source_system y on y.id = s.source_system_id
where n.label in ({chosen})
group by n.label
