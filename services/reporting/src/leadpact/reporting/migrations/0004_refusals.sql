-- Commands that the domain refused, by the delivery that brought them; those of versions before this file are not known.

-- topic qualification
create table refused_by_qualifier (
    command text primary key,
    ingest text not null,
    lead text not null,
    reason text not null,
    says text not null,
    recorded_at timestamptz not null
);
create index refused_by_qualifier_ingest on refused_by_qualifier (ingest);
create index refused_by_qualifier_time on refused_by_qualifier (recorded_at desc, command desc);

-- topic sla
create table refused_by_sla_monitor (like refused_by_qualifier including all);

create view refusal as
select 'qualifier' as service, * from refused_by_qualifier
union all
select 'sla-monitor', * from refused_by_sla_monitor;
