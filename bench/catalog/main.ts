// `npm run bench catalog -- [--tracks N] [--times N] [--writers N] [--way-ms N] [--database TEXT]`: writes synthetic tracks (facts as real ones have
// them, no audio) with the catalog's own code: what a track takes of the database's disk, and how much faster several writers are than one, with so long
// a way to the database and back. With `--times`, copies them until there are so many times as many, and asks what is asked of a catalog, with a tenth of
// them and with all.
import { parseArgs } from "node:util";
import { connect, migrate, type Pool } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { projectFleetUrl } from "@segue/launcher";
import { loadFleet } from "@segue/step";
import { applyFacts } from "../../services/catalog/src/apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "../../services/catalog/src/facts-of.ts";
import { mergeFacts } from "../../services/catalog/src/rows.ts";
import { openLongWay } from "./long-way.ts";
import { type Looks, measureLooks } from "./measure-looks.ts";
import { measureTables } from "./measure-tables.ts";
import { addOpen, startCopies } from "./multiply.ts";
import { failedTrack, syntheticTrack } from "./synthetic-track.ts";

const { values } = parseArgs({
  options: {
    tracks: { type: "string", default: "2000" },
    times: { type: "string", default: "1" },
    writers: { type: "string", default: "4" },
    "way-ms": { type: "string", default: "10" },
    database: { type: "string", default: "server" },
  },
});
const tracks = Number(values.tracks);
const times = Number(values.times);
const writers = Number(values.writers);
/** Most of a batch's time is the way, where one is short. */
const compared = 240;
/** A machine that is busy with something else is no reason to give up. */
const limits = { statementMs: 0, idleMs: 0 };
const { chain } = await loadFleet(projectFleetUrl);

/** Tracks from one number to another, by so many writers, in transactions of so many. Returns tracks per second. */
async function write(
  pool: Pool,
  { from, to, by, atOnce }: { from: number; to: number; by: number; atOnce: number },
): Promise<number> {
  let next = from;
  const startedAt = performance.now();
  const one = async () => {
    while (next < to) {
      const begin = next;
      next = Math.min(to, next + atOnce);
      const all = Array.from({ length: next - begin }, (_, n) => syntheticTrack(chain, begin + n));
      const accepted = all.map((track) => acceptedFacts(track.accepted));
      await applyFacts(pool, chain, mergeFacts(accepted), { limits });
      const told = all.flatMap(({ outcomes }) => outcomes.map(outcomeFacts));
      await applyFacts(pool, chain, mergeFacts(told), { limits });
    }
  };
  await Promise.all(Array.from({ length: by }, one));
  return ((to - from) * 1_000) / (performance.now() - startedAt);
}

function open(connectionString: string): Pool {
  return connect({
    connectionString,
    maxConnections: writers,
    connectTimeoutMs: 60_000,
    statementTimeoutMs: 3_600_000,
    applicationName: "segue-bench",
    onIdleError: () => {},
  });
}

async function compareWriters(databaseUrl: string): Promise<void> {
  const url = new URL(databaseUrl);
  const way = await openLongWay(Number(url.port), Number(values["way-ms"]) / 2);
  url.port = String(way.port);
  const pool = open(url.href);
  // What runs for the first time is slower.
  await write(pool, { from: 0, to: 40, by: writers, atOnce: 2 });
  const half = 40 + compared / 2;
  const alone = await write(pool, { from: 40, to: half, by: 1, atOnce: 2 });
  const together = await write(pool, { from: half, to: 40 + compared, by: writers, atOnce: 2 });
  const ratio = (together / alone).toFixed(2);
  console.log(
    `  ${values["way-ms"]} ms to the database and back: one writer ${alone.toFixed(0)} tracks/s, ${writers} writers ${together.toFixed(0)}: ${ratio} times as fast`,
  );
  await pool.end();
  await way[Symbol.asyncDispose]();
}

/** What is asked of a catalog, with a tenth of the tracks and with all; in each one of 100 is open, and some have failed. */
async function measureGrowth(pool: Pool): Promise<void> {
  const failed = Array.from({ length: 200 }, (_, n) => failedTrack(chain, tracks * times + n));
  const facts = failed.flatMap(({ accepted, outcomes }) => [
    acceptedFacts(accepted),
    ...outcomes.map(outcomeFacts),
  ]);
  await applyFacts(pool, chain, mergeFacts(facts), { limits });
  const copies = await startCopies(pool, tracks);
  const found: Looks[] = [];
  for (const part of [times / 10, times]) {
    await copies.until(part);
    const open = Math.round((tracks * (part - (found.length > 0 ? times / 10 : 0))) / 100);
    await addOpen(pool, found.length * tracks * times, open);
    await pool.query("analyze");
    const middle = syntheticTrack(chain, Math.round((tracks * part) / 2)).accepted.trackId;
    found.push(await measureLooks(pool, chain, middle));
  }
  const [few = {}, all = {}] = found;
  console.log(
    `  ms with ${tracks * (times / 10)} tracks, with ${tracks * times}, and how many times as long:`,
  );
  for (const [name, ms] of Object.entries(few)) {
    const then = all[name] ?? 0;
    console.log(`    ${name}: ${ms.toFixed(1)}, ${then.toFixed(1)}, ${(then / ms).toFixed(2)}`);
  }
  for (const line of await measureTables(pool, tracks * times)) console.log(`  ${line}`);
}

for (const kind of testDatabases.filter(({ name }) => name.includes(values.database))) {
  const database = await kind.start();
  const pool = open(database.url);
  await migrate(pool);
  console.log(`${kind.name}: ${tracks} tracks of ${chain.steps.length} steps`);
  await compareWriters(database.url);
  await write(pool, { from: 40 + compared, to: tracks, by: writers, atOnce: 20 });
  await pool.query("vacuum full");
  for (const line of await measureTables(pool, tracks)) console.log(`  ${line}`);
  if (times > 1) await measureGrowth(pool);
  await pool.end();
  await database[Symbol.asyncDispose]();
}
