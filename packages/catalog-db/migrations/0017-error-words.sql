-- What a failure says of itself beside its code and message (family, meaning, remedy): a step may have codes of its own.
alter table step_attempts add column error_words jsonb;
alter table step_outcomes add column error_words jsonb;
