-- What history left behind is told apart from what somebody can still act on (rule 43, docs/adr/0030).

create table backfill_end (
    lane text primary key,
    joined_at timestamptz not null
);

create or replace view open_breach as
-- A missed promise about which somebody can still do something: not answered, not taken over by a later clock of its
-- kind, its engagement open; a routing that has no owner yet, a cadence that sales has not ended by accepting.
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
    and not exists (
        select from clock later
        where later.engagement = c.engagement and later.kind = c.kind and later.started_at > c.started_at
    )
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

create or replace view lead_state as
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
