-- Who is asking: the agreement that leads, its local day, how far what we know reaches, and the newest fact there is
select c.agreement, c.version, c.name, c.zone, c.day, c.month_begins, f.as_of, i.minute as newest, i.lane as newest_lane,
    (select count(*) from agreement_reign r where r.reigns_from <= :now and (r.reigns_until is null or :now < r.reigns_until))
        as in_force
from (select min(mark) as as_of from fence where consumer like 'reporting.%') f
left join calendar_at(:now) c on true
left join (select minute, lane from intake where minute <= :now order by minute desc limit 1) i on true
