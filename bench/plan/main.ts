// `pnpm bench plan [--tracks N]`: plans over a catalog of synthetic tracks (rows and addresses, no audio), on every Postgres that
// tests run over. Of every ten masters seven are complete, one lacks tempo, one has never been processed, one has failed.
import { parseArgs } from "node:util";
import { connect, migrate, type Pool } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { createChain, recipesOf } from "@segue/chain";
import { projectFleetUrl } from "@segue/cli";
import type { StepSpec } from "@segue/contracts";
import { joinAddresses, planCatalog } from "@segue/plan";
import { loadFleet } from "@segue/step";

const { values } = parseArgs({
  options: {
    tracks: { type: "string", default: "1000000" },
    database: { type: "string" },
  },
});
const tracks = Number(values.tracks);
const { chain } = await loadFleet(projectFleetUrl);
const raised = createChain(
  chain.steps.map(
    (step): StepSpec => (step.name === "tempo" ? { ...step, version: step.version + 1 } : step),
  ),
);

/** Rows as the catalog would have them; the payloads and facts that they speak of do not exist. */
async function fill(pool: Pool): Promise<void> {
  await pool.query(
    `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
     select md5(n::text)::uuid, encode(sha256(n::text::bytea), 'hex'), 9000000, 'upload', '{}', '{}', now(), 'done'
     from generate_series(1, $1::int) n`,
    [tracks],
  );
  const { joins, columnOf } = joinAddresses(chain);
  const of = `from (select encode(sha256(n::text::bytea), 'hex') as master, n from generate_series(1, $1::int) n) m ${joins}`;
  for (const { name, version, produces } of chain.steps) {
    const lacking = name === "tempo" ? 7 : 8;
    await pool.query(
      `insert into artifacts (address, kind, step, version, master, seen_at, recipe)
       select ${columnOf(produces.name)}, '${produces.name}', '${name}', ${version}, m.master,
         now() - interval '1 month', '${recipesOf(chain).get(produces.name)}' ${of} where m.n % 10 < ${lacking}`,
      [tracks],
    );
    await pool.query(
      `insert into step_attempts (track_id, step, address, started_at, worker, version, kind, status, how, finished_at,
         duration_ms, cpu_ms, delivery_attempt)
       select md5(n::text)::uuid, '${name}', ${columnOf(produces.name)}, now(), 'w', ${version}, '${produces.name}',
         'succeeded', 'computed', now(), 500, 500, 1 ${of} where m.n % 10 < ${lacking}`,
      [tracks],
    );
  }
  const [first] = chain.steps;
  if (!first) throw new Error("expected a chain with steps");
  await pool.query(
    `insert into artifacts (address, kind, step, version, master, seen_at, recipe, failed)
     select ${columnOf(first.produces.name)}, '${first.produces.name}', '${first.name}', ${first.version}, m.master, now(),
       '${recipesOf(chain).get(first.produces.name)}', true ${of} where m.n % 10 = 9`,
    [tracks],
  );
  await pool.query("vacuum analyze");
}

for (const kind of testDatabases.filter(({ name }) => name.includes(values.database ?? ""))) {
  const database = await kind.start();
  const pool = connect({
    connectionString: database.url,
    maxConnections: 1,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 3_600_000,
    applicationName: "segue-bench",
    onIdleError: () => {},
  });
  await migrate(pool);
  const filledAt = performance.now();
  await fill(pool);
  console.log(
    `${kind.name}: ${tracks} tracks written in ${((performance.now() - filledAt) / 1000).toFixed(0)} s`,
  );
  const cases = { "as deployed": chain, "tempo's version raised": raised };
  for (const [change, planned] of Object.entries(cases)) {
    const startedAt = performance.now();
    const plan = await planCatalog(pool, planned);
    const tookSec = (performance.now() - startedAt) / 1000;
    console.log(
      `  ${change}: ${plan.masters} masters planned in ${tookSec.toFixed(1)} s; ${plan.complete} complete, ` +
        `${plan.unreachable} failed; ${plan.steps.map(({ step, runs }) => `${step} ${runs}`).join(", ")}`,
    );
  }
  await pool.end();
  await database[Symbol.asyncDispose]();
}
console.log(`planner: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB at most`);
