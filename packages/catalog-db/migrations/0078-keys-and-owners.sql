-- Whose tracks they are, and who may ask for them. See `docs/adr/0078-keys-and-owners.md`.

-- As its first request has it: a track is its owner's for ever. A constant default is kept in the table's description, no row is written.
alter table tracks add column owner text not null default 'default';
-- Of all but the default owner: where there is no other, nothing is added to what a track takes.
create index tracks_of_owner on tracks (owner, id) where owner <> 'default';

-- Of the change's track.
alter table changes add column owner text not null default 'default';
create index changes_of_owner on changes (owner, number) where owner <> 'default';

-- What follows is no projection: it is nowhere else, and a rebuild from storage does not bring it back.

-- Keys of the API: of each the digest alone.
create table api_keys (
  id text primary key,
  -- SHA-256 of the whole key.
  digest bytea not null,
  -- The first key of those that were made of each other by rotation: quotas and rates count for all of them together.
  family text not null,
  owner text not null,
  name text not null,
  scopes text[] not null,
  -- Null: no limit.
  requests_per_sec double precision,
  burst integer,
  tracks_per_day bigint,
  bytes_per_day bigint,
  created_at timestamptz not null default now(),
  -- The key that it was made with.
  created_by text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  -- To the hour.
  last_used_at timestamptz
);
create index api_keys_of_owner on api_keys (owner, created_at);

-- What keys with quotas have had on a day (UTC).
create table api_usage (
  family text not null,
  day date not null,
  tracks bigint not null default 0,
  bytes bigint not null default 0,
  primary key (family, day)
);
-- What was counted already: a request that comes again is not counted again.
create table api_charges (
  track_id uuid primary key,
  day date not null
);
create index api_charges_by_day on api_charges (day);

-- Who wrote what.
create table api_audit (
  number bigint generated always as identity primary key,
  at timestamptz not null,
  -- Null: none was known.
  key_id text,
  owner text,
  action text not null,
  object text,
  address text not null,
  request_id text not null,
  status integer not null
);
create index api_audit_at on api_audit (at);
create index api_audit_of_owner on api_audit (owner, number);

-- Whoever may read the catalog answers for the API, and keeps these.
do $$
declare reader text;
begin
  for reader in
    select distinct r.rolname from pg_class c, aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
    where c.oid = 'tracks'::regclass and a.privilege_type = 'SELECT' and a.grantee <> c.relowner
  loop
    execute format('grant select, insert, update, delete on api_keys, api_usage, api_charges, api_audit to %I', reader);
  end loop;
end $$;
