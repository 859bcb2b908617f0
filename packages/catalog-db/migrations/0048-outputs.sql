-- Of a step with several outputs, kind to address of each; `kind` and `address` are then those of the record of all of them. Null: it makes
-- one artifact.
alter table step_attempts add column outputs jsonb;
alter table step_outcomes add column outputs jsonb;
