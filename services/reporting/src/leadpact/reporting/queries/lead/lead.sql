select * from lead_state where lead = $1
