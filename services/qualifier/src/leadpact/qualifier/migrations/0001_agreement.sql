-- Versions of agreements as they were written and as they were resolved; what is signed is the hash of the latter.
create table agreement (
    id text not null,
    version integer not null,
    hash text not null,
    state text not null check (state in ('draft', 'in_force', 'replaced', 'withdrawn')),
    media text not null,
    source text not null,
    resolved bytea not null,
    drafted_by text not null,
    drafted_at timestamptz not null,
    activated_by text,
    activated_at timestamptz,
    primary key (id, version)
);

-- At most one version is being written, and at most one is in force.
create unique index one_draft on agreement (id) where state = 'draft';
create unique index one_in_force on agreement (id) where state = 'in_force';

-- Rule 45: one named person of each team, and nobody for both.
create table approval (
    id text not null,
    version integer not null,
    team text not null check (team in ('marketing', 'sales')),
    person text not null,
    name text not null,
    signed_at timestamptz not null,
    primary key (id, version, team),
    unique (id, version, person),
    foreign key (id, version) references agreement (id, version)
);
