-- How far storage was gone through for accepted tracks that the catalog had not heard of: one row, so that a catalog that was away goes
-- on from there, however long that was.
create table sweeps (
  id boolean primary key default true check (id),
  swept_to timestamptz not null
);

-- Tracks to look at next; those that have come to an end have no watch.
create index track_watches_due on track_watches (next_look_at) where stuck is null;
delete from track_watches w using tracks t where t.id = w.track_id and t.state not in ('accepted', 'processing');
