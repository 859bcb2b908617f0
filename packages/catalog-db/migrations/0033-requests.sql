-- What was asked of tracks, by whom, when and why: rows are added, and never changed. What a track wants is the union of what its requests
-- want, so the columns of tracks are derived.
create table requests (
  track_id uuid not null,
  request_id uuid not null,
  cause text not null,
  owner text not null,
  targets text[] not null,
  wants text[] not null,
  force text[] not null,
  versions jsonb not null,
  priority text not null,
  -- Of a backfill's item.
  backfill_id uuid,
  -- Of a replay, where its results were planned to be: one that is elsewhere is likely to be replaced.
  addresses jsonb,
  requested_at timestamptz not null,
  primary key (track_id, request_id)
);

-- Replays that not every step has answered: how often each was announced again, and when to look next.
create table replay_watches (
  track_id uuid not null,
  request_id uuid not null,
  announced_again integer not null default 0,
  next_look_at timestamptz not null default now(),
  -- Why nothing more is tried; null while something is.
  stuck text,
  primary key (track_id, request_id)
);
create index replay_watches_due on replay_watches (next_look_at) where stuck is null;

-- The request that an attempt was made for; null where that is not known.
alter table step_attempts add column request_id uuid;

-- A submission's request has its track's id. Of what backfills have asked for since, only the sum is known.
insert into requests
select id, id, 'submission', 'default', targets, coalesce(asked_at_first, wants), '{}', '{}', 'live', null, null, accepted_at
from tracks;
insert into requests
select id, (left(id::text, 24) || left(md5(id::text), 12))::uuid, 'backfill', 'default', targets, wants, '{}', '{}', 'backfill', null, null,
  accepted_at + interval '1 millisecond'
from tracks where asked_at_first is not null;
alter table tracks drop column asked_at_first;
drop table replays;

-- What an item asks for is its request; what was under way without one is left to the reconciler.
delete from backfill_tracks;
alter table backfill_tracks drop column steps, drop column force, drop column versions, drop column rebuild,
  drop column master;
alter table backfill_tracks add column request_id uuid not null;
