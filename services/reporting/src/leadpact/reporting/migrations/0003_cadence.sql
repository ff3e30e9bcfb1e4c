-- What a cadence wants; unknown of versions that were read before this file.
alter table agreement
    add column cadence_calls bigint,
    add column cadence_emails bigint,
    add column cadence_socials bigint;

create or replace function about_to_breach(at timestamptz) returns setof clock_state
language sql stable as $$
    -- Warned of by the agreement's own measure, not yet judged, and something of it still to be done
    select c.*
    from clock_state c
    where c.standing = 'pending'
        and c.warned_percent is not null
        and c.due > at - interval '7 days'
        and not exists (select from closing e where e.engagement = c.engagement)
        and not (c.kind = 'cadence' and exists (
            select from attempts t
            join agreement a on (a.agreement, a.version) = (c.agreement, c.agreement_version)
            where t.engagement = c.engagement
                and t.calls >= a.cadence_calls and t.emails >= a.cadence_emails and t.socials >= a.cadence_socials
        ))
$$;
