-- Identity can be made again from topic `leads`.
create or replace view rebuilt (name) as values ('identity_key'::text), ('person'), ('conflict'), ('control');
select rebuild_rights();
