-- The catalog is a projection of facts: everything here can be made again from the buckets.

-- Ids are UUIDs of version 7, so the primary key is also the order of acceptance.
create table tracks (
  id uuid primary key,
  master text not null,
  size_bytes bigint not null,
  file_name text,
  title text,
  source text not null,
  targets text[] not null,
  wants text[] not null,
  accepted_at timestamptz not null,
  state text not null default 'accepted'
    check (state in ('accepted', 'processing', 'done', 'partial', 'failed')),
  finished_at timestamptz
);

create table jobs (
  request_id text primary key,
  track_id uuid not null,
  release_id text not null,
  asset_id text not null,
  asset_guid text not null,
  derivative_assets text[] not null
);

-- Every attempt that was heard of, in the order in which it happened to arrive: the audit trail. Only ever added to.
create table step_attempts (
  track_id uuid not null,
  step text not null,
  address text not null,
  started_at timestamptz not null,
  worker text not null,
  version integer not null,
  kind text not null,
  status text not null check (status in ('succeeded', 'failed')),
  -- Null for messages that the queue itself gave up on.
  how text check (how in ('computed', 'skipped')),
  error_code text,
  error_message text,
  finished_at timestamptz not null,
  duration_ms double precision not null,
  cpu_ms double precision,
  delivery_attempt integer not null,
  primary key (track_id, step, address, started_at, worker)
);

-- What holds now for each wanted step of a track that has come to an end: derived from step_attempts.
create table step_outcomes (
  track_id uuid not null,
  step text not null,
  status text not null check (status in ('succeeded', 'failed', 'blocked')),
  blocked_by text[] not null default '{}',
  -- All null for a blocked step.
  version integer,
  kind text,
  address text,
  how text,
  error_code text,
  error_message text,
  worker text,
  started_at timestamptz,
  finished_at timestamptz,
  duration_ms double precision,
  cpu_ms double precision,
  delivery_attempt integer,
  primary key (track_id, step)
);

-- One row per address, shared by all tracks with the same master: exactly one set of results.
create table artifacts (
  address text primary key,
  kind text not null,
  step text not null,
  version integer not null,
  master text not null,
  facts jsonb,
  payload jsonb,
  -- When the record was last seen to be so: of two accounts the later one holds.
  seen_at timestamptz not null
);

create table dead_letters (
  subscription text not null,
  message_id text not null,
  track_id uuid,
  step text,
  error_code text not null,
  error_message text not null,
  story jsonb not null,
  data bytea not null,
  attributes jsonb not null,
  at timestamptz not null,
  primary key (subscription, message_id)
);
