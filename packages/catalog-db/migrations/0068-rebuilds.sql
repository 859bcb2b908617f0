-- Until when nothing is packed, unless it is put off: while the catalog is made anew from storage, whose artifact an address is, the table of artifacts tells.
create table rebuilds (
  id boolean primary key default true check (id),
  until timestamptz not null
);
