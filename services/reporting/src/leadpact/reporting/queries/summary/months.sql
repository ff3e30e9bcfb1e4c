-- MQLs by month of the agreement's zone, once per person and month (rule 53)
select agreement, month, count(*) as mqls
from (
    select distinct m.agreement, date_trunc('month', d.day)::date as month, m.lead
    from mql m
    join agreement_day d
        on d.agreement = m.agreement and d.version = m.agreement_version
        and d.begins <= m.recognised_at and m.recognised_at < d.ends
) counted
group by 1, 2
order by 1, 2
