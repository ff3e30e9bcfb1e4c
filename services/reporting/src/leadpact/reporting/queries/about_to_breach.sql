-- Warned of by the agreement's own measure, and not yet judged; soonest first
select c.lead,
    c.kind,
    coalesce(r.name, c.owner, c.team) as owner,
    c.due,
    case c.unit
        when 'business' then
            business_seconds(c.agreement, c.agreement_version, c.due)
            - business_seconds(c.agreement, c.agreement_version, least(:now, c.due))
        else extract(epoch from c.due - least(:now, c.due))
    end as remaining_seconds,
    c.unit,
    c.warned_percent,
    count(*) over () as n
from clock_state c
left join rep r on r.rep = c.owner
where c.standing = 'pending'
    and c.warned_percent is not null
    and c.due > :now - interval '7 days'
    and not exists (select from closing e where e.engagement = c.engagement)
order by c.due, c.lead
limit 10
