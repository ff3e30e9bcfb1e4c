-- What a visitor did live waits behind the lane that identified them, until it has joined live time (rule 43).
alter table unidentified add column history boolean not null default false;  -- it came by a lane
create table behind (
    visitor bytea primary key,
    lead uuid not null
);
alter table lane drop constraint lane_state_check;
alter table lane add constraint lane_state_check check (state in ('staging', 'releasing', 'joining', 'closed'));
