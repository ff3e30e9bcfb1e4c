-- Read models. Each table is written from one topic alone (`domain/tables.py` says which); joins are views.

-- topic leads

create table lead (
    lead text primary key,
    captured_at timestamptz not null,
    source text not null,
    channel text not null,
    form text,
    campaign text,
    sealed text not null,
    lane text not null
);
create index lead_by_capture on lead (captured_at desc, lead desc);
create index lead_backfilled on lead (captured_at) where lane = 'backfill';

create table test_lead (
    lead text primary key
);

create table attribute (
    lead text not null,
    name text not null,
    value jsonb not null,
    occurred_at timestamptz not null,
    primary key (lead, name)
);

create table intake (
    partition bigint not null,
    minute timestamptz not null,
    source text not null,
    lane text not null,
    facts bigint not null,
    primary key (minute, partition, source, lane)
);

create table deal_move (
    fact text primary key,
    opportunity text not null,
    lead text not null,
    source text not null,
    status text not null,
    amount_minor bigint,
    currency text,
    occurred_at timestamptz not null
);
create index deal_move_by_opportunity on deal_move (lead, source, opportunity, occurred_at desc, fact desc);

create table agreement (
    agreement text not null,
    version bigint not null,
    control bigint not null,
    name text not null,
    hash text not null,
    zone text not null,
    priority bigint not null,
    target_per_month bigint not null,
    in_force_at timestamptz not null,
    primary key (agreement, version)
);

create table retirement (
    agreement text not null,
    version bigint not null,
    retired_at timestamptz not null,
    primary key (agreement, version)
);

create table pledge (
    agreement text not null,
    version bigint not null,
    channel text not null,
    at_least_percent bigint not null,
    primary key (agreement, version, channel)
);

create table reason (
    agreement text not null,
    version bigint not null,
    reason text not null,
    says text not null,
    primary key (agreement, version, reason)
);

create table agreement_day (
    agreement text not null,
    version bigint not null,
    day date not null,
    begins timestamptz not null,
    ends timestamptz not null,
    is_open boolean not null,
    primary key (agreement, version, day)
);
create index agreement_day_by_instant on agreement_day (agreement, version, begins);

create table opening (
    agreement text not null,
    version bigint not null,
    opens timestamptz not null,
    closes timestamptz not null,
    before_seconds bigint not null,
    primary key (agreement, version, opens)
);

create table rep (
    rep text primary key,
    name text not null,
    team text not null,
    control bigint not null
);

create table backfill (
    lane text primary key,
    control bigint not null
);

-- When a lane joined live time: what ran out before, nobody was ever told of.
create table backfill_end (
    lane text primary key,
    joined_at timestamptz not null
);

create table told_leads (
    lead text not null,
    seq bigint not null,
    fact text not null,
    type text not null,
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    recorded_at timestamptz not null,
    actor text not null,
    actor_kind text not null,
    lane text not null,
    says text not null,
    primary key (lead, seq)
);

-- topic qualification

create table engagement (
    engagement text primary key,
    lead text not null,
    agreement text not null,
    agreement_version bigint not null,
    number bigint not null,
    opened_at timestamptz not null,
    lane text not null
);
create index engagement_by_lead on engagement (lead, number desc);

create table mql (
    engagement text primary key,
    lead text not null,
    agreement text not null,
    agreement_version bigint not null,
    occurred_at timestamptz not null,
    recognised_at timestamptz not null,
    as_of timestamptz not null,
    channel text not null,
    source text not null
);
create index mql_by_recognition on mql (recognised_at);
create index mql_by_lead on mql (lead, recognised_at);

create table criterion (
    engagement text not null,
    place bigint not null,
    criterion text not null,
    says text not null,
    result text not null,
    seen text not null,
    facts jsonb not null,
    primary key (engagement, place)
);

create table acceptance (
    engagement text primary key,
    accepted_at timestamptz not null
);

create table closing (
    engagement text primary key,
    outcome text not null,
    reason text,
    closed_at timestamptz not null
);
create index closing_by_time on closing (closed_at);

create table told_qualification (like told_leads including all);

-- topic sla

create table owner (
    engagement text primary key,
    owner text not null,
    team text not null,
    assigned_at timestamptz not null,
    seq bigint not null
);
create index owner_by_name on owner (owner);

create table clock (
    clock text primary key,
    lead text not null,
    engagement text not null,
    kind text not null,
    team text not null,
    started_at timestamptz not null,
    budget_seconds bigint not null,
    unit text not null,
    agreement text not null,
    agreement_version bigint not null,
    segment bigint not null,
    renews text,
    replies_to text,
    seq bigint not null
);
create index clock_by_engagement on clock (engagement);
create index clock_by_lead on clock (lead);

create table deadline (
    clock text primary key,
    due timestamptz not null,
    owner text,
    seq bigint not null
);
create index deadline_by_time on deadline (due);

create table warned (
    clock text primary key,
    percent bigint not null,
    warned_at timestamptz not null
);

create table standing (
    clock text primary key,
    standing text not null,
    credit text,
    answered_at timestamptz,
    elapsed_seconds bigint,
    judged_at timestamptz not null,
    seq bigint not null
);
create index standing_missed on standing (clock) where standing = 'missed';

create table verdict (
    clock text not null,
    seq bigint not null,
    lead text not null,
    verdict text not null,
    previous text not null,
    recorded_at timestamptz not null,
    evidence jsonb not null,
    says text not null,
    primary key (clock, seq)
);

create table attempts (
    engagement text primary key,
    calls bigint not null,
    emails bigint not null,
    socials bigint not null,
    seq bigint not null
);

create table told_sla (like told_leads including all);

-- said by any consumer of itself

create table trouble (
    consumer text not null,
    lead text not null,
    parked boolean not null,
    says text not null,
    since timestamptz not null,
    seq bigint not null,
    primary key (consumer, lead)
);
