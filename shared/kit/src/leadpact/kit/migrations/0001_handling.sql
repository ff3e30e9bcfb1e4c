-- Event handling: ownership, state, time, outbox. Keys and names compare by bytes, as they do in Python, because timers
-- that are due together fire in that order wherever they are sorted.

create table fence (
    consumer text not null,
    slot integer not null,
    owner text,
    epoch bigint not null default 0,
    turn bigint not null default 0,
    lease_until timestamptz not null default '-infinity',
    positions jsonb not null default '[]',
    mark timestamptz not null default 'epoch',
    lane_mark timestamptz,
    joined timestamptz not null default 'epoch',
    primary key (consumer, slot)
) with (fillfactor = 50);

-- Who takes part in sharing the slots; `seen` is the server's time.
create table worker (
    consumer text not null,
    owner text not null,
    seen timestamptz not null,
    primary key (consumer, owner)
) with (fillfactor = 50);

-- State of a key; the control state of a slot stands under the empty key.
create table cell (
    consumer text not null,
    slot integer not null,
    key text collate "C" not null,
    version bigint not null,
    lane text not null,
    data bytea not null,
    primary key (consumer, slot, key)
) with (fillfactor = 70);

create table timer (
    consumer text not null,
    slot integer not null,
    key text collate "C" not null,
    name text collate "C" not null,
    due timestamptz not null,
    lane text not null,
    primary key (consumer, slot, key, name)
) with (fillfactor = 70);
create index timer_due on timer (consumer, slot, lane, due, key, name);

-- Rows that keys of several slots share; locked from the reading to the commit.
create table shared (
    name text collate "C" primary key,
    data bytea not null
);

-- A key whose timers do not fire. By its own consumer: its records wait too. By one upstream: only its timers.
create table parked (
    consumer text not null,
    slot integer not null,
    key text collate "C" not null,
    by text not null,
    reason text not null,
    asked boolean not null default false,
    since timestamptz not null default now(),
    primary key (consumer, slot, key, by)
);

create table waiting (
    consumer text not null,
    slot integer not null,
    key text collate "C" not null,
    number bigint generated always as identity,
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    seq bigint not null,
    record_key bytea not null,
    value bytea not null,
    primary key (consumer, slot, key, number)
);

create table dead_letter (
    id bigint generated always as identity primary key,
    consumer text not null,
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    key bytea not null,
    value bytea not null,
    reason text not null,
    buried_at timestamptz not null default now()
);

-- The counter of an outgoing stream; locked last in a transaction and held to its commit, so that the order of
-- sequences is the order of commits.
create table stream (
    topic text not null,
    partition integer not null,
    next_seq bigint not null,
    primary key (topic, partition)
) with (fillfactor = 50);

-- What one turn sends on one stream: the messages up to sequence `last`, so many, packed by kit/pg/outbox.py. A row a
-- turn, not a message: two thirds of the work of an event were its row here.
create table outbox (
    topic text not null,
    partition integer not null,
    last bigint not null,
    messages integer not null,
    body bytea not null,
    primary key (topic, partition, last)
);
alter table outbox alter column body set storage external;

-- How far each stream's relay has got; apart from the counter, so that publishing never waits for a turn.
create table relayed (
    topic text not null,
    partition integer not null,
    published bigint not null,
    primary key (topic, partition)
) with (fillfactor = 50);
