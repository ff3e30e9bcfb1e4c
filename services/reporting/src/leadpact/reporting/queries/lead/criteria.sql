select c.engagement, c.says, c.result, c.seen, c.facts
from criterion c
join engagement e using (engagement)
where e.lead = $1
order by c.engagement, c.place
