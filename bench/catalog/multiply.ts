import type { Pool } from "@segue/catalog-db";

/** From now on each has an id and a master of its own; what is packed of it is that of the one that it is a copy of. */
const begin = `create table originals as
  select id, master, ('x' || right(id::text, 12))::bit(48)::bigint as number from tracks where state = 'done'`;

const idSql = "(left(o.id::text, 24) || lpad(to_hex(o.number + $1::bigint * $2::bigint), 12, '0'))::uuid";
const masterSql = "sha256(convert_to(o.master || $1::bigint, 'UTF8'))";
const copies = [
  `insert into tracks (id, master, size_bytes, file_name, title, source, targets, wants, accepted_at, state, finished_at)
   select ${idSql}, encode(${masterSql}, 'hex'), size_bytes, file_name, title, source, targets, wants, accepted_at, state, finished_at
   from tracks t join originals o on o.id = t.id`,
  `insert into packed_tracks (track_id, body) select ${idSql}, p.body from packed_tracks p join originals o on o.id = p.track_id
   where $1::bigint > 0`,
  `insert into packed_artifacts (states, master, body) select states, ${masterSql}, p.body
   from packed_artifacts p join originals o on decode(o.master, 'hex') = p.master where $2::bigint > 0`,
];

/** Tracks as if so many times as many had been written, up to a number of copies of each. */
export async function startCopies(pool: Pool, tracks: number) {
  await pool.query(begin);
  let made = 1;
  return {
    async until(times: number): Promise<void> {
      for (; made < times; made++) {
        for (const copy of copies) await pool.query(copy, [made, tracks]);
        if (made % 100 === 0) console.log(`  ${(made * tracks).toLocaleString("en")} tracks`);
      }
      await pool.query("vacuum analyze");
    },
  };
}

/** Tracks that are under way, accepted an hour ago. */
export async function addOpen(pool: Pool, from: number, count: number): Promise<void> {
  await pool.query(
    `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
     select ('01900001-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, encode(sha256(convert_to('open ' || n, 'UTF8')), 'hex'), 1, 'upload',
       '{tempo}', '{decode,downsample,tempo}', now() - interval '1 hour', 'processing'
     from generate_series($1::bigint, $1::bigint + $2::bigint - 1) n`,
    [from, count],
  );
}
