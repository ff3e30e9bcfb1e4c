-- A role that may read reporting's tables and nothing else; its queries are told apart from ours and cut off.
-- psql "$LEADPACT_POSTGRES" -v password=… -f reader.sql, run as the owner of the database.
create role leadpact_grafana login password :'password';
alter role leadpact_grafana set search_path = reporting;
alter role leadpact_grafana set default_transaction_read_only = on;
alter role leadpact_grafana set statement_timeout = '10s';
grant usage on schema reporting to leadpact_grafana;
grant select on all tables in schema reporting to leadpact_grafana;
