-- What tells attempts of one step and one millisecond apart was in the index as text: address, worker, end and request, 130 bytes of each attempt.
create unique index step_attempts_apart on step_attempts (
  track_id, step, started_at,
  hashtextextended(address || ' ' || worker || ' ' || status || ' ' || coalesce(request_id::text, ''), 0));
drop index step_attempts_told;
