-- Who has answered pings: of no use after a day.
create table ping_answers (
  ping_id uuid not null,
  step text not null,
  version integer not null,
  worker text not null,
  at timestamptz not null,
  primary key (ping_id, step)
);
create index ping_answers_by_age on ping_answers (at);
