select kind, standing, count(*) as clocks from clock_state group by 1, 2 order by 1, 2
