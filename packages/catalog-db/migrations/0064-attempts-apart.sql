-- A worker may begin two attempts at a step of a track in one millisecond: for two requests, or for two messages of one that end differently. The
-- second was taken for the first, and whoever had asked for it waited for ever. Whoever inserts names no index: a catalog of the release before does
-- as well with this one.
create unique index step_attempts_told on step_attempts
  (track_id, step, address, started_at, worker, status, coalesce(request_id, '00000000-0000-0000-0000-000000000000'));
alter table step_attempts drop constraint step_attempts_pkey;
