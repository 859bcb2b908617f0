// Files of at most 300 lines (Biome sees to that, too), half of them of at most 70; functions of at most 60, from the line that begins them to the one
// that ends them, what is nested in them included: blank lines and those that are nothing but a comment are not counted. Tests are as long as
// what they tell. Biome's own rule for functions does not count what a function returns.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { findFunctions } from "./find-functions.ts";

const most = { file: 300, median: 70, function: 60 };
/**
 * Functions that were longer before this was counted, and by how much they may be: no more than they are. Whoever shortens one shortens the list.
 */
const longer: Readonly<Record<string, number>> = {
  "packages/artifacts/src/deletions.ts createDeletions": 70,
  "packages/artifacts/src/payloads.ts createPayloads": 61,
  "packages/catalog-db/src/webhooks/delivery-queue.ts createDeliveryQueue": 63,
  "packages/chain/src/chain.ts createChain": 65,
  "packages/cli/src/scaffold/new-command.ts createNewStepCommand": 61,
  "packages/cli/src/simulate/simulate-command.ts createSimulateCommand": 66,
  "packages/cli/src/verify/verify-command.ts verify": 67,
  "packages/client/src/scripted-api.ts startScriptedApi": 69,
  "packages/dashboard/page/fleet/steps-table.tsx StepsTable": 64,
  "packages/dashboard/page/search/search-page.tsx SearchForm": 72,
  "packages/dashboard/page/track/use-player.ts usePlayer": 62,
  "packages/dashboard/page/tracks/uploads.ts createUploads": 67,
  "packages/host/src/hear-news.ts hearNews": 63,
  "packages/host/src/run-steps.ts runSteps": 63,
  "packages/intake/src/masters.ts createMasters": 66,
  "packages/launcher/src/start-fleet.ts startFleet": 62,
  "packages/local-cloud/src/pubsub/publisher-service.ts publisherMethods": 63,
  "packages/queue/src/subscriber.ts createSubscriber": 64,
  "packages/scaling/src/simulate/simulate.ts simulate": 61,
  "packages/step/src/attempt/supervise-attempt.ts superviseAttempt": 66,
  "packages/step/src/attempt/watch-waits.ts createWaitWatch": 64,
  "packages/step/src/command/start-program.ts startProgram": 61,
  "packages/synth/src/instruments/drums.ts createDrums": 71,
  "services/catalog/src/backfill/start-backfills.ts startBackfills": 61,
  "services/catalog/src/clear-intermediates.ts clearIntermediates": 63,
  "services/catalog/src/server.ts startCatalog": 65,
  "services/catalog/src/webhooks/send-deliveries.ts sendDeliveries": 63,
  "services/ingest/src/changes/held-requests.ts createHeldRequests": 61,
};
/** As in biome.json. */
const isTest = (file: string) => /\.test\.ts$|\/fixtures\/|^test\//.test(file);

const files = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts", "*.tsx", "*.mjs"],
  {
    encoding: "utf8",
  },
)
  .split("\n")
  .filter((file) => file !== "" && !isTest(file));
const problems: string[] = [];
const lengths: number[] = [];
const found = new Set<string>();
for (const file of files) {
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n").length - 1;
  lengths.push(lines);
  if (lines > most.file) problems.push(`${file}: expected ${most.file} lines at most, got ${lines}`);
  for (const { name, line, length } of findFunctions(text)) {
    const id = `${file} ${name}`;
    const allowed = longer[id] ?? most.function;
    if (length > most.function) found.add(id);
    if (length > allowed)
      problems.push(`${file}:${line}: ${name}: expected ${allowed} lines at most, got ${length}`);
    else if (length > most.function && length < allowed)
      problems.push(`scripts/check-lengths.ts: ${id}: it has ${length} lines by now, not ${allowed}`);
  }
}
for (const id of Object.keys(longer))
  if (!found.has(id)) problems.push(`scripts/check-lengths.ts: ${id}: is no longer than others, or is gone`);
const median = lengths.toSorted((a, b) => a - b)[lengths.length >> 1] ?? 0;
if (median > most.median)
  problems.push(`half of ${lengths.length} files: expected ${most.median} lines at most, got ${median}`);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`lengths: ok, the median of ${lengths.length} files is ${median} lines`);
