-- Which accounts of the database the API has, as whoever runs the fleet has said: they alone write what the API keeps. Who may read tracks may be anybody. See
-- `docs/adr/0078-keys-and-owners.md`. Infrastructure may have made it before there was any other table.
create table if not exists api_accounts (name text primary key);

drop function let_write_webhooks(text);

-- An account is the API's from now on. A secret of a webhook it may not read again.
create function let_serve_api(account text) returns void language plpgsql as $$
begin
  insert into api_accounts values (account) on conflict do nothing;
  execute format('grant select, insert, update, delete on webhooks, webhook_deliveries, api_keys, api_usage, api_charges, api_audit to %I', account);
  execute format('revoke select on webhook_secrets from %I', account);
  execute format('grant insert, delete, update (expires_at), select (webhook_id, created_at, expires_at) on webhook_secrets to %I', account);
end $$;
revoke execute on function let_serve_api(text) from public;

-- What was given to all who may read tracks is taken back, and secrets are nobody's to read, whatever readers are given by default.
do $$
declare
  given record;
begin
  for given in
    select distinct c.relname, case when a.grantee = 0 then 'public' else format('%I', pg_get_userbyid(a.grantee)) end as grantee
    from pg_class c, aclexplode(c.relacl) a
    where c.oid in ('webhooks'::regclass, 'webhook_deliveries'::regclass, 'webhook_secrets'::regclass, 'api_keys'::regclass, 'api_usage'::regclass,
      'api_charges'::regclass, 'api_audit'::regclass) and a.grantee <> c.relowner
  loop
    execute format('revoke insert, update, delete on %I from %s', given.relname, given.grantee);
    if given.relname = 'webhook_secrets' then
      execute format('revoke all on webhook_secrets from %s', given.grantee);
    end if;
  end loop;
  perform let_serve_api(name) from api_accounts where exists (select from pg_roles where rolname = name);
end $$;
