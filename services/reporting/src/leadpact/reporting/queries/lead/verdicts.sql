select clock, verdict, previous, recorded_at, evidence, says from verdict where lead = $1 order by seq
