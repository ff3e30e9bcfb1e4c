-- One row per day of the month: delivered and asked for by its end, both from the month's beginning; nothing is asked
-- before the first version reigns
with here as (select * from calendar_at(:now)),
days as (
    select d.day, d.begins, d.ends, t.target
    from here c
    join agreement_day d using (agreement, version)
    left join target_days(c.agreement, c.month_begins, c.month_ends) t on t.day = d.day
    where d.begins >= c.month_begins and d.begins < c.month_ends
),
delivered as (select m.* from here c, mqls(c.agreement, c.month_begins, :now) m)
select d.begins as time,
    d.day,
    case when d.begins <= :now then (select count(*) from delivered m where m.recognised_at < d.ends) end as delivered,
    sum(d.target) over (order by d.day) as pace
from days d
order by d.day
