import type { UsageRow } from "@segue/local-cloud/usage";
import type { Bill, listPrices, StoredBytes } from "@segue/plan";
import type { TrackUse } from "./summarise-track.ts";

export interface MeasuredTrack {
  readonly what: string;
  readonly sizeBytes: number;
  readonly rows: readonly UsageRow[];
  readonly use: TrackUse;
  readonly stored: StoredBytes;
  readonly bill: Bill;
}

export interface CostReport {
  readonly fleet: string;
  readonly prices: typeof listPrices;
  /** What the fleet uses while nothing is asked of it. */
  readonly idlePerMinute: TrackUse;
  readonly tracks: readonly MeasuredTrack[];
}

const whole = (value: number) => Math.round(value).toString();
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const dollars = (amount: number) => amount.toFixed(1);

/** For people: what each track used and what a million of its like would cost; then what the last one's operations and messages were. */
export function formatReport({ fleet, prices, idlePerMinute, tracks }: CostReport): string {
  const last = tracks.at(-1);
  return [
    `${fleet}; list prices of ${prices.asOf}, ${prices.region}; what an idle fleet uses is taken off`,
    "",
    "| track | class A | class B | up | down | publishes, unheard | statements | CPU | left in scratch | kept |",
    "|---|---|---|---|---|---|---|---|---|---|",
    ...tracks.map(({ what, sizeBytes, use, stored }) =>
      row(
        `${what} (${megabytes(sizeBytes)})`,
        ...useCells(use),
        megabytes(stored.scratch),
        megabytes(stored.masters + stored.records + stored.assets),
      ),
    ),
    row("idle, per minute", ...useCells(idlePerMinute), "-", "-"),
    "",
    "US dollars per million such tracks:",
    "",
    "| track | class A | class B | scratch | messages | CPU | all in | kept, per month |",
    "|---|---|---|---|---|---|---|---|",
    ...tracks.map(({ what, bill }) =>
      row(
        what,
        ...[bill.classA, bill.classB, bill.scratch, bill.messages, bill.cpu].map(dollars),
        dollars(bill.total),
        dollars(bill.keptPerMonth),
      ),
    ),
    ...(last ? ["", `Of the last, ${last.what}:`, ...describeRows(last.rows)] : []),
  ].join("\n");
}

function useCells(use: TrackUse): string[] {
  return [
    whole(use.classA),
    whole(use.classB),
    megabytes(use.upBytes),
    megabytes(use.downBytes),
    `${whole(use.published)}, ${whole(use.unheard)}`,
    whole(use.statements),
    `${use.cpuSec.toFixed(2)} s`,
  ];
}

function describeRows(rows: readonly UsageRow[]): string[] {
  const shown = ["storage_operations", "published_messages", "sql_statements"];
  return rows
    .filter(({ name }) => shown.includes(name))
    .filter(({ value }) => value >= 0.5)
    .map(({ name, labels, value }) => `  ${whole(value)} ${name} ${Object.values(labels).join(" ")}`)
    .sort();
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
