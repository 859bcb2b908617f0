-- The history of a track tells of its dead letters.
create index dead_letters_by_track on dead_letters (track_id);
