-- That search is to be made anew, as somebody has asked: the API writes it down, and a catalog does it. See `docs/adr/0079-search.md`.
create table search_rebuilds (
  number bigint generated always as identity primary key,
  asked_at timestamptz not null default now()
);

-- An account is the API's from now on. A secret of a webhook it may not read again.
create or replace function let_serve_api(account text) returns void language plpgsql as $$
begin
  insert into api_accounts values (account) on conflict do nothing;
  execute format('grant select, insert, update, delete on webhooks, webhook_deliveries, api_keys, api_usage, api_charges, api_audit to %I', account);
  execute format('revoke select on webhook_secrets from %I', account);
  execute format('grant insert, delete, update (expires_at), select (webhook_id, created_at, expires_at) on webhook_secrets to %I', account);
  execute format('grant select, insert on search_rebuilds to %I', account);
end $$;

do $$
begin
  perform let_serve_api(name) from api_accounts where exists (select from pg_roles where rolname = name);
end $$;
