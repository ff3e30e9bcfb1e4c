-- Facts received in steps of five minutes; history that is being loaded is not counted
select date_bin('5 minutes', minute, timestamptz '2000-01-01T00:00:00Z') as time,
    source,
    sum(facts)::bigint as facts
from intake
where minute > :now - interval '3 hours' and minute <= :now and lane = 'live'
group by 1, 2
order by 1, 2
