-- Attempts that handed on to this one: [{ "worker", "startedAt", "durationMs" }, ...]. Null: none.
alter table step_attempts add column earlier jsonb;
alter table step_outcomes add column earlier jsonb;
