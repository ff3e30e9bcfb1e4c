select l.source, l.channel, count(*) as leads,
    count(*) filter (where exists (select from mql m where m.lead = l.lead)) as mqls,
    count(*) filter (where exists (select from deal d where d.lead = l.lead and d.status = 'won')) as won
from lead l
group by 1, 2
order by 1, 2
