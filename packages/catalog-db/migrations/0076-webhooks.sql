-- Who is told of changes by being called: readers of the feed, each with a place of its own. See `docs/adr/0077-webhooks.md`.

create table webhooks (
  id uuid primary key,
  owner text not null,
  url text not null,
  types text[] not null,
  description text not null,
  -- As its owner has said.
  active boolean not null,
  -- Why nothing is sent any more, though its owner has not said so; null: it is.
  disabled text,
  created_at timestamptz not null default now(),
  -- Since when no delivery was taken; null: the last one was.
  failing_since timestamptz,
  -- When it was last found that there are changes which it can't be sent any more.
  gap_at timestamptz,
  -- The last change that there are deliveries of, or that it is not to be sent.
  position bigint not null,
  epoch text not null
);
create index webhooks_of_owner on webhooks (owner, id);

-- The API writes what it can't read again.
create table webhook_secrets (
  webhook_id uuid not null references webhooks on delete cascade,
  created_at timestamptz not null default clock_timestamp(),
  -- Null: it was not replaced.
  expires_at timestamptz,
  secret text not null,
  primary key (webhook_id, created_at)
);

create table webhook_deliveries (
  id uuid primary key default gen_random_uuid(),
  webhook_id uuid not null references webhooks on delete cascade,
  -- Those of a track are sent in this order.
  seq bigint not null generated always as identity,
  -- Null: of no track.
  track_id uuid,
  type text not null,
  -- As it is sent: signed byte by byte.
  body text not null,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
  created_at timestamptz not null default now(),
  -- Since when it is sent again and again.
  waiting_since timestamptz not null default now(),
  -- While it waits, and no earlier one of its track does: not sent before this. Whoever sends it moves it to when somebody else may.
  next_at timestamptz,
  attempts integer not null default 0,
  last_at timestamptz,
  last_status integer,
  last_latency_ms integer,
  last_answer text
);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_at) where state = 'waiting' and next_at is not null;
create index webhook_deliveries_in_order on webhook_deliveries (webhook_id, track_id, seq) where state = 'waiting';
create index webhook_deliveries_waiting on webhook_deliveries (webhook_id, created_at) where state = 'waiting';
create index webhook_deliveries_log on webhook_deliveries (webhook_id, seq);
create index webhook_deliveries_log_of_state on webhook_deliveries (webhook_id, state, seq);
create index webhook_deliveries_old on webhook_deliveries (created_at);

-- For the API, which reads all other tables: of these it is the one that writes too. A secret it may not read again. Infrastructure calls it as well, whose
-- `select` on all tables is for these too.
create function let_write_webhooks(reader text) returns void language plpgsql as $$
begin
  execute format('grant select, insert, update, delete on webhooks, webhook_deliveries to %I', reader);
  execute format('revoke select on webhook_secrets from %I', reader);
  execute format('grant insert, delete, update (expires_at), select (webhook_id, created_at, expires_at) on webhook_secrets to %I', reader);
end $$;

-- Whoever may read tracks is the API, or was made to be like it.
do $$
declare
  reader text;
begin
  for reader in
    select distinct r.rolname from pg_class c, aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
    where c.oid = 'tracks'::regclass and a.privilege_type = 'SELECT' and a.grantee <> c.relowner
  loop
    perform let_write_webhooks(reader);
  end loop;
end $$;
