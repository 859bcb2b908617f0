-- Tracks that nobody has fetched yet, or that can't be fetched: a backfill looks for them in the order of their ids, and walks over no others.
create index tracks_without_master on tracks (id) where master is null;
