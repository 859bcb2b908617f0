// `npm run bench plan -- [--tracks N] [--database TEXT]`: plans over a catalog of synthetic tracks (rows and addresses, no audio), on every
// Postgres that tests run over, or those whose name holds the text.
import { parseArgs } from "node:util";
import { openMigrated, testDatabases } from "@segue/catalog-db/testing";
import { createChain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import { projectFleetUrl } from "@segue/launcher";
import { planCatalog } from "@segue/plan";
import { loadFleet } from "@segue/step";
import { patient } from "../patient.ts";
import { fillCatalog } from "./fill-catalog.ts";

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

for (const kind of testDatabases.filter(({ name }) => name.includes(values.database ?? ""))) {
  const database = await kind.start();
  const pool = await openMigrated(database.url, patient);
  const filledAt = performance.now();
  await fillCatalog(pool, chain, tracks, 10);
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
