create or replace function calendar_at(at timestamptz) returns table (
    agreement text, version bigint, name text, zone text, day date,
    day_begins timestamptz, day_ends timestamptz, month_begins timestamptz, month_ends timestamptz
)
language sql stable as $$
    -- The agreement that leads at an instant (the first by priority; where none is in force any more, the one that was
    -- withdrawn last, for its month and its promises go on) and the local day and month it falls in; no row before any
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
    where a.reigns_from <= at
    order by case when a.reigns_until <= at then a.reigns_until end desc nulls first, a.priority, a.agreement
    limit 1
$$;
