-- What people say of tracks where a machine is wrong. Kept in storage as well, which is where it is read anew from. See `docs/adr/0092-corrections.md`.

create table track_corrections (
  -- With a track go its corrections, also one that is being written while the track is deleted.
  track_id uuid not null references tracks on delete cascade,
  -- Of the track's, from 1 on: of one kind the last holds.
  number integer not null,
  owner text not null,
  kind text not null,
  -- By their names within the kind; null: what was said of it before is taken back.
  facts jsonb,
  -- What the machine had beside it at the time.
  machine jsonb,
  by text not null,
  author text,
  note text,
  at timestamptz not null,
  primary key (track_id, number)
);
create index track_corrections_of_owner on track_corrections (owner, track_id);

-- Keeps one, and tells whoever follows the feed, with its commit: `kept`, `known` (it is there), `unknown` (the track is not), `deleted`.
-- The API may do this, and write neither table itself.
create function keep_correction(given jsonb, told boolean) returns text language plpgsql security definer as $$
declare
  track record;
begin
  select t.id, t.owner, t.state into track from tracks t where t.id = (given ->> 'track_id')::uuid for key share;
  if not found then
    if not exists (select from deleted_tracks d where d.id = (given ->> 'track_id')::uuid) then return 'unknown'; end if;
    -- Its object may have been written behind a sweep.
    perform hear_of_deleted((given ->> 'track_id')::uuid, null, '{}');
    return 'deleted';
  end if;
  insert into track_corrections (track_id, number, owner, kind, facts, machine, by, author, note, at)
  select track.id, x.number, track.owner, x.kind, nullif(x.facts, 'null'), nullif(x.machine, 'null'), x.by, x.author, x.note, x.at
  from jsonb_to_record(given) as x(number integer, kind text, facts jsonb, machine jsonb, by text, author text, note text, at timestamptz)
  on conflict do nothing;
  if not found then return 'known'; end if;
  if told then
    -- "sgcf": as the catalog numbers changes (`services/catalog/src/changes/tell-changes.ts`). The statement after it sees all numbers that were given.
    perform pg_advisory_xact_lock(1936155494);
    insert into changes (number, track_id, type, state, owner)
    select coalesce(greatest((select max(number) from changes), (select gone_through from change_feed)), 0) + 1, track.id, 'track.corrected', track.state, track.owner;
  end if;
  return 'kept';
end $$;
revoke execute on function keep_correction(jsonb, boolean) from public;

-- An account is the API's from now on. A secret of a webhook it may not read again.
create or replace function let_serve_api(account text) returns void language plpgsql as $$
begin
  insert into api_accounts values (account) on conflict do nothing;
  execute format('grant select, insert, update, delete on webhooks, webhook_deliveries, api_keys, api_usage, api_charges, api_audit to %I', account);
  execute format('revoke select on webhook_secrets from %I', account);
  execute format('grant insert, delete, update (expires_at), select (webhook_id, created_at, expires_at) on webhook_secrets to %I', account);
  execute format('grant select, insert on search_rebuilds to %I', account);
  execute format('grant execute on function keep_correction(jsonb, boolean) to %I', account);
end $$;

do $$
begin
  -- As its owner it looks at these tables, and at none that somebody else has put in front of them.
  execute format('alter function keep_correction(jsonb, boolean) set search_path to %I, pg_temp', current_schema());
  perform let_serve_api(name) from api_accounts where exists (select from pg_roles where rolname = name);
end $$;
