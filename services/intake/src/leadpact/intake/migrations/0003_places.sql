-- Where in what was sent an item stood: a pointer into the body, or the row of a file.
alter table quarantine
    add column place text not null default '',
    add column row_number int;
