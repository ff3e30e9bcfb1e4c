-- Everything recorded before the smallest mark is in these numbers
select consumer,
    min(mark) as mark,
    sum(turn) filter (where mark = slowest)::bigint as turns,
    greatest(extract(epoch from :now - min(mark)), 0)::double precision as behind_seconds,
    (select count(*) from trouble where parked) as parked
from (select *, min(mark) over (partition by consumer) as slowest from fence) as fence
group by consumer
order by 2
