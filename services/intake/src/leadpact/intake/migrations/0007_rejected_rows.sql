-- Of a rejected row of a file: the import that brought it, and its number, 1 for the first behind the header.
alter table outcome
    add column import text,
    add column row_number int;
create index outcome_import on outcome (import, row_number) where import is not null;
create index quarantine_import on quarantine (import) where import is not null and settled_at is null;
