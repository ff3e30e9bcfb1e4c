-- When time last moved in the normaliser, or it was last told that it stands, by the server's clock; null: it never moved.
-- Written by every turn in which time moves, so in place.
alter table control add column moved_at timestamptz;
alter table control set (fillfactor = 50);
