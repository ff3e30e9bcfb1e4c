select e.engagement, e.number, e.agreement, e.agreement_version, coalesce(a.name, e.agreement) as agreement_name,
    coalesce(a.zone, 'UTC') as zone, e.opened_at, m.recognised_at, m.occurred_at, m.channel, x.accepted_at, c.outcome,
    coalesce(r.says, c.reason) as reason, c.closed_at, coalesce(p.name, o.owner) as owner, o.team,
    t.calls, t.emails, t.socials
from engagement e
left join agreement a on a.agreement = e.agreement and a.version = e.agreement_version
left join mql m using (engagement)
left join acceptance x using (engagement)
left join closing c using (engagement)
left join reason r on r.agreement = e.agreement and r.version = e.agreement_version and r.reason = c.reason
left join owner o using (engagement)
left join rep p on p.rep = o.owner
left join attempts t using (engagement)
where e.lead = $1
order by e.number desc
