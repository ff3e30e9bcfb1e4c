-- The sources that a key delivers as; none: as any.
alter table api_key add column sources text[] not null default '{}';
