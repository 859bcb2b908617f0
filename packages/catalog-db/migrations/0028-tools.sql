-- The outside programs that an attempt worked with, each with the family of its version. Null: none, or nobody said.
alter table step_attempts add column tools jsonb;
alter table step_outcomes add column tools jsonb;
-- Which families of a program have made results of a version of a step, and when one was last computed.
create table tool_families (
  step text not null,
  version integer not null,
  tool text not null,
  family text not null,
  seen_at timestamptz not null,
  primary key (step, version, tool, family)
);
