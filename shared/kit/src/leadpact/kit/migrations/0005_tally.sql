-- What a slot has counted, by name: so often, the last time behind this sequence of its input, as of which instant at the
-- earliest. Written in the turn that counts, so that numbers and positions agree.
create table slot_tally (
    consumer text not null,
    slot integer not null,
    name text collate "C" not null,
    number bigint not null,
    seq bigint not null,
    first_at timestamptz not null,
    primary key (consumer, slot, name)
) with (fillfactor = 50);

-- While its mark was before this a slot did not count; it is the beginning of time for slots that begin from here on.
alter table fence add column tallied_since timestamptz not null default 'epoch';
update fence set tallied_since = mark where turn > 0;
