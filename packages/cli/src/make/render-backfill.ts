import type { BackfillResource } from "@segue/contracts";
import { formatCount, formatLatency } from "@segue/wording";
import { formatColumns } from "../format-columns.ts";

/** How far a backfill is, in a line. */
export function renderProgress({ tracks, state, etaSec, waitingFor }: BackfillResource): string {
  const { total, complete, succeeded, failed, underWay } = tracks;
  const over = complete + succeeded + failed;
  const waits = Object.entries(waitingFor)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([step, count]) => `${step} ${count}`);
  return [
    `${state}: ${over.toLocaleString("en")} of ${total === null ? "?" : formatCount(total, "track")}`,
    `${complete.toLocaleString("en")} complete before`,
    `${succeeded.toLocaleString("en")} made`,
    `${failed.toLocaleString("en")} failed`,
    `${underWay} under way${waits.length > 0 ? ` (${waits.join(", ")})` : ""}`,
    ...(etaSec === null ? [] : [`about ${formatLatency(etaSec * 1000)} left`]),
  ].join(", ");
}

/** All of a backfill: what it is about, how far it is, what failed. */
export function renderBackfill(backfill: BackfillResource): string {
  const { id, targets, force, selection, requestedAt, finishedAt, failures } = backfill;
  const chosen = Object.entries(selection).flatMap(([name, value]) =>
    value === null ? [] : [`${name} ${value}`],
  );
  const head = formatColumns([
    ["backfill", id],
    ["targets", targets.join(", ")],
    ...(force.length > 0 ? [["forced", force.join(", ")]] : []),
    ["tracks", chosen.length > 0 ? chosen.join(", ") : "all"],
    ["asked for", requestedAt],
    ...(finishedAt === null ? [] : [["over", finishedAt]]),
  ]);
  return [head, renderProgress(backfill), ...renderFailures(failures)].join("\n");
}

function renderFailures(failures: BackfillResource["failures"]): string[] {
  if (failures.length === 0) return [];
  const rows = failures.map(({ step, code, tracks, example }) => [
    tracks.toLocaleString("en"),
    code,
    step,
    example,
  ]);
  return ["", formatColumns([["TRACKS", "CODE", "STEP", "EXAMPLE"], ...rows], { right: [0] })];
}

/** A line per backfill. */
export function renderBackfills(backfills: readonly BackfillResource[]): string {
  if (backfills.length === 0) return "no backfills";
  return backfills
    .map((backfill) => `${backfill.id}  ${backfill.requestedAt}  ${renderProgress(backfill)}`)
    .join("\n");
}
