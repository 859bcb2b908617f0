-- Every open track has a watch from its beginning to its end, so that whoever looks for tracks to look at finds them by when that is due, and walks
-- over no others however many are open. The database sees to it, whichever release writes.

-- Nobody has looked at it yet: then `next_look_at` is when it was accepted.
alter table track_watches add column is_new boolean not null default false;

insert into track_watches (track_id, next_look_at, is_new)
select id, accepted_at, true from tracks where state in ('accepted', 'processing')
on conflict do nothing;
delete from track_watches w using tracks t where t.id = w.track_id and t.state not in ('accepted', 'processing');

drop index track_watches_due;
create index track_watches_due on track_watches (next_look_at) where stuck is null and not is_new;
create index track_watches_new on track_watches (next_look_at) where stuck is null and is_new;

create function watch_track() returns trigger language plpgsql as $$
begin
  if new.state in ('accepted', 'processing') then
    insert into track_watches (track_id, next_look_at, is_new) values (new.id, new.accepted_at, true) on conflict do nothing;
  else
    delete from track_watches where track_id = new.id;
  end if;
  return null;
end $$;
create trigger watched_from_the_beginning after insert on tracks for each row
when (new.state in ('accepted', 'processing')) execute function watch_track();
create trigger watched_while_open after update of state on tracks for each row
when ((old.state in ('accepted', 'processing')) is distinct from (new.state in ('accepted', 'processing')))
execute function watch_track();

-- A page of tracks in a state is a walk over no others: a backlog has millions in one, and a handful in the other.
create index tracks_accepted on tracks (id) where state = 'accepted';
create index tracks_processing on tracks (id) where state = 'processing';
create index tracks_partial on tracks (id) where state = 'partial';
create index tracks_failed on tracks (id) where state = 'failed';
drop index tracks_open;
drop index tracks_unwell;

-- So is one of those that failed with a code, or at a step.
drop index step_outcomes_failed;
create index step_outcomes_failed_code on step_outcomes (error_code, track_id) where status = 'failed';
create index step_outcomes_failed_step on step_outcomes (step, track_id) where status = 'failed';
-- A step that was given up has its last error's code too.
create index step_outcomes_given_up_code on step_outcomes ((underlying ->> 'code'), track_id)
where status = 'failed' and underlying is not null;
