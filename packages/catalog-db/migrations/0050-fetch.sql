-- A track whose source is named exists before its bytes do: what its master is, a fetch tells.
alter table tracks alter column master drop not null;
alter table tracks alter column size_bytes drop not null;
