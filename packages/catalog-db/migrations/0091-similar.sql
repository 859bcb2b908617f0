-- Vectors by which tracks are compared, as kinds give them. See `docs/adr/0091-similar-and-playlists.md`.

-- Vectors of one fact and one model: these alone are compared with one another.
create table search_spaces (
  id integer generated always as identity primary key,
  -- `tags.embedding`.
  fact text not null,
  kind text not null,
  model text not null,
  dimensions smallint not null,
  -- Vectors that have ever come.
  added bigint not null default 0,
  -- Middles of cells, each `dimensions` little-endian real numbers; null: all vectors are in cell 0.
  centres bytea,
  -- The number of the first of these cells.
  first_cell integer not null default 0,
  -- Another one each time that cells are cut; what is kept of centres is kept by it.
  generation uuid not null default gen_random_uuid(),
  -- `added` when they were.
  cut_at bigint not null default 0,
  -- Vectors up to this one are in the cells of now, the others in those of before; null: all are.
  recut_to uuid,
  before_centres bytea,
  before_first_cell integer not null default 0,
  unique (fact, model, dimensions)
);

create table search_vectors (
  id uuid not null references search_tracks on delete cascade,
  space integer not null references search_spaces,
  owner text not null,
  cell integer not null,
  -- A byte a number: only its direction counts.
  code bytea not null,
  primary key (id, space)
);
-- Whoever compares reads some cells, one after the other, without the table.
create index search_vectors_cells on search_vectors (space, owner, cell) include (id, code);
