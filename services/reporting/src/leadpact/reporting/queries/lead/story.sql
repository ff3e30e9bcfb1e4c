-- In the order in which it entered the log; the same instant: in the order in which it went down the stages
select topic, fact, type, occurred_at, received_at, recorded_at, actor, actor_kind, lane, says
from told
where lead = $1
order by recorded_at, stage, seq
