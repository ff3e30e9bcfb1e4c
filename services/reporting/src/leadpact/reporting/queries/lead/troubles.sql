select consumer, says, since from trouble where lead = $1 and parked order by since
