-- Delivered so far this month against what the target asks by now: its share of the business time that has passed
with here as (select * from calendar_at(:now)),
delivered as (
    select count(*) as mqls, count(*) filter (where m.returned) as returned
    from here c, mqls(c.agreement, c.month_begins, :now) m
),
asked as (
    select sum(t.target) as target,
        sum(t.target * case
            when t.ends <= :now then 1
            when t.begins > :now or not t.is_open then 0
            else (business_seconds(c.agreement, t.version, :now) - business_seconds(c.agreement, t.version, t.begins))
                / nullif(business_seconds(c.agreement, t.version, t.ends)
                    - business_seconds(c.agreement, t.version, t.begins), 0)
        end) as pace
    from here c, target_days(c.agreement, c.month_begins, c.month_ends) t
)
select d.mqls, a.target, a.pace, d.mqls - a.pace as ahead, d.returned
from here, delivered d, asked a
