-- Tracks as they are searched for: a projection of its own, which follows the feed of changes. See `docs/adr/0079-search.md`.

-- What can be searched for, as hints of kinds say.
create table search_facts (
  id smallint primary key,
  -- `tempo.bpm`.
  name text not null unique,
  kind text not null,
  index text not null check (index in ('number', 'keyword', 'text')),
  -- Whether each of its words has a score.
  scored boolean not null,
  -- As the kind has it shown.
  display jsonb not null,
  -- Of a number: its place in `search_tracks.ranked`, which has an index for each, or in `search_tracks.numbers`.
  ranked smallint unique,
  slot smallint unique
);

-- Schemas by which facts were looked at: of one that is new for a kind, tracks are gone through again.
create table search_kinds (
  kind text not null,
  digest text not null,
  primary key (kind, digest)
);

-- Words that are counted: every track has numbers in their place.
create table search_keywords (
  id integer generated always as identity primary key,
  fact smallint not null,
  value text not null,
  unique (fact, value)
);
create index search_keywords_of_fact on search_keywords (fact, lower(value));

create table search_tracks (
  id uuid primary key,
  owner text not null,
  state text not null,
  accepted_at timestamptz not null,
  -- At random: so many of the lowest are a sample.
  dice integer not null,
  ranked double precision[] not null,
  numbers real[] not null,
  keywords integer[] not null,
  -- Of each keyword; null: it has none.
  scores real[] not null,
  title text,
  file_name text,
  -- Of title and file name as they are; of a text among facts behind its id and a colon.
  words tsvector not null,
  -- What is told of a track that was found.
  shown jsonb not null
);

create index search_tracks_accepted on search_tracks (owner, accepted_at, id);
create index search_tracks_state on search_tracks (owner, state, accepted_at, id);
-- What is counted, and what most ask for beside it, in the order of a sample: so many thousand rows in a row, where the table has them one to a page.
create index search_tracks_dice on search_tracks (owner, dice) include (state, keywords, scores, ranked);
create index search_tracks_keywords on search_tracks using gin (keywords);
create index search_tracks_words on search_tracks using gin (words);
create index search_tracks_ranked_1 on search_tracks (owner, (ranked[1]), id) where ranked[1] is not null;
create index search_tracks_ranked_2 on search_tracks (owner, (ranked[2]), id) where ranked[2] is not null;
create index search_tracks_ranked_3 on search_tracks (owner, (ranked[3]), id) where ranked[3] is not null;
create index search_tracks_ranked_4 on search_tracks (owner, (ranked[4]), id) where ranked[4] is not null;
create index search_tracks_ranked_5 on search_tracks (owner, (ranked[5]), id) where ranked[5] is not null;
create index search_tracks_ranked_6 on search_tracks (owner, (ranked[6]), id) where ranked[6] is not null;
create index search_tracks_ranked_7 on search_tracks (owner, (ranked[7]), id) where ranked[7] is not null;
create index search_tracks_ranked_8 on search_tracks (owner, (ranked[8]), id) where ranked[8] is not null;
create index search_tracks_ranked_9 on search_tracks (owner, (ranked[9]), id) where ranked[9] is not null;
create index search_tracks_ranked_10 on search_tracks (owner, (ranked[10]), id) where ranked[10] is not null;
create index search_tracks_ranked_11 on search_tracks (owner, (ranked[11]), id) where ranked[11] is not null;
create index search_tracks_ranked_12 on search_tracks (owner, (ranked[12]), id) where ranked[12] is not null;
create index search_tracks_ranked_13 on search_tracks (owner, (ranked[13]), id) where ranked[13] is not null;
create index search_tracks_ranked_14 on search_tracks (owner, (ranked[14]), id) where ranked[14] is not null;
create index search_tracks_ranked_15 on search_tracks (owner, (ranked[15]), id) where ranked[15] is not null;
create index search_tracks_ranked_16 on search_tracks (owner, (ranked[16]), id) where ranked[16] is not null;

-- How numbers spread: what partial indexes tell of it, the planner does not use.
create statistics search_tracks_number_1 on (ranked[1]) from search_tracks;
create statistics search_tracks_number_2 on (ranked[2]) from search_tracks;
create statistics search_tracks_number_3 on (ranked[3]) from search_tracks;
create statistics search_tracks_number_4 on (ranked[4]) from search_tracks;
create statistics search_tracks_number_5 on (ranked[5]) from search_tracks;
create statistics search_tracks_number_6 on (ranked[6]) from search_tracks;
create statistics search_tracks_number_7 on (ranked[7]) from search_tracks;
create statistics search_tracks_number_8 on (ranked[8]) from search_tracks;
create statistics search_tracks_number_9 on (ranked[9]) from search_tracks;
create statistics search_tracks_number_10 on (ranked[10]) from search_tracks;
create statistics search_tracks_number_11 on (ranked[11]) from search_tracks;
create statistics search_tracks_number_12 on (ranked[12]) from search_tracks;
create statistics search_tracks_number_13 on (ranked[13]) from search_tracks;
create statistics search_tracks_number_14 on (ranked[14]) from search_tracks;
create statistics search_tracks_number_15 on (ranked[15]) from search_tracks;
create statistics search_tracks_number_16 on (ranked[16]) from search_tracks;
-- Of a word that is not known to be frequent it takes it for frequent enough to be met on a walk.
alter table search_tracks alter column words set statistics 1000;

-- How far it is. One row, which whoever works at it has locked.
create table search_place (
  id boolean primary key default true check (id),
  -- Of the feed; empty: nothing was read yet.
  epoch text not null default '',
  position bigint not null default 0,
  -- All tracks are gone through, and have been up to this one; null: they were.
  walked_to uuid,
  -- The last rebuild that was begun.
  rebuild bigint not null default 0
);
