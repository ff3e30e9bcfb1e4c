-- Everything recorded before the smallest mark is in these numbers
select consumer,
    min(mark) as mark,
    greatest(extract(epoch from :now - min(mark)), 0)::double precision as behind_seconds,
    (select count(*) from trouble where parked) as parked
from fence
group by consumer
order by 2
