-- Steps of an open track that nobody tries before a time, and until when, as whoever looked after it found them: that work is for nobody until then.
alter table track_watches add column put_off jsonb not null default '{}';
