select lead, captured_at, source, channel, state, owner, owner_name, recognised_at
from lead_state
where ($1::timestamptz is null or (captured_at, lead) < ($1, $2::text))
    and ($3::text is null or lead like $3 || '%')
    and ($4::text is null or owner = $4)
    and ($5::text is null or state = $5)
    and case $6::text
        when 'warned' then lead in (select c.lead from about_to_breach($7::timestamptz) c)
        when 'missed' then lead in (select b.lead from open_breach b where not b.from_history)
        when 'unverified' then lead in (
            select c.lead from clock_state c where c.standing = 'unverified' and c.answered_at is null
        )
        when 'missed_in_history' then lead in (select b.lead from open_breach b where b.from_history)
        else true
    end
order by captured_at desc, lead desc
limit $8
