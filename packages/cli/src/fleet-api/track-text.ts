import { runMs, type TrackResource, type TrackSummary } from "@segue/contracts";
import { formatColumns } from "../format-columns.ts";
import { formatFacts } from "../local-run/format-facts.ts";
import { formatLatency, printable, shorten } from "../start/format-text.ts";

/** A line per track. */
export function renderTracks(tracks: readonly TrackSummary[]): string {
  const rows = tracks.map(({ id, state, acceptedAt, latencyMs, title, fileName, steps }) => [
    id,
    state,
    acceptedAt,
    latencyMs === null ? "-" : formatLatency(latencyMs),
    shorten(printable(title ?? fileName ?? ""), 40),
    steps.flatMap(({ step, code }) => (code === null ? [] : [`${step}: ${code}`])).join(", "),
  ]);
  return formatColumns([["ID", "STATE", "ACCEPTED", "LATENCY", "NAME", "FAILED"], ...rows]);
}

/** All of a track: its steps, errors in words, and results. */
export function renderTrack(track: TrackResource): string {
  const steps = track.steps.map(({ step, status, how, attempt, blockedBy }) => [
    step,
    status,
    how ?? "",
    attempt ? formatLatency(runMs(attempt)) : "",
    blockedBy.length > 0 ? `needs ${blockedBy.join(", ")}` : "",
  ]);
  const results = Object.entries(track.results).map(([kind, { facts }]) => `${kind}: ${formatFacts(facts)}`);
  return [
    `${track.id}  ${printable(track.title ?? track.fileName ?? "")}`,
    `${track.state}: ${printable(track.summary)}`,
    "",
    formatColumns(steps),
    ...renderErrors(track),
    "",
    ...results,
  ].join("\n");
}

/** The errors of a track's steps: what happened, what it means, what to do. */
export function renderErrors({ steps }: TrackResource): string[] {
  return steps.flatMap(({ step, error, attempt }) => {
    if (!error) return [];
    const where = attempt ? ` (delivery ${attempt.deliveryAttempt}, ${printable(attempt.worker)})` : "";
    return [
      "",
      `${step}: ${error.code}${where}`,
      `  ${printable(error.message)}`,
      `  ${error.meaning}`,
      `  ${error.remedy}`,
    ];
  });
}
