-- Failures are looked for by code and step, and are few beside all tracks.
create index step_outcomes_failed on step_outcomes (error_code, step, track_id) where status = 'failed';
create index tracks_unwell on tracks (id) where state in ('partial', 'failed');
