-- What was asked of the fleet for tracks that are there, how far it is, and what came of it.
create table backfills (
  id uuid primary key,
  targets text[] not null,
  force text[] not null,
  selection jsonb not null,
  in_flight integer not null,
  requested_at timestamptz not null,
  state text not null default 'running' check (state in ('running', 'paused', 'cancelled', 'done')),
  steered_at timestamptz,
  finished_at timestamptz,
  -- The last track that was looked at: tracks are gone through in the order of their ids.
  cursor uuid,
  total bigint,
  complete bigint not null default 0,
  succeeded bigint not null default 0,
  failed bigint not null default 0,
  -- Time for which it has run, pauses left out.
  active_ms bigint not null default 0,
  -- The process that drives it, for so long.
  driver text,
  driven_until timestamptz
);
create index backfills_open on backfills (id) where finished_at is null;

-- Tracks under way: no more than in_flight of a backfill.
create table backfill_tracks (
  backfill_id uuid not null,
  track_id uuid not null,
  master text not null,
  steps text[] not null,
  -- What their announcement said beside the wants: steps to force, and steps to rebuild.
  force text[] not null,
  rebuild text[] not null,
  announced_at timestamptz not null,
  announcements integer not null default 1,
  announce_again_at timestamptz not null,
  primary key (backfill_id, track_id)
);
create index backfill_tracks_by_track on backfill_tracks (track_id);

create table backfill_failures (
  backfill_id uuid not null,
  step text not null,
  code text not null,
  tracks bigint not null,
  example uuid not null,
  primary key (backfill_id, step, code)
);
