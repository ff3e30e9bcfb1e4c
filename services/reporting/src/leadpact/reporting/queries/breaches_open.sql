-- What somebody can still act on; beside it what ran out in history, before anybody could be told (rule 43)
select count(*) filter (where not from_history) as breaches,
    count(*) filter (where not from_history and kind = 'routing') as routing,
    count(*) filter (where not from_history and kind = 'first_response') as first_response,
    count(*) filter (where not from_history and kind = 'cadence') as cadence,
    count(*) filter (where from_history) as history
from open_breach
