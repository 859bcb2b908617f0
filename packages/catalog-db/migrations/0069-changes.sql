-- What has happened to tracks, for those who follow it. See `docs/adr/0070-a-feed-without-gaps.md`.

-- Numbers have no gaps and are in the order of commits: whoever gives them has a lock until it is committed (`services/catalog/src/changes`).
create table changes (
  number bigint primary key,
  at timestamptz not null default clock_timestamp(),
  track_id uuid not null,
  -- That it happened for; null where none is known.
  request_id uuid,
  type text not null,
  -- Of the track, with the change.
  state text not null,
  step text,
  code text
);
create index changes_of_track on changes (track_id, number);

create table change_feed (
  id boolean primary key default true check (id),
  -- Of cursors: another one where those from before lead nowhere.
  epoch text not null default left(gen_random_uuid()::text, 8),
  -- The last number of those that are not kept any more.
  gone_through bigint not null default 0
);
insert into change_feed default values;
