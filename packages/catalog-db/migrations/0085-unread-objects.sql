-- Objects that a sweep has passed and that are not taken in: of a younger release, or damaged. They are looked at again, by the next release above all, which
-- begins its own sweep where this one has ended.
create table unread_objects (
  name text primary key,
  -- In milliseconds, as whoever walks them in this order has it.
  found_at timestamptz(3) not null
);
create index unread_objects_found on unread_objects (found_at, name);
