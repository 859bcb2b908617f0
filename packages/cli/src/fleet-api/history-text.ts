import type { Tools, TrackHistory } from "@segue/contracts";
import { listPrices, priceOfCpu } from "@segue/plan/list-prices";
import { formatLatency, printable } from "@segue/wording";
import { formatColumns } from "../format-columns.ts";

/** A line per request, attempt, event and dead letter, oldest first; what the attempts have cost; and what is put off. */
export function renderHistory({ requests, attempts, events, deadLetters, putOff }: TrackHistory): string {
  const rows = [
    ...requests.map(({ requestedAt: at, owner, cause, id, targets, force }) => ({
      at,
      cells: [printable(owner), printable(cause), "", "", "", "", wordsOfRequest(id, targets, force)],
    })),
    ...attempts.map(({ step, version, status, how, error, attempt }) => ({
      at: attempt.startedAt,
      cells: [
        `${step} v${version}`,
        how ?? "given up",
        formatLatency(attempt.durationMs),
        `delivery ${attempt.deliveryAttempt}`,
        printable(attempt.worker),
        printable(wordsOfTools(attempt.tools)),
        error ? `${error.code}: ${printable(error.message)}` : status,
      ],
    })),
    ...events.map(({ at, kind, detail }) => ({
      at,
      cells: ["reconciler", kind, "", "", "", "", printable(detail)],
    })),
    ...deadLetters.map(({ at, step, code, message }) => ({
      at,
      cells: [step ?? "-", "dead letter", "", "", "", "", `${code}: ${printable(message)}`],
    })),
  ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const waits = putOff.map(wordsOfPutOff);
  if (rows.length === 0) return ["nothing has been done for this track yet", ...waits].join("\n");
  const table = formatColumns([
    ["AT", "BY", "HOW", "TOOK", "DELIVERY", "WORKER", "TOOLS", "RESULT"],
    ...rows.map(({ at, cells }) => [at, ...cells]),
  ]);
  return [table, ...costOf(attempts), ...waits].join("\n");
}

/** None where no attempt could measure its CPU. Per million: what one track costs is too little to be read. */
function costOf(attempts: TrackHistory["attempts"]): string[] {
  const measured = attempts.flatMap(({ attempt }) => attempt.cpuMs ?? []);
  if (measured.length === 0) return [];
  const cpuSec = measured.reduce((sum, ms) => sum + ms, 0) / 1_000;
  const perMillion = Math.round(priceOfCpu(cpuSec) * 1_000_000);
  return [
    `in all ${cpuSec.toFixed(2)} s of CPU: ${perMillion} dollars per million such tracks, on preemptible nodes by the list of ${listPrices.asOf}`,
  ];
}

function wordsOfPutOff({ step, until, times, reason }: TrackHistory["putOff"][number]): string {
  const often = times === 1 ? "once" : `${times} times`;
  return `${step} is put off until ${until} (${often} in a row): ${printable(reason)}`;
}

function wordsOfRequest(id: string, targets: readonly string[], force: readonly string[]): string {
  const asked = [
    ...(targets.length > 0 ? [`for ${targets.join(", ")}`] : []),
    ...(force.length > 0 ? [`forces ${force.join(", ")}`] : []),
  ];
  return [`request ${id}`, ...asked].join(" ");
}

function wordsOfTools(tools: Tools = {}): string {
  return Object.entries(tools)
    .map(([tool, family]) => `${tool} ${family}`)
    .join(", ");
}
