-- Soonest first
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
from about_to_breach(:now) c
left join rep r on r.rep = c.owner
order by c.due, c.lead
limit 10
