select count(*) as leads,
    count(*) filter (where exists (select from test_lead t where t.lead = l.lead)) as test_leads,
    count(*) filter (where lane = 'backfill') as backfilled
from lead l
