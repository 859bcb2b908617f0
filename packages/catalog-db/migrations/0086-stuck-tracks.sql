-- Tracks that were called stuck are looked at now and then: some go on.
create index track_watches_stuck on track_watches (next_look_at) where stuck is not null;
