import { formatLatency, shorten } from "@segue/wording";
import { formatColumns } from "../format-columns.ts";
import type { ShadowReport } from "./run-shadow.ts";

/** What changes, for people. */
export function renderShadow(report: ShadowReport): string {
  const { step, versions, compared, same, changed, facts, failures, durationMs } = report;
  const old = versions.old.length > 0 ? versions.old.join(", ") : "none";
  const head = [
    `${step}: version ${versions.new} here, ${old} in the fleet`,
    `${compared} compared: ${same} the same, ${changed} changed${durationMs === null ? "" : `; ${formatLatency(durationMs)} each`}`,
  ];
  const rows = facts.map(({ path, tracks, meanDelta, maxDelta, example }) => [
    path === "" ? "(all)" : path,
    String(tracks),
    meanDelta === null ? "" : meanDelta.toPrecision(3),
    maxDelta === null ? "" : maxDelta.toPrecision(3),
    `${shorten(JSON.stringify(example.old), 30)} -> ${shorten(JSON.stringify(example.new), 30)}`,
    example.track,
  ]);
  const table =
    rows.length > 0
      ? [
          formatColumns([["FACT", "TRACKS", "MEAN CHANGE", "LARGEST", "EXAMPLE", "TRACK"], ...rows], {
            right: [1, 2, 3],
          }),
        ]
      : [];
  const failed = failures.map(
    ({ track, code, message }) => `fails here: ${track}: ${code}: ${shorten(message, 100)}`,
  );
  return [...head, ...table, ...failed, ...describeNext(report)].join("\n");
}

/** What it takes to promote the version that was tried, or to drop it. */
function describeNext({ kind, versions, changed, failures }: ShadowReport): string[] {
  if (changed + failures.length === 0) return [];
  const isSameVersion = versions.old.includes(versions.new);
  return [
    ...(isSameVersion
      ? [`The fleet has results of version ${versions.new} too, and would keep them: raise the number first.`]
      : []),
    `To promote it: deploy its worker, then segue make --targets ${kind}. To drop it: nothing has to be undone.`,
  ];
}
