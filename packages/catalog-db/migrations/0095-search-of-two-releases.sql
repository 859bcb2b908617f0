-- Catalogs that do not know the same kinds make rows of search by turns. See `docs/adr/0072-search-of-two-releases.md`.

-- Which schema of a kind is the latest.
alter table search_kinds add column number bigint generated always as identity;

-- Tracks of whose kinds whoever made their row did not know some, or not by their latest schema: few, and not for long. A table of its own: no index is built over all tracks.
create table search_lacking (
  id uuid primary key references search_tracks on delete cascade,
  kinds text[] not null
);
create index search_lacking_kinds on search_lacking using gin (kinds);
