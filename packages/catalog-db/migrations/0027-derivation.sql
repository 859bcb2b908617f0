-- By which rules what holds for tracks was derived from their facts, and how far a catalog with later rules has come with doing it anew.
create table derivation (
  id boolean primary key default true check (id),
  version integer not null,
  after uuid
);
