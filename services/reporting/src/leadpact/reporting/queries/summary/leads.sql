select count(*) as leads,
    count(*) filter (where exists (select from test_lead t where t.lead = l.lead)) as test_leads,
    count(*) filter (where lane = 'backfill') as backfilled,
    count(*) filter (where captured_at < (
        select min(d.begins)
        from agreement_day d
        join agreement_reign r using (agreement, version)
        where r.reigns_until is null
    )) as before_calendars
from lead l
