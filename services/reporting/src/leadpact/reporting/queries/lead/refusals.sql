select ingest, command, service, lead, reason, says, recorded_at
from refusal
where ($1::text is null or ingest = $1)
    and ($2::timestamptz is null or (recorded_at, command) < ($2, $3::text))
order by recorded_at desc, command desc
limit $4
