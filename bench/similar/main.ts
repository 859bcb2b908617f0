// `npm run bench similar -- [--rows N] [--rounds N]`: so many synthetic tracks with vectors of 128 numbers, on a Postgres server: what it takes to cut cells and to move vectors
// into them, how long it takes to find the twenty that are most like one (the median, the slowest twentieth, and the same of the server's time on a processor), how many of the
// true twenty these are, and the plan.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import {
  type Client,
  connect,
  inTransaction,
  migrate,
  readCandidates,
  readSpaces,
  type SimilarWanted,
  similarTracks,
} from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { projectFleetUrl } from "@segue/launcher";
import { loadFleet } from "@segue/step";
import { createValues, readKeywordNumbers } from "../../packages/catalog-db/src/search/conditions.ts";
import { searchSettings } from "../../packages/catalog-db/src/search/search-tracks.ts";
import { codesSql, nearCells, similarSettings } from "../../packages/catalog-db/src/search/similar-tracks.ts";
import { largest, similarities } from "../../packages/catalog-db/src/search/vectors.ts";
import { cutCells } from "../../services/catalog/src/search/cells/cut-cells.ts";
import { measureTables } from "../catalog/measure-tables.ts";
import { insertRows } from "../search/synthetic-rows.ts";
import { typicalSearches } from "../search/typical-searches.ts";
import { insertVectors } from "./synthetic-vectors.ts";

const { values } = parseArgs({
  options: { rows: { type: "string", default: "200000" }, rounds: { type: "string", default: "20" } },
});
const rows = Number(values.rows);
const rounds = Number(values.rounds);
const limit = 20;
const kind = testDatabases.find(({ name }) => name === "Postgres server");
if (!kind) throw new Error("expected a Postgres server, found none");
const { chain } = await loadFleet(projectFleetUrl);
const database = await kind.start();
const pool = connect({
  ...{ connectionString: database.url, maxConnections: 1, applicationName: "segue-bench" },
  ...{ connectTimeoutMs: 60_000, statementTimeoutMs: 3_600_000, onIdleError() {} },
});
await migrate(pool);

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const done = await work();
  console.log(`${name}: ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  return done;
}

const facts = await timed(`${rows.toLocaleString("en")} rows`, () => insertRows(pool, chain, rows));
await timed("their vectors", () => insertVectors(pool, rows));
if (rows >= 50_000) {
  const first = await timed("middles of cells", () => cutCells(pool));
  console.log(`  ${first?.cut?.cells} cells`);
  await timed("vectors moved into them", async () => {
    while ((await cutCells(pool))?.isMore);
  });
}
await timed("vacuum", () => pool.query("vacuum analyze search_vectors"));
for (const line of await measureTables(pool, rows)) console.log(`  ${line}`);

const idOf = (n: number) => `01900000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
const names = [
  "all, the newest first",
  "tempo",
  "harmonic",
  "a frequent tag",
  "tempo, harmonic, a tag, duration",
];
const owners = ["default", "bert"] as const;

/** What is asked in a round. Of an owner with a hundredth of the tracks, too. */
function wantedIn(round: number): (SimilarWanted & { readonly name: string })[] {
  const searches = typicalSearches(facts, round).filter(({ name }) => names.includes(name));
  return owners.flatMap((owner) =>
    searches.map(({ name, conditions }) => {
      // Every hundredth track is bert's, and the third behind it is whose nobody is.
      const seed = Math.floor(((round + 0.5) * rows) / (rounds + 1) / 100) * 100 + (owner === "bert" ? 0 : 3);
      const said = conditions.length === 0 ? "no filter" : name;
      return { ...{ name: `${said}, ${owner}`, owner, id: idOf(seed), by: undefined }, conditions, limit };
    }),
  );
}

const { rows: backends } = await pool.query<{ pid: number }>("select pg_backend_pid() as pid");
async function cpuMs(): Promise<number> {
  const text = await readFile(`/proc/${backends[0]?.pid}/schedstat`, "utf8").catch(() => "0");
  return Number(text.split(" ")[0]) / 1e6;
}

const all = new Map<string, { took: number[]; cpu: number[]; recall: number[]; isExact: boolean }>();
for (let round = 0; round <= rounds; round++) {
  for (const { name, ...wanted } of wantedIn(round)) {
    const [began, busy] = [performance.now(), await cpuMs()];
    const found = await similarTracks(pool, wanted);
    const [took, cpu] = [performance.now() - began, (await cpuMs()) - busy];
    if (found.type !== "found") throw new Error(`${name}: expected tracks, got ${found.type}`);
    // The first round fills the caches.
    if (round === 0) continue;
    const measured = all.get(name) ?? { took: [], cpu: [], recall: [], isExact: found.isExact };
    all.set(name, measured);
    measured.took.push(took);
    measured.cpu.push(cpu);
    if (!found.isExact && round % 5 === 1) measured.recall.push(await recallOf(wanted, found.hits));
  }
}

/** The share of the nearest that were found: all are compared with it, in no limited time. */
async function recallOf(wanted: SimilarWanted, hits: readonly { readonly id: string }[]): Promise<number> {
  const work = async (client: Client) => {
    const [space] = await readSpaces(client);
    if (!space) return [];
    const { rows: seeds } = await client.query<{ code: Buffer }>(
      "select code from search_vectors where id = $1",
      [wanted.id],
    );
    const numbers = await readKeywordNumbers(client, wanted.conditions);
    const given = createValues();
    const { rows: found } = await client.query<{ packed: Buffer }>(
      codesSql({ wanted, space, numbers }, given, null, rows),
      given.all,
    );
    const bytes = found[0]?.packed ?? Buffer.alloc(0);
    const size = 16 + space.dimensions;
    const near = similarities(seeds[0]?.code ?? bytes, { bytes, before: 16, dimensions: space.dimensions });
    return largest(near, limit).map((n) => bytes.toString("hex", n * size, n * size + 16));
  };
  const exact = await inTransaction(pool, { statementMs: 0 }, work, searchSettings);
  const ids = new Set(hits.map(({ id }) => id.replaceAll("-", "")));
  return exact.filter((id) => ids.has(id)).length / Math.max(1, exact.length);
}

function shares(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return `${at(0.5).toFixed(1)}, ${at(0.95).toFixed(1)}`;
}

async function explain(wanted: SimilarWanted, isExact: boolean): Promise<string> {
  const work = async (client: Client) => {
    const [space] = await readSpaces(client);
    if (!space) return "";
    const numbers = await readKeywordNumbers(client, wanted.conditions);
    const given = createValues();
    const cells = isExact ? null : Array.from({ length: nearCells }, (_, n) => space.firstCell + n);
    const sql = codesSql({ wanted, space, numbers }, given, cells, 20_001);
    const { rows: lines } = await client.query<{ "QUERY PLAN": string }>(`explain ${sql}`, given.all);
    const nodes = lines.map((line) =>
      line["QUERY PLAN"].replace(/\s*\(cost.*/, "").replace(/^\s*(->)?\s*/, ""),
    );
    return nodes.filter((node) => /Scan|Join|Loop/.test(node)).join(" < ");
  };
  return inTransaction(pool, { statementMs: 0 }, work, similarSettings);
}

console.log("similar: p50, p95 in ms; of these on a processor; exact, or the share that was found; plan");
for (const { name, ...wanted } of wantedIn(1)) {
  const { took = [], cpu = [], recall = [], isExact = true } = all.get(name) ?? {};
  const mean = recall.reduce((sum, one) => sum + one, 0) / recall.length;
  const share = isExact ? "exact" : mean.toFixed(2);
  console.log(`  ${name}: ${shares(took)}; ${shares(cpu)}; ${share}; ${await explain(wanted, isExact)}`);
}

/** What playlists are made of: a sample of what a search finds. */
console.log("candidates of a playlist: p50, p95 in ms; of these on a processor; found");
const factOf = (name: string) => facts.find((fact) => fact.name === name);
const duration = factOf("pcm.durationSec");
if (!duration) throw new Error("expected a fact pcm.durationSec");
const mix = {
  ...{ duration, bpm: factOf("tempo.bpm"), camelot: factOf("key.camelot"), tags: factOf("tags.tags") },
  ...{ loudness: factOf("loudness.integratedLufs"), energy: undefined },
};
for (const name of names) {
  const [took, cpu]: [number[], number[]] = [[], []];
  let found = 0;
  for (let round = 0; round <= rounds; round++) {
    const conditions = typicalSearches(facts, round).find((search) => search.name === name)?.conditions ?? [];
    const [began, busy] = [performance.now(), await cpuMs()];
    const from = round / (rounds + 1);
    const wanted = { owner: "default", conditions, facts: mix, energyTag: "tag-3", from, limit: 1_000 };
    found = (await readCandidates(pool, wanted)).length;
    if (round === 0) continue;
    took.push(performance.now() - began);
    cpu.push((await cpuMs()) - busy);
  }
  console.log(`  ${name}: ${shares(took)}; ${shares(cpu)}; ${found}`);
}
await pool.end();
await database[Symbol.asyncDispose]();
