-- ensure --
-- The bucket of one class of endpoints, as its limit is today; a new one starts full.
insert into integrations.rate_budget (source_system_id, name, capacity, refill, tokens)
values (%(source_system_id)s, %(name)s, %(capacity)s::float, %(refill)s::float, coalesce(%(capacity)s::float, 0))
on conflict (source_system_id, name) do update set capacity = excluded.capacity, refill = excluded.refill
where (rate_budget.capacity, rate_budget.refill) is distinct from (excluded.capacity, excluded.refill)

-- take --
-- Some tokens, or the seconds after which to ask again. A lane leaves a share for those before it, and stands back while
-- one of them waits; whoever waits says so.
with now as (select clock_timestamp() as at
), bucket as (
  select b.*, n.at, least(b.capacity, b.tokens + b.refill * extract(epoch from n.at - b.refilled_at)) as level
  from integrations.rate_budget b, now n
  where b.source_system_id = %(source_system_id)s and b.name = %(name)s for update of b
), room as (
  select *, level - least(%(reserve)s::float * capacity, capacity - 1) as free,
         coalesce(waiting_until > at and waiting_lane < %(lane)s::smallint, false) as stands_back from bucket
), grant_ as (
  select *, case when blocked_until > at or stands_back then 0 when capacity is null then %(wanted)s::float
                 else least(%(wanted)s::float, greatest(0, floor(free + 1e-9))) end as granted from room
), answer as (
  select *, case
    when granted > 0 then 0
    when blocked_until > at then extract(epoch from blocked_until - at)
    when stands_back then greatest(0.05, extract(epoch from waiting_until - at))
    else greatest(0.01, (1 - free) / refill) end as wait from grant_
)
update integrations.rate_budget b
set tokens = coalesce(a.level - a.granted, 0), refilled_at = a.at, taken = b.taken + a.granted::bigint,
    waiting_lane = case when a.stands_back then b.waiting_lane when a.granted > 0 then null else %(lane)s::smallint end,
    waiting_until = case when a.stands_back then b.waiting_until when a.granted > 0 then null
                         else a.at + make_interval(secs => least(a.wait, 60) + 0.25) end
from answer a where b.id = a.id
returning a.granted, a.wait

-- pause --
-- A pause that the third party asked for.
update integrations.rate_budget
set blocked_until = greatest(blocked_until, clock_timestamp() + make_interval(secs => %(seconds)s::float))
where source_system_id = %(source_system_id)s and name = %(name)s

-- learn --
-- The third party's own count goes before ours where it is lower; with nothing left there is a pause.
update integrations.rate_budget
set tokens = least(tokens, %(remaining)s::float),
    blocked_until = case when %(remaining)s::float < 1 and %(reset)s::float is not null
                         then greatest(blocked_until, clock_timestamp() + make_interval(secs => %(reset)s::float)) else blocked_until end
where source_system_id = %(source_system_id)s and name = %(name)s

-- standing --
-- The budgets that are known, and the pauses under way.
select s.system_key, b.name, b.capacity, b.refill, b.taken,
       case when b.blocked_until > now() then b.blocked_until end as blocked_until
from integrations.rate_budget b join integrations.source_system s on s.id = b.source_system_id
where %(system_key)s::text is null or s.system_key = %(system_key)s order by 1, 2
