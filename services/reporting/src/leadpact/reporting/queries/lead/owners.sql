select distinct o.owner, coalesce(r.name, o.owner) as name from owner o left join rep r on r.rep = o.owner order by 2
