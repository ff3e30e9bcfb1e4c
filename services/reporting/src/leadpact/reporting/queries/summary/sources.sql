select source, channel, leads, mqls, won, won / leads::double precision as won_share, w.low as won_low, w.high as won_high
from (
    select l.source, l.channel, count(*) as leads,
        count(*) filter (where exists (select from mql m where m.lead = l.lead)) as mqls,
        count(*) filter (where exists (select from deal d where d.lead = l.lead and d.status = 'won')) as won
    from lead l
    group by 1, 2
) counted
cross join lateral wilson(won, leads) w
order by 1, 2
