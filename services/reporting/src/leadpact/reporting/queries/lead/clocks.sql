select c.clock, c.engagement, c.kind, coalesce(p.name, c.owner) as owner, c.team, c.started_at, c.due, c.budget_seconds,
    c.unit, c.agreement, c.agreement_version, c.segment, c.standing, coalesce(q.name, c.credit) as credit, c.answered_at,
    c.elapsed_seconds, c.warned_percent, c.replies_to, c.renews
from clock_state c
left join rep p on p.rep = c.owner
left join rep q on q.rep = c.credit
where c.lead = $1
order by c.started_at, array_position(array['routing', 'first_response', 'cadence'], c.kind), c.clock
