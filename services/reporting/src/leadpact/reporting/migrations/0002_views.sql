-- Joins of the read models, and the arithmetic that every number shares. "Now" is always an argument: the business clock.

create function wilson(hits bigint, n bigint, out low double precision, out high double precision)
language sql immutable as $$
    -- 95 % interval of a share (rule 37), Wilson's score; nothing for no observations
    with given as (
        select nullif(n, 0)::double precision as n, hits / nullif(n, 0)::double precision as p, 1.959963984540054 as z
    )
    select greatest(0, (p + z * z / (2 * n) - z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)),
           least(1, (p + z * z / (2 * n) + z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n))
    from given
    where p is not null
$$;

create function business_seconds(of_agreement text, of_version bigint, at timestamptz) returns double precision
language sql stable as $$
    -- business time since the calendar's start, by the agreement's hours (rule 2); its cost does not grow with the span
    select coalesce((
        select before_seconds + extract(epoch from least(at, closes) - opens)
        from opening
        where agreement = of_agreement and version = of_version and opens <= at
        order by opens desc
        limit 1
    ), 0)
$$;

create view deal as
select lead, source, opportunity,
    min(occurred_at) as opened_at,
    (array_agg(status order by occurred_at desc, fact desc))[1] as status,
    max(occurred_at) filter (where status = 'won') as won_at,
    (array_agg(amount_minor order by occurred_at desc, fact desc) filter (where amount_minor is not null))[1] as amount_minor,
    (array_agg(currency order by occurred_at desc, fact desc) filter (where currency is not null))[1] as currency
from deal_move
group by lead, source, opportunity;

create view agreement_reign as
-- From when to when a version sets the target: from its coming into force, a first version also for the history that was
-- loaded behind it (rule 43), until the next version.
select a.agreement, a.version, a.name, a.zone, a.priority, a.target_per_month,
    case
        when lag(a.version) over versions is null
            and exists (select from backfill b where b.control > a.control)
        then least(a.in_force_at, (select min(l.captured_at) from lead l where l.lane = 'backfill'))
        else a.in_force_at
    end as reigns_from,
    least(lead(a.in_force_at) over versions, r.retired_at) as reigns_until
from agreement a
left join retirement r using (agreement, version)
window versions as (partition by a.agreement order by a.control);

create function calendar_at(at timestamptz) returns table (
    agreement text, version bigint, name text, zone text, day date,
    day_begins timestamptz, day_ends timestamptz, month_begins timestamptz, month_ends timestamptz
)
language sql stable as $$
    -- The agreement that leads at an instant (the first by priority) and the local day and month it falls in; no row
    -- where none is in force
    select a.agreement, a.version, a.name, a.zone, d.day, d.begins, d.ends, m.begins, m.ends
    from agreement_reign a
    join agreement_day d
        on d.agreement = a.agreement and d.version = a.version and d.begins <= at and at < d.ends
    join lateral (
        select min(n.begins) as begins, max(n.ends) as ends
        from agreement_day n
        where n.agreement = a.agreement and n.version = a.version
            and n.day >= date_trunc('month', d.day)::date and n.day < (date_trunc('month', d.day) + interval '1 month')::date
    ) m on true
    where a.reigns_from <= at and (a.reigns_until is null or at < a.reigns_until)
    order by a.priority, a.agreement
    limit 1
$$;

create view clock_state as
-- `settled_at`: when the promise was answered in time or ran out; the day a verdict counts in, however late it is revised
select c.clock, c.lead, c.engagement, c.kind, d.owner, c.team, c.started_at, d.due, c.budget_seconds, c.unit, c.agreement,
    c.agreement_version, c.segment, c.renews, c.replies_to, coalesce(s.standing, 'pending') as standing, s.credit,
    s.answered_at, s.elapsed_seconds, s.judged_at, w.percent as warned_percent, w.warned_at,
    least(coalesce(s.answered_at, d.due), d.due) as settled_at
from clock c
join deadline d using (clock)
left join standing s using (clock)
left join warned w using (clock);

create view open_breach as
-- A missed promise about which somebody can still do something: not answered, not renewed by a later clock, its
-- engagement open; a routing that has no owner yet, a cadence that sales has not ended by accepting.
-- `from_history`: it ran out before its lane joined live time, so nobody was ever told
select c.*,
    exists (select from engagement e where e.engagement = c.engagement and e.lane = 'backfill') and (
        exists (
            select from standing s
            join told_sla t on t.lead = c.lead and t.seq = s.seq
            where s.clock = c.clock and t.lane = 'backfill'
        )
        or exists (select from backfill_end b where c.due <= b.joined_at and b.joined_at <= c.judged_at)
    ) as from_history
from clock_state c
where c.standing = 'missed'
    and c.answered_at is null
    and not exists (select from closing e where e.engagement = c.engagement)
    and not exists (select from clock later where later.engagement = c.engagement and later.renews = c.clock)
    and not (c.kind = 'routing' and exists (select from owner o where o.engagement = c.engagement))
    and not (c.kind = 'cadence' and exists (select from acceptance a where a.engagement = c.engagement));

create function about_to_breach(at timestamptz) returns setof clock_state
language sql stable as $$
    -- Warned of by the agreement's own measure, and not yet judged
    select c.*
    from clock_state c
    where c.standing = 'pending'
        and c.warned_percent is not null
        and c.due > at - interval '7 days'
        and not exists (select from closing e where e.engagement = c.engagement)
$$;

create view told as
select 'leads' as topic, 1 as stage, * from told_leads
union all
select 'qualification', 2, * from told_qualification
union all
select 'sla', 3, * from told_sla;

create view lead_state as
-- Where a person stands: by the latest engagement, and by won deals whoever found them; who was won is a customer
select l.lead, l.captured_at, l.source, l.channel, l.form, l.campaign, t.lead is not null as test, l.lane, l.sealed <> '' as has_contact,
    e.engagement, e.number as engagement_number, m.recognised_at, a.accepted_at, o.owner, r.name as owner_name, o.team,
    case
        when t.lead is not null then 'test'
        when c.outcome = 'won' or exists (select from deal d where d.lead = l.lead and d.status = 'won') then 'customer'
        when e.engagement is null then 'lead'
        when c.outcome is not null then c.outcome
        when exists (select from deal d where d.lead = l.lead and d.status = 'open') then 'opportunity'
        when a.accepted_at is not null then 'sql'
        else 'mql'
    end as state
from lead l
left join test_lead t using (lead)
left join lateral (
    select * from engagement where engagement.lead = l.lead order by number desc limit 1
) e on true
left join mql m using (engagement)
left join acceptance a using (engagement)
left join closing c using (engagement)
left join owner o using (engagement)
left join rep r on r.rep = o.owner;

create function first_response(since timestamptz, until timestamptz) returns table (
    share double precision, low double precision, high double precision, n bigint, in_time bigint, missed bigint,
    unverified bigint, median_seconds double precision, p90_seconds double precision, mean_seconds double precision
)
language sql stable as $$
    -- Rule 37: (met + withdrawn) / (met + withdrawn + missed), unverified beside it; seconds are those to the answers. A
    -- clock that renews a missed one is left out: the lead's verdict stays that of the missed one (rule 31)
    select f.in_time / nullif(f.in_time + f.missed, 0)::double precision, w.low, w.high, f.in_time + f.missed, f.in_time,
        f.missed, f.unverified, f.median, f.p90, f.mean
    from (
        select count(*) filter (where standing in ('met', 'withdrawn')) as in_time,
            count(*) filter (where standing = 'missed') as missed,
            count(*) filter (where standing = 'unverified') as unverified,
            percentile_cont(0.5) within group (order by elapsed_seconds) filter (where answered_at is not null) as median,
            percentile_cont(0.9) within group (order by elapsed_seconds) filter (where answered_at is not null) as p90,
            avg(elapsed_seconds) filter (where answered_at is not null)::double precision as mean
        from clock_state
        where kind = 'first_response' and renews is null and due >= since and started_at <= until
            and settled_at >= since and settled_at <= until
    ) f, wilson(f.in_time, f.in_time + f.missed) w
$$;

create function mqls(of_agreement text, since timestamptz, until timestamptz) returns table (
    lead text, recognised_at timestamptz, channel text, source text, returned boolean
)
language sql stable as $$
    -- Rule 53: once per person in the span, by when they were recognised, even if rejected later
    select distinct on (m.lead) m.lead, m.recognised_at, m.channel, m.source, e.number > 1
    from mql m
    join engagement e using (engagement)
    where m.agreement = of_agreement and m.recognised_at >= since and m.recognised_at <= until
    order by m.lead, m.recognised_at, m.engagement
$$;

create function target_days(of_agreement text, since timestamptz, until timestamptz) returns table (
    day date, begins timestamptz, ends timestamptz, is_open boolean, version bigint, target double precision
)
language sql stable as $$
    -- Rule 53: a month's target spread evenly over its business days; each day by the version that reigns at its end
    select d.day, d.begins, d.ends, d.is_open, d.version,
        case when d.is_open then r.target_per_month / d.open_days::double precision else 0 end
    from agreement_reign r
    join (
        select *, count(*) filter (where is_open) over (partition by version, date_trunc('month', day)) as open_days
        from agreement_day
        where agreement = of_agreement
    ) d using (agreement, version)
    where d.begins >= since and d.begins < until
        and r.reigns_from < d.ends and (r.reigns_until is null or r.reigns_until >= d.ends)
$$;
