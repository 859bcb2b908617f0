// `npm run bench search -- [--rows N] [--rounds N]`: so many synthetic tracks as search has them, on a Postgres server, and how long typical searches, pages
// behind the first, and counts take of them: the median, the slowest twentieth, the same of the server's time on a processor (where others are at work on the machine, the rest is waiting for them), and the plan.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type Client, countFacets, inTransaction, searchTracks } from "@segue/catalog-db";
import { openMigrated, testDatabases } from "@segue/catalog-db/testing";
import { projectFleetUrl } from "@segue/launcher";
import { loadFleet } from "@segue/step";
import { facetsSql } from "../../packages/catalog-db/src/search/count-facets.ts";
import { searchSettings, searchSql } from "../../packages/catalog-db/src/search/search-tracks.ts";
import { measureTables } from "../catalog/measure-tables.ts";
import { patient } from "../patient.ts";
import { insertRows } from "./synthetic-rows.ts";
import { type TypicalSearch, typicalSearches } from "./typical-searches.ts";

const { values } = parseArgs({
  options: { rows: { type: "string", default: "200000" }, rounds: { type: "string", default: "20" } },
});
const rows = Number(values.rows);
const rounds = Number(values.rounds);
const pageSize = 50;
const kind = testDatabases.find(({ name }) => name === "Postgres server");
if (!kind) throw new Error("expected a Postgres server, found none");
const { chain } = await loadFleet(projectFleetUrl);
const database = await kind.start();
const pool = await openMigrated(database.url, patient);
const startedAt = performance.now();
const facts = await insertRows(pool, chain, rows);
const sec = ((performance.now() - startedAt) / 1_000).toFixed(0);
console.log(`${rows.toLocaleString("en")} rows, made in ${sec} s`);
for (const line of await measureTables(pool, rows)) console.log(`  ${line}`);

const wantedOf = ({ owner = "default", conditions, by }: TypicalSearch) => ({
  ...{ owner, conditions, behind: null, limit: pageSize },
  order: { by: facts.find(({ name }) => name === by) ?? null, descending: by === undefined },
});
const facetsOf = ({ owner = "default", conditions }: TypicalSearch) => ({
  ...{ owner, conditions, withStates: true, limit: 20 },
  facts: facts.filter(({ name }) => name === "key.camelot" || name === "tags.tags"),
});

const { rows: backends } = await pool.query<{ pid: number }>("select pg_backend_pid() as pid");
const processOfServer = `/proc/${backends[0]?.pid}/schedstat`;

/** For how long the server's process has had a processor, in ms; workers that help it aside. */
async function cpuMs(): Promise<number> {
  const [onCpuNs = "0"] = (await readFile(processOfServer, "utf8").catch(() => "0")).split(" ");
  return Number(onCpuNs) / 1e6;
}

interface Measured {
  readonly took: number[];
  readonly cpu: number[];
  found: number;
}

/** What each search takes, once in a round. */
async function measure(
  title: string,
  ask: (search: TypicalSearch) => Promise<number>,
  plan: (search: TypicalSearch) => Promise<string>,
): Promise<void> {
  const all = new Map<string, Measured>();
  for (let round = 0; round <= rounds; round++) {
    for (const search of typicalSearches(facts, round)) {
      const [began, busyBefore] = [performance.now(), await cpuMs()];
      const measured = all.get(search.name) ?? { took: [], cpu: [], found: 0 };
      measured.found = await ask(search);
      const [took, cpu] = [performance.now() - began, (await cpuMs()) - busyBefore];
      all.set(search.name, measured);
      // The first round fills the caches.
      if (round === 0) continue;
      measured.took.push(took);
      measured.cpu.push(cpu);
    }
  }
  console.log(`\n${title}: p50, p95 in ms; of these on a processor; found; plan`);
  for (const search of typicalSearches(facts, 1)) {
    const { took = [], cpu = [], found } = all.get(search.name) ?? {};
    console.log(`  ${search.name}: ${shares(took)}; ${shares(cpu)}; ${found}; ${await plan(search)}`);
  }
}

function shares(all: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return `${at(0.5).toFixed(1)}, ${at(0.95).toFixed(1)}`;
}

/** The nodes of a plan that read or sort, from the outermost in. */
async function explain(
  make: (client: Client) => Promise<{ readonly sql: string; readonly values: readonly unknown[] }>,
): Promise<string> {
  const work = async (client: Client) => {
    const { sql, values: all } = await make(client);
    const { rows: lines } = await client.query<{ "QUERY PLAN": string }>(`explain ${sql}`, [...all]);
    return lines.flatMap((line) => nodeOf(line["QUERY PLAN"])).join(" < ");
  };
  return inTransaction(pool, { statementMs: 0 }, work, searchSettings);
}

function nodeOf(line: string): string[] {
  const [, node, name] =
    /((?:\w+ )*(?:Scan|Sort|BitmapAnd|BitmapOr))\b(?:.*? (?:using|on) search_tracks_?(\w*))?/.exec(line) ??
    [];
  if (node === undefined || /CTE|Subquery|Function/.test(node)) return [];
  return [name ? `${node.trim()} ${name}` : node.trim()];
}

await measure(
  "searches",
  async (search) => (await searchTracks(pool, wantedOf(search))).length,
  (search) => explain((client) => searchSql(client, wantedOf(search))),
);
await measure(
  "pages behind the first",
  async (search) => {
    const last = (await searchTracks(pool, wantedOf(search))).at(-1);
    if (!last) return 0;
    return (await searchTracks(pool, { ...wantedOf(search), behind: { value: last.value, id: last.id } }))
      .length;
  },
  async () => "both pages",
);
await measure(
  "facets (camelot, tags, state)",
  async (search) => (await countFacets(pool, facetsOf(search))).tracks,
  (search) => explain((client) => facetsSql(client, facetsOf(search))),
);
await pool.end();
await database[Symbol.asyncDispose]();
