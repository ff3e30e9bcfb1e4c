select name, value from attribute where lead = $1 order by name
