select count(*) as breaches,
    count(*) filter (where kind = 'routing') as routing,
    count(*) filter (where kind = 'first_response') as first_response,
    count(*) filter (where kind = 'cadence') as cadence
from open_breach
