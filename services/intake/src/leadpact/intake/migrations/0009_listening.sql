-- Which feeds the agreements in force count on, when each spoke last, and until when it is told silent (rule 30).
alter table control add column listening jsonb not null default '{}';
