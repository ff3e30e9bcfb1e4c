-- Deliveries that Kafka did not acknowledge in time. A row stands until the normaliser has handled its delivery, by
-- whichever record came first, and two days more, so that a second record of it is known for one.
create table spool (
    delivery uuid primary key,
    number bigint generated always as identity,
    partition int not null,
    received_at timestamptz not null,
    value bytea not null,  -- the raw record, sealed; empty once it is published
    claimed_at timestamptz,
    published_at timestamptz,
    handled_at timestamptz
);
create index spool_to_publish on spool (number) where published_at is null and handled_at is null;
create index spool_to_handle on spool (received_at) where handled_at is null;
