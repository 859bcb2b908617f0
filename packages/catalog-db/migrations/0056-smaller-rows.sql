-- What a track takes of the disk. Rows that were written before stay as they are until they are written again.

-- What is bulky of the facts (beats, curves), packed: see `pack-facts.ts`.
alter table artifacts add column bulk bytea;

-- An attempt's key repeated its address and its worker in text.
create unique index step_attempts_key on step_attempts
(track_id, step, started_at, hashtextextended(address || ' ' || worker, 0));
alter table step_attempts drop constraint step_attempts_pkey;
