-- Shares of this month's MQLs beside what marketing pledged
with here as (select * from calendar_at(:now)),
counted as (
    select m.channel, count(*) as mqls
    from here c, mqls(c.agreement, c.month_begins, :now) m
    group by m.channel
),
pledged as (
    select p.channel, p.at_least_percent / 100.0 as pledge
    from here c
    join pledge p using (agreement, version)
)
select coalesce(k.channel, p.channel) as channel,
    coalesce(k.mqls, 0) as mqls,
    t.n,
    coalesce(k.mqls, 0) / nullif(t.n, 0)::double precision as share,
    w.low,
    w.high,
    p.pledge::double precision as pledge
from counted k
full join pledged p using (channel)
cross join (select coalesce(sum(mqls), 0)::bigint as n from counted) t
cross join lateral wilson(coalesce(k.mqls, 0), t.n) w
order by p.pledge is null, coalesce(k.mqls, 0) desc, 1
