-- The steps that were asked for at first, where more have been asked for since: when these have come to an end for the first
-- time, so has the track. Null: what it wants.
alter table tracks add column asked_at_first text[];

-- Of a step that was given up: { "code", "message", "attempts" }, the last error and how many attempts had one.
alter table step_attempts add column underlying jsonb;
alter table step_outcomes add column underlying jsonb;

-- Asked for again, and no attempt has ended since: { "since", "version", "reason" }.
alter table step_outcomes add column recomputing jsonb;
-- A later version or attempt has failed, and what was there before holds: { "version", "address", "error", "at" }.
alter table step_outcomes add column failed_upgrade jsonb;

-- Replays whose steps have not all ended: of no use after that.
create table replays (
  track_id uuid not null,
  requested_at timestamptz not null,
  force text[] not null,
  versions jsonb not null,
  primary key (track_id, requested_at)
);

-- Of a backfill's track: why each step runs, by its name, and the least version of each step that will do.
alter table backfill_tracks add column runs jsonb not null default '{}';
alter table backfill_tracks add column versions jsonb not null default '{}';
