import { loadavg } from "node:os";
import { formatTable } from "../chaos/table.ts";
import type { LoadResult } from "./run-load.ts";
import { quantile, type Tally } from "./tally.ts";

const maxShown = 8;

/** The whole account, as Markdown. */
export function formatReport(result: LoadResult): string {
  const { options, calm, storm, ends, checks } = result;
  const { posts, clients, seed, kills, fleet, database } = options;
  const failed = checks.filter(({ violations }) => violations.length > 0);
  return [
    "# Load",
    "",
    `\`npm run load -- --posts ${posts} --clients ${clients} --kills ${kills} --seed ${seed} --fleet ${fleet} --database ${database}\`: ` +
      `${posts} tracks, each under a key of its own, in ${calm.attempts + storm.attempts} requests; the last track had ended ${Math.round(result.wholeSec)} s after the first post. ` +
      `The API's process was killed ${ends.killed} times and drained ${ends.drained} times; another one was ready ${formatSec(quantile(ends.awayMs, 0.5))} later (at most ${formatSec(Math.max(0, ...ends.awayMs))}). ` +
      `Load average at the end: ${loadavg()[0]?.toFixed(1)}.`,
    "",
    formatTable(
      ["phase", "clients", "requests", "answered 202", "202 per second", "p50", "p99", "otherwise"],
      [
        ["undisturbed", String(Math.ceil(clients / 4)), ...describe(calm)],
        ["disturbed", String(clients), ...describe(storm)],
      ],
    ),
    "",
    formatTable(
      ["what holds", "looked at", "result"],
      checks.map(({ name, looked, violations }) => [
        name,
        looked,
        violations.length === 0 ? "holds" : `**${violations.length} violations**`,
      ]),
    ),
    "",
    ...failed.map(({ name, violations }) =>
      [`## Violated: ${name}`, "", ...violations.slice(0, maxShown).map((line) => `- ${line}`), ""].join(
        "\n",
      ),
    ),
  ].join("\n");
}

function describe({ attempts, accepted, latenciesMs, others, elapsedMs }: Tally): string[] {
  return [
    String(attempts),
    String(accepted),
    (accepted / (elapsedMs / 1000)).toFixed(0),
    formatSec(quantile(latenciesMs, 0.5)),
    formatSec(quantile(latenciesMs, 0.99)),
    [...others].map(([what, count]) => `${count} ${what}`).join(", "),
  ];
}

function formatSec(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}
