select coalesce(c.outcome, 'open') as outcome, c.reason, count(*) as engagements,
    count(*) filter (where m.engagement is not null) as mqls,
    count(*) filter (where a.engagement is not null) as accepted
from engagement e
left join mql m using (engagement)
left join acceptance a using (engagement)
left join closing c using (engagement)
group by 1, 2
order by 1, 2
