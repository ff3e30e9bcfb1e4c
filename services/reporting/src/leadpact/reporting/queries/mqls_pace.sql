-- One row per day of the month: delivered and asked for by its end, both from the month's beginning
with here as (select * from calendar_at(:now)),
days as (select t.* from here c, target_days(c.agreement, c.month_begins, c.month_ends) t),
delivered as (select m.* from here c, mqls(c.agreement, c.month_begins, :now) m)
select d.begins as time,
    d.day,
    case when d.begins <= :now then (select count(*) from delivered m where m.recognised_at < d.ends) end as delivered,
    sum(d.target) over (order by d.day) as pace
from days d
order by d.day
