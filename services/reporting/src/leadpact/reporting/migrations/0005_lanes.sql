-- A lane may be opened again under its name: each opening and each joining is a row of its own, by its record's number.
alter table backfill drop constraint backfill_pkey, add primary key (lane, control);
alter table backfill_end
    add column control bigint not null default 0,
    drop constraint backfill_end_pkey,
    add primary key (lane, control);
alter table backfill_end alter column control drop default;
