create table api_key (
    id text primary key,
    secret_sha256 bytea not null,
    actor text not null,
    actor_kind text not null,
    name text not null,
    roles text[] not null,
    scopes text[] not null,
    created_at timestamptz not null,
    revoked_at timestamptz
);
