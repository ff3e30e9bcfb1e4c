-- In the order in which it entered the log; the same instant: in the order in which it went down the stages, and what
-- ends an engagement behind what it ends
select t.topic, t.fact, t.type, t.occurred_at, t.received_at, t.recorded_at, t.actor, t.actor_kind, t.lane, t.says,
    case when t.actor = t.lead then 'the lead' else coalesce(r.name, t.actor) end as actor_name
from told t
left join rep r on r.rep = t.actor
where t.lead = $1
order by t.recorded_at, t.type = 'engagement.closed', t.stage, t.seq
