-- What is to be done outside, once per id. A turn only inserts (id, kind, payload); the loop of kit/effects.py does the
-- rest. Held: not done yet, because it waits for its time or because nobody here can do this kind.
create table effect (
    id text primary key,
    kind text not null,
    payload jsonb not null,
    state text not null default 'held' check (state in ('held', 'sent', 'given_up')),
    attempts integer not null default 0,
    due timestamptz not null default '-infinity',
    error text,
    sent_at timestamptz
);
create index effect_held on effect (due, id) where state = 'held';
