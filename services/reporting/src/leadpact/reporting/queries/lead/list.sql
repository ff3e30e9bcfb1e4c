select lead, captured_at, source, channel, state, owner, owner_name, recognised_at
from lead_state
where ($1::timestamptz is null or (captured_at, lead) < ($1, $2::text))
    and ($3::text is null or lead like $3 || '%')
    and ($4::text is null or owner = $4)
    and ($5::text is null or state = $5)
order by captured_at desc, lead desc
limit $6
