-- Every read model can be made again from the log.
create or replace view rebuilt (name) as
values ('lead'::text), ('test_lead'), ('attribute'), ('intake'), ('deal_move'), ('agreement'), ('retirement'), ('pledge'),
    ('reason'), ('agreement_day'), ('opening'), ('rep'), ('backfill'), ('backfill_end'), ('engagement'), ('mql'),
    ('criterion'), ('acceptance'), ('closing'), ('refused_by_qualifier'), ('owner'), ('clock'), ('deadline'), ('warned'),
    ('standing'), ('verdict'), ('attempts'), ('refused_by_sla_monitor'), ('told_leads'), ('told_qualification'),
    ('told_sla'), ('trouble');
select rebuild_rights();
