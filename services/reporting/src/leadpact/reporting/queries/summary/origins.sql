-- The sender's own word for how a lead came: the clear attribute `origin`, whatever channel it is counted under
select origin, leads, mqls, won, won / leads::double precision as won_share, w.low as won_low, w.high as won_high
from (
    select a.value #>> '{}' as origin, count(*) as leads,
        count(*) filter (where exists (select from mql m where m.lead = l.lead)) as mqls,
        count(*) filter (where exists (select from deal d where d.lead = l.lead and d.status = 'won')) as won
    from lead l
    left join attribute a on a.lead = l.lead and a.name = 'origin'
    group by 1
) counted
cross join lateral wilson(won, leads) w
order by leads desc, 1
