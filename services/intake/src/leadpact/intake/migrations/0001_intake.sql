-- The normaliser's own tables. Keys of people and of deliveries are keyed hashes; what is personal is sealed.
create table source (
    name text primary key,
    kind text not null check (kind in ('json', 'typeform', 'segment', 'csv')),
    zone text not null,
    channel text,
    mapping jsonb not null default '{}',
    clear text[] not null,
    secrets text not null default ''  -- sealed: a JSON array of the live ones, newest first
);
create table delivery_key (
    hash bytea primary key,
    until date  -- null: for ever
);
create index delivery_key_until on delivery_key (until) where until is not null;

create table identity_key (
    hash bytea primary key,
    kind text not null,
    lead uuid  -- null: a visitor's key that several people share
);
create index identity_key_lead on identity_key (lead);

create table person (
    lead uuid primary key,
    data bytea not null
);

create table conflict (
    lead uuid not null,
    other uuid not null,
    primary key (lead, other)
);
create index conflict_other on conflict (other);

create table unidentified (
    visitor bytea not null,
    id uuid not null,
    received_on date not null,
    data bytea not null,
    primary key (visitor, id)
);
create index unidentified_received_on on unidentified (received_on);

create table outcome (
    delivery uuid not null,
    item int not null,
    outcome text not null,
    reason text not null,
    pointer text not null,
    at timestamptz not null,
    primary key (delivery, item)
);
create index outcome_at on outcome (at);

create table quarantine (
    id uuid primary key,
    source text not null,
    door text not null,
    received_at timestamptz not null,
    held_at timestamptz not null,
    reason text not null,
    pointer text not null,
    redriven_at timestamptz,
    delivery bytea not null
);
create index quarantine_open on quarantine (held_at, id) where redriven_at is null;

create table lane (
    name text primary key,
    state text not null check (state in ('staging', 'releasing', 'closed')),
    staged int not null,
    released int not null,
    after_at timestamptz,
    after_id uuid
);
create table staged (
    lane text not null,
    occurred_at timestamptz not null,
    id uuid not null,
    day date not null,
    sealed bytea not null,
    primary key (lane, occurred_at, id)
);

create table import (
    id text primary key,
    source text not null,
    filename text not null,
    file text not null,
    kind text not null,
    backfill boolean not null,
    rows int,  -- null: not all published yet
    began_at timestamptz not null
);
create table tally (
    name text not null,  -- an import or a lane
    outcome text not null,
    items bigint not null,
    primary key (name, outcome)
);

create table control (
    single boolean primary key default true check (single),
    number bigint not null
);
insert into control (number) values (0);
insert into source (name, kind, zone, clear)
values ('api', 'json', 'UTC', array['industry', 'product_line', 'segment', 'interest', 'language', 'revenue']);
