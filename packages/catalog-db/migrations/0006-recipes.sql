-- What planning asks of every master is in one index: which kinds there are of it, made by which recipe, and what has failed.

-- The address that the artifact's step gives a certain master, cut short: it tells the step with its version, params and model,
-- and those of all that it derives from. Null where the catalog's chain did not know them.
alter table artifacts add column recipe text;
-- A step has failed at this address for good.
alter table artifacts add column failed boolean not null default false;

drop index artifacts_by_master;
create index artifacts_by_master on artifacts (master) include (kind, recipe, failed, seen_at);

insert into artifacts (address, kind, step, version, master, seen_at, failed)
select distinct on (a.address) a.address, a.kind, a.step, a.version, t.master, a.finished_at, true
from step_attempts a join tracks t on t.id = a.track_id
where a.status = 'failed' and a.how is not null
order by a.address, a.finished_at desc
on conflict do nothing;
drop index step_failures;
