-- What is known of a track that is at rest is one row, and what is known of its master's artifacts another one: 13 kB of rows and indexes were 8 of each
-- of attempts, outcomes and artifacts. See `docs/adr/0063-tracks-at-rest.md`; what is in a body, `src/packed` tells.

create table packed_tracks (
  track_id uuid primary key,
  -- Of its requests those with another id than its own. Null: none.
  request_ids uuid[],
  body bytea not null
);

create table packed_artifacts (
  -- Which artifacts there are, and by which recipes: the id of a set that other masters have too.
  states bigint not null,
  master bytea not null,
  body bytea not null,
  primary key (master) include (states)
);

-- It is deflated already, and read with its row.
alter table packed_tracks alter column body set storage external;
alter table packed_tracks set (toast_tuple_target = 8160);
alter table packed_artifacts alter column body set storage external;
alter table packed_artifacts set (toast_tuple_target = 8160);

create table artifact_states (
  id bigint not null,
  kind text not null,
  recipe text not null,
  failed boolean not null,
  primary key (id, kind, recipe, failed)
);

-- What attempts have used, up to a thousand of each step: the attempts themselves are packed.
create table step_costs (
  step text not null,
  slot smallint not null,
  cpu_ms double precision,
  gpu_ms double precision,
  at timestamptz not null,
  primary key (step, slot)
);
