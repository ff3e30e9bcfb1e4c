select coalesce(r.says, c.reason, 'no reason given') as reason,
    count(*) as rejections,
    sum(count(*)) over ()::bigint as n
from closing c
join engagement e using (engagement)
left join reason r on r.agreement = e.agreement and r.version = e.agreement_version and r.reason = c.reason
where c.outcome = 'rejected' and c.closed_at > :now - interval '30 days' and c.closed_at <= :now
group by 1
order by 2 desc, 1
limit 6
