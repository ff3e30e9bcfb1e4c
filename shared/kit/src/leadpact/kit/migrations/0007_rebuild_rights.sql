-- Tables of the service's own that a rebuild may replace beside cells and timers: its migrations say so in this view's
-- place, and call `rebuild_rights` again.
create view rebuilt (name) as select ''::text where false;

-- Called too when the role for rebuilds is made behind the tables.
create function rebuild_rights() returns void
language plpgsql set search_path from current as $$
declare
    rebuilder text := current_user || '_rebuild';
    place text;
begin
    if not exists (select from pg_roles where rolname = rebuilder) then
        return;
    end if;
    execute format('grant select on fence, stream, outbox, parked, waiting, buried to %I', rebuilder);
    execute format('grant update (owner, epoch, lease_until, shape) on fence to %I', rebuilder);
    for place in
        select name from rebuilt union all select unnest(array['cell', 'timer', 'cell_next', 'timer_next'])
    loop
        execute format('grant select, insert, update, delete on %I to %I', place, rebuilder);
    end loop;
end
$$;
select rebuild_rights();
