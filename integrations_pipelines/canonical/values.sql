-- newest --
-- The canonical values of each component: attribute by attribute the newest live record's word; deleted records speak
-- only where no live one is left; natural keys break ties. A pure function of the records, whatever their order.
select n.label, coalesce(
  entities.jsonb_merge(s.attributes order by coalesce(s.live_version, s.live_observed_at), y.system_key collate "C",
                       s.resource collate "C", s.source_record_id collate "C") filter (where not s.is_deleted),
  entities.jsonb_merge(s.attributes order by coalesce(s.live_version, s.live_observed_at), y.system_key collate "C",
                       s.resource collate "C", s.source_record_id collate "C")) as values
from node n join staging.source_record s on s.id = n.record_id
join integrations.source_system y on y.id = s.source_system_id
where n.label in ({chosen})
group by n.label
