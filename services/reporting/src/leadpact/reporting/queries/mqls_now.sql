-- Delivered so far this month against what the target asks by now: its share of the business time that has passed.
-- A target that begins within the month says from which day on, and of how much a whole month it is a part (rule 53)
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
        end) as pace,
        min(t.day) as since
    from here c, target_days(c.agreement, c.month_begins, c.month_ends) t
)
select d.mqls, a.target, a.pace, d.mqls - a.pace as ahead, d.returned, g.target_per_month as per_month,
    case when extract(day from a.since) > 1 then a.since end as prorated_since
from here c
join agreement g using (agreement, version), delivered d, asked a
