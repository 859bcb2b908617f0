-- What a track takes of the disk. Rows that were written before stay as they are until they are written again.

-- What is bulky of the facts (beats, curves), packed: see `pack-facts.ts`.
alter table artifacts add column bulk bytea;
