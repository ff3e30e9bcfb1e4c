-- An item leaves quarantine by passing or by being dropped; by its import a file's items are found together.
alter table quarantine rename column redriven_at to settled_at;
alter table quarantine
    add column import text,
    add column ingest uuid,  -- with `item`, the outcome that a drop makes final
    add column item int,
    add column dropped_by text,
    add column drop_reason text;
