-- What a worker says of itself, for who cannot ask its process: why it is not ready (empty when it is), and how often
-- another had taken its slot over when it wanted to commit.
alter table worker add column waiting text not null default '', add column fenced bigint not null default 0;
create index effect_given_up on effect (id) where state = 'given_up';
