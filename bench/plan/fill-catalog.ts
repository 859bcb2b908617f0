import type { Pool } from "@segue/catalog-db";
import { type Chain, recipesOf } from "@segue/chain";
import { ownKindOf, type StepSpec } from "@segue/contracts";
import { joinAddresses } from "@segue/plan";

/** Like ids of tracks accepted one after the other. */
const trackIdSql = "('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";

/**
 * Rows as the catalog would have them, into a schema that is empty; the payloads and facts that they speak of do not exist.
 * @param period of so many masters one lacks tempo, one has never been processed, one has failed, and the others are complete.
 */
export async function fillCatalog(
  pool: Pool,
  chain: Chain<StepSpec>,
  tracks: number,
  period: number,
): Promise<void> {
  await pool.query(
    `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
     select ${trackIdSql}, encode(sha256(n::text::bytea), 'hex'), 9000000, 'upload', $2, $3, now(), 'done'
     from generate_series(1, $1::int) n`,
    [tracks, chain.targets, chain.steps.map(({ name }) => name)],
  );
  await pool.query(
    `insert into requests (track_id, request_id, cause, owner, targets, wants, force, versions, priority, requested_at)
     select id, id, 'submission', 'default', targets, wants, '{}', '{}', 'live', accepted_at from tracks`,
  );
  // What holds for them was derived by the rules of whatever catalog comes.
  await pool.query("insert into derivation (version) values (1000) on conflict do nothing");
  const { joins, columnOf } = joinAddresses(chain);
  const of = `from (select encode(sha256(n::text::bytea), 'hex') as master, n from generate_series(1, $1::int) n) m ${joins}`;
  for (const step of chain.steps) {
    const { name, version } = step;
    const kind = ownKindOf(step);
    const processed = period - (name === "tempo" ? 3 : 2);
    await pool.query(
      `insert into artifacts (address, kind, step, version, master, seen_at, recipe)
       select ${columnOf(kind)}, '${kind}', '${name}', ${version}, m.master,
         now() - interval '1 month', '${recipesOf(chain).get(kind)}' ${of} where m.n % ${period} < ${processed}`,
      [tracks],
    );
    await pool.query(
      `insert into step_attempts (track_id, step, address, started_at, worker, version, kind, status, how, finished_at,
         duration_ms, cpu_ms, delivery_attempt)
       select ${trackIdSql}, '${name}', ${columnOf(kind)}, now(), 'w', ${version}, '${kind}',
         'succeeded', 'computed', now(), 500, 500, 1 ${of} where m.n % ${period} < ${processed}`,
      [tracks],
    );
  }
  const [first] = chain.steps;
  if (!first) throw new Error("expected a chain with steps");
  const firstKind = ownKindOf(first);
  await pool.query(
    `insert into artifacts (address, kind, step, version, master, seen_at, recipe, failed)
     select ${columnOf(firstKind)}, '${firstKind}', '${first.name}', ${first.version}, m.master, now(),
       '${recipesOf(chain).get(firstKind)}', true ${of} where m.n % ${period} = ${period - 1}`,
    [tracks],
  );
  await pool.query("vacuum analyze");
}
