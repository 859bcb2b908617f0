-- What a client has said of a track for itself: texts by name. Null: nothing.
alter table tracks add column metadata jsonb;
