-- What was said of a webhook while it was being sent something. See `docs/adr/0077-webhooks.md`.

-- How often its owner has had it begin anew: what comes of sending what was claimed before says nothing of it now.
alter table webhooks add column generation integer not null default 0;
-- When something was last not taken. Time in which there was nothing to send is not time in which nothing was taken.
alter table webhooks add column failed_at timestamptz;
-- Whether somebody sends it: until `next_at` nobody else does.
alter table webhook_deliveries add column claimed boolean not null default false;
