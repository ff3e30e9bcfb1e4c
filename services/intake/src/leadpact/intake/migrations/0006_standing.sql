-- When time last moved in the normaliser, by the server's clock; null: it never has. Longer ago than ten minutes when it
-- goes on, and everybody is told (rule 30). Written by every turn in which time moves.
alter table control add column moved_at timestamptz;
alter table control set (fillfactor = 50);
