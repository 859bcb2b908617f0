import { describeOutcome } from "./match-outcome.ts";
import type { CorpusRun } from "./run-corpus.ts";

/** What a service may hold more of after the corpus than before. Connections that are kept for reuse come and go. */
const slack = { threads: 2, files: 16, residentMiB: 160 };
/** What a service may hold: of some steps, or of all of them. */
export const maxResidentMiB = { apart: 600, together: 1_000 };
/** A good track may take so much longer: the machine is not ours alone. */
const slowdown = { ratio: 2, ms: 1_500 };

/** Everything that a run of the corpus should not have shown, be the machine as busy as it may be, in words. */
export function findFaults(run: CorpusRun, maxMiB = maxResidentMiB.apart): string[] {
  return [
    ...run.wrong.map(
      ({ file, outcome, message }) =>
        `${file.name}: expected ${file.outcomes.map(describeOutcome).join(" or ")}; got ${describeOutcome(outcome)} (${message})`,
    ),
    ...run.restarts,
    ...run.leftovers.map((text) => `left behind: ${text}`),
    ...(run.baitVisits > 0 ? [`${run.baitVisits} visits to an address that a file names`] : []),
    ...findGrowth(run, maxMiB),
  ];
}

/** What took longer than it should on a machine that is not busy with other work, in words. */
export function findSlowness(run: CorpusRun): string[] {
  const { before, after } = run.goodTrackMs;
  return [
    ...run.overBudget.map((text) => `over the budget: ${text}`),
    ...run.retried.map((text) => `tried again: ${text}`),
    ...(after > slowdown.ratio * before + slowdown.ms
      ? [`a good track took ${Math.round(before)} ms before and ${Math.round(after)} ms after`]
      : []),
  ];
}

function findGrowth({ footprints }: CorpusRun, maxMiB: number): string[] {
  return footprints.before.flatMap((before, index) => {
    const after = footprints.after[index];
    if (!after || after.name !== before.name || after.pid !== before.pid)
      return [`${before.name} is another process than before`];
    const grown = (["threads", "files", "residentMiB"] as const).filter(
      (figure) => after[figure] > before[figure] + slack[figure],
    );
    const told = grown.map(
      (figure) =>
        `${before.name}: ${figure} from ${before[figure].toFixed(0)} to ${after[figure].toFixed(0)}`,
    );
    // The embedded Postgres is no service: a real one takes its place.
    if (before.name !== "postgres" && after.residentMiB > maxMiB)
      told.push(`${before.name}: ${after.residentMiB.toFixed(0)} MiB resident`);
    return told;
  });
}
