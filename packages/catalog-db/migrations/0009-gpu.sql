-- How long an attempt held a GPU; null where it held none.
alter table step_attempts add column gpu_ms double precision;
alter table step_outcomes add column gpu_ms double precision;
