-- What was deleted, and what keeps it away. Messages and writes that were under way when a track was deleted come later, from workers, catalogs and APIs of any release;
-- so the tables themselves refuse what is about it (docs/adr/0083-takedowns.md).

-- That somebody wants something gone, and how far that is.
create table takedowns (
  id uuid primary key,
  cause text not null,
  -- Of whoever asked.
  owner text not null,
  requested_by text not null,
  reason text,
  -- As they were named.
  tracks uuid[] not null,
  masters text[] not null,
  again text not null,
  requested_at timestamptz not null,
  state text not null default 'asked' check (state in ('asked', 'removing', 'removed', 'final', 'declined')),
  -- When it is gone on with; null: only if something is heard.
  due_at timestamptz default now(),
  sweeps integer not null default 0,
  swept_at timestamptz,
  -- By a sweep that found something.
  found_at timestamptz,
  objects_removed bigint not null default 0,
  rows_removed bigint not null default 0,
  removed_at timestamptz,
  final_at timestamptz,
  removed_receipt jsonb,
  final_receipt jsonb
);
create index takedowns_due on takedowns (due_at) where due_at is not null;
create index takedowns_of_owner on takedowns (owner, id);

-- All that is left of a track. Whatever comes of it is refused.
create table deleted_tracks (
  id uuid primary key,
  takedown_id uuid not null,
  owner text not null,
  -- As a takedown's; `refused`: its master was taken down before it came.
  cause text not null,
  deleted_at timestamptz not null default now(),
  -- What is still to be looked for, until the takedown is final: its master, ids of its requests, addresses of what was made of it.
  master text,
  -- Whether its source was named: false where it is known to have come with its bytes.
  was_fetched boolean not null default true,
  requests uuid[] not null default '{}',
  addresses text[] not null default '{}',
  -- Whether something has come that no sweep has seen.
  is_news boolean not null default true,
  heard bigint not null default 0,
  heard_at timestamptz
);
create index deleted_tracks_of_takedown on deleted_tracks (takedown_id);
create index deleted_tracks_of_master on deleted_tracks using hash (master);
create index deleted_tracks_news on deleted_tracks (takedown_id) where is_news;

-- Masters that an operator has taken down.
create table deleted_masters (
  master text primary key,
  takedown_id uuid not null,
  again text not null,
  requested_at timestamptz not null
);

-- Of which something was removed, until the takedown is final: a track that came while it went may have been told of what was there.
create table purged_masters (
  takedown_id uuid not null,
  master text not null,
  purged_at timestamptz not null,
  -- Tracks of which all is made anew.
  healed uuid[] not null default '{}',
  primary key (takedown_id, master)
);

-- Keys that receipts were signed with.
create table receipt_keys (
  key_id text primary key,
  public_key text not null,
  first_used_at timestamptz not null default now()
);

-- Whose tracks a master has: of one that nobody has any more all goes.
create index tracks_of_master on tracks using hash (master);
create index webhook_deliveries_of_track on webhook_deliveries using hash (track_id);

create function hear_of_deleted(track uuid, request uuid, made text[]) returns void language sql as $$
  update deleted_tracks set is_news = true, heard = heard + 1, heard_at = clock_timestamp(),
    requests = case when request is null or request = any(requests) then requests else requests || request end,
    addresses = case when made <@ addresses then addresses else array(select distinct unnest(addresses || made)) end
  where id = track
$$;

-- Rows about a track that is there no more.
create function hold_deleted() returns trigger language plpgsql as $$
begin
  if not exists (select from deleted_tracks d where d.id = new.track_id) then return new; end if;
  if tg_argv[0] = 'request' then perform hear_of_deleted(new.track_id, new.request_id, '{}');
  elsif tg_argv[0] = 'attempt' then
    perform hear_of_deleted(new.track_id, new.request_id, array[new.address]
      || coalesce((select array_agg(value) from jsonb_each_text(case when jsonb_typeof(new.outputs) = 'object' then new.outputs end)), '{}'));
    if new.step = 'fetch' and new.status = 'succeeded' then
      update deleted_tracks d set master = new.address where d.id = new.track_id and d.master is null;
    end if;
  elsif tg_argv[0] = 'letter' then perform hear_of_deleted(new.track_id, null, '{}');
  end if;
  return null;
end $$;

-- The track itself: one that was deleted, or of a master that was taken down, now or before it was told of.
create function hold_deleted_track() returns trigger language plpgsql as $$
declare
  by_master deleted_masters;
begin
  if exists (select from deleted_tracks d where d.id = new.id) then
    perform hear_of_deleted(new.id, null, '{}');
    update deleted_tracks d set master = new.master where d.id = new.id and d.master is null and new.master is not null;
    return null;
  end if;
  if new.master is null then return new; end if;
  select * into by_master from deleted_masters m where m.master = new.master;
  if not found or by_master.again <> 'refuse' and new.accepted_at > by_master.requested_at then return new; end if;
  insert into deleted_tracks (id, takedown_id, owner, cause, master)
  values (new.id, by_master.takedown_id, new.owner,
    case when new.accepted_at > by_master.requested_at then 'refused' else 'takedown' end, new.master)
  on conflict do nothing;
  return null;
end $$;

create trigger held_if_deleted before insert on tracks for each row execute function hold_deleted_track();
create trigger held_if_taken_down before update of master on tracks for each row
when (new.master is distinct from old.master) execute function hold_deleted_track();
create trigger held_if_deleted before insert on requests for each row execute function hold_deleted('request');
create trigger held_if_deleted before insert on step_attempts for each row execute function hold_deleted('attempt');
create trigger held_if_deleted before insert on dead_letters for each row when (new.track_id is not null) execute function hold_deleted('letter');
create trigger held_if_deleted before insert on step_outcomes for each row execute function hold_deleted();
create trigger held_if_deleted before insert on packed_tracks for each row execute function hold_deleted();
create trigger held_if_deleted before insert on jobs for each row execute function hold_deleted();
create trigger held_if_deleted before insert on track_watches for each row execute function hold_deleted();
create trigger held_if_deleted before insert on track_events for each row execute function hold_deleted();
create trigger held_if_deleted before insert on replay_watches for each row execute function hold_deleted();
create trigger held_if_deleted before insert on backfill_tracks for each row execute function hold_deleted();
