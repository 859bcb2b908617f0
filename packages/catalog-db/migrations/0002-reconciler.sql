-- Open tracks alone, in the order of acceptance: small however large the catalog grows.
create index tracks_open on tracks (id) where state in ('accepted', 'processing');

-- Tracks that were found without an owner: how often their master was announced again, and when to look next.
create table track_watches (
  track_id uuid primary key,
  announced_again integer not null default 0,
  next_look_at timestamptz not null,
  -- Wanted steps that had ended when the track was last looked at: progress begins the count anew.
  steps_ended integer not null default 0,
  -- Why nothing more is tried; null while something is.
  stuck text
);

-- What was done for tracks beside the chain's own work.
create table track_events (
  track_id uuid not null,
  at timestamptz not null,
  kind text not null check (kind in ('found-in-storage', 'announced-again', 'stuck')),
  detail text not null,
  primary key (track_id, at, kind)
);
