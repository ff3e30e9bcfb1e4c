-- The layout of a slot's state bytes, and the one that a worker reads: it claims no slot of another.
alter table fence add column shape integer not null default 1;
alter table worker add column shape integer not null default 1;

-- Where a rebuild builds, beside what lives: each slot from nothing, so that they need not outlast a crash.
create unlogged table cell_next (like cell including all);
create unlogged table timer_next (like timer including all);

-- Where the records stood that nobody could read: code that can read them by now passes them over all the same. One
-- that was handed back is taken where its slot stood by then: `behind` is the offset of the slot's next record,
-- `number` its place in `waiting`.
create table buried (
    consumer text not null,
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    behind bigint,
    number bigint,
    primary key (consumer, topic, partition, "offset")
);
insert into buried (consumer, topic, partition, "offset")
select distinct consumer, topic, partition, "offset" from dead_letter;

-- Who rebuilds may read what a slot is made of, replace its cells and timers and have its owner claim again: nothing
-- else, above all no effect and no event.
do $$
declare
    rebuilder text := current_user || '_rebuild';
begin
    if exists (select from pg_roles where rolname = rebuilder) then
        execute format(
            'grant select on fence, stream, outbox, parked, waiting, buried, cell, timer to %I', rebuilder
        );
        execute format('grant update (owner, epoch, lease_until, shape) on fence to %I', rebuilder);
        execute format('grant insert, update, delete on cell, timer to %I', rebuilder);
        execute format('grant select, insert, update, delete on cell_next, timer_next to %I', rebuilder);
    end if;
end
$$;
