select source, opportunity, status, opened_at, won_at, amount_minor, currency from deal where lead = $1 order by opened_at
