-- A key whose bytes are gone was forgotten for ever: what it sealed stays unreadable (rule 13).
create table sealing_key (
    kind text not null check (kind in ('person', 'day')),
    name text not null,
    wrapped bytea,
    primary key (kind, name)
);

create table reading (
    at timestamptz not null,
    reader text not null,
    purpose text not null,
    person text not null
);
create index reading_of_person on reading (person, at);
