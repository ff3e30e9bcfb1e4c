-- People captured in the last 90 days by how far they came; who may still move is open, not lost (rule 37). Opportunities
-- without an MQL before them are sales-sourced and stand apart (rule 19).
with cohort as (
    select l.lead
    from lead l
    where l.captured_at > :now - interval '90 days' and l.captured_at <= :now
        and not exists (select from test_lead t where t.lead = l.lead)
),
qualified as (
    select m.lead, min(m.recognised_at) as since, bool_or(a.engagement is not null) as accepted,
        bool_or(c.engagement is null) as is_open
    from mql m
    join cohort using (lead)
    left join acceptance a using (engagement)
    left join closing c using (engagement)
    group by m.lead
),
dealt as (
    select d.lead,
        bool_or(d.opened_at >= q.since) as opportunity,
        coalesce(bool_or(d.status = 'won') filter (where d.opened_at >= q.since), false) as won,
        coalesce(bool_or(d.status = 'open') filter (where d.opened_at >= q.since), false) as is_open,
        bool_or(q.since is null or d.opened_at < q.since) as sales_sourced,
        coalesce(bool_or(d.status = 'won') filter (where q.since is null or d.opened_at < q.since), false) as sales_won
    from deal d
    join cohort using (lead)
    left join qualified q using (lead)
    group by d.lead
),
person as (
    select
        case
            when d.won then 5
            when d.opportunity then 4
            when q.accepted then 3
            when q.lead is not null then 2
            else 1
        end as came_to,
        case when d.opportunity then d.is_open when q.lead is not null then q.is_open else true end as is_open,
        coalesce(d.sales_sourced, false) as sales_sourced,
        coalesce(d.sales_won, false) as sales_won
    from cohort
    left join qualified q using (lead)
    left join dealt d using (lead)
)
select s.stage,
    count(p.came_to) as n,
    count(p.came_to) filter (where p.came_to >= s.place) as reached,
    count(p.came_to) filter (where p.came_to = s.place and p.is_open and s.place < 5) as still_open,
    count(p.came_to) filter (where p.came_to = s.place and not p.is_open and s.place < 5) as ended,
    count(p.came_to) filter (where p.sales_sourced) as sales_sourced,
    count(p.came_to) filter (where p.sales_won) as sales_sourced_won
from (values (1, 'captured'), (2, 'MQL'), (3, 'SQL'), (4, 'opportunity'), (5, 'customer')) as s (place, stage)
left join person p on true
group by s.place, s.stage
order by s.place
