-- What planning asks of every master: is there an artifact of a kind, whatever made it; has a step failed at an address.
create index artifacts_by_master on artifacts (master, kind);
create index step_failures on step_attempts (address) where status = 'failed';
