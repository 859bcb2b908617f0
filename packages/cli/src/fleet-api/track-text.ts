import {
  type ErrorReport,
  type Recomputing,
  runMs,
  type TrackResource,
  type TrackSummary,
} from "@segue/contracts";
import type { KindsByName } from "@segue/wording";
import { describeResults, formatLatency, printable, sayFactValue, shorten } from "@segue/wording";
import { formatColumns } from "../format-columns.ts";
import { formatFacts } from "../local-run/format-facts.ts";
import { underlyingOf } from "./underlying-failure.ts";

/** A line per track. */
export function renderTracks(tracks: readonly TrackSummary[]): string {
  const rows = tracks.map(({ id, state, acceptedAt, latencyMs, title, fileName, steps }) => [
    id,
    state,
    acceptedAt,
    latencyMs === null ? "-" : formatLatency(latencyMs),
    shorten(printable(title ?? fileName ?? ""), 40),
    steps.flatMap(noteStep).join(", "),
  ]);
  return formatColumns([["ID", "STATE", "ACCEPTED", "LATENCY", "NAME", "NOTES"], ...rows]);
}

/** What is to be said of a step in a list: what failed, and what is under way although there is a result. */
function noteStep({
  step,
  code,
  underlying,
  recomputing,
  upgradeFailed,
}: TrackSummary["steps"][number]): string[] {
  return [
    ...(code === null ? [] : [`${step}: ${underlyingOf(underlying ?? { code, message: "" }).code}`]),
    ...(upgradeFailed ? [`${step}: upgrade failed`] : []),
    ...(recomputing ? [`${step}: recomputing`] : []),
  ];
}

/** All of a track: its steps, errors in words, and results. @param kinds what the fleet says of the kinds of its results. */
export function renderTrack(track: TrackResource, kinds: KindsByName): string {
  const steps = track.steps.map(({ step, status, how, attempt, blockedBy, recomputing }) => [
    step,
    status,
    how ?? "",
    attempt ? formatLatency(runMs(attempt)) : "",
    [
      ...(blockedBy.length > 0 ? [`needs ${blockedBy.join(", ")}`] : []),
      ...(recomputing ? [sayRecomputing(recomputing)] : []),
    ].join("; "),
  ]);
  const shown = describeResults(track.results, kinds).results.filter(({ hasColumn }) => hasColumn);
  const facts = Object.entries(track.results).map(
    ([kind, result]) => `${kind}: ${formatFacts(result.facts)}`,
  );
  return [
    `${track.id}  ${printable(track.title ?? track.fileName ?? "")}`,
    printable(track.summary),
    ...Object.entries(track.metadata).map(([name, text]) => `${name}: ${printable(text)}`),
    "",
    formatColumns(steps),
    ...renderErrors(track),
    "",
    ...(shown.length > 0 ? [formatColumns(shown.map(({ label, text }) => [label, text])), ""] : []),
    ...facts,
    ...Object.values(track.corrections).map(sayCorrection),
  ].join("\n");
}

/** What a person says it is: the facts above are the machine's. */
function sayCorrection({ kind, facts, author, by, at }: TrackResource["corrections"][string]): string {
  const said = Object.entries(facts).map(([name, value]) => `${name} ${sayFactValue(value)}`);
  return `${kind}, corrected by ${printable(author ?? by)} at ${at}: ${said.join(", ")}`;
}

function sayRecomputing({ since, version, reason }: Recomputing): string {
  const to = version === null ? "" : ` at version ${version}`;
  return `recomputing${to} since ${since} (${reason})`;
}

/** The errors of a track's steps, and of upgrades that failed: what happened, what it means, what to do. */
export function renderErrors({ steps }: TrackResource): string[] {
  return steps.flatMap(({ step, error, attempt, failedUpgrade, version }) => {
    const where = attempt ? ` (delivery ${attempt.deliveryAttempt}, ${printable(attempt.worker)})` : "";
    const upgrade = failedUpgrade && [
      ...renderError(`${step}: upgrade to version ${failedUpgrade.version} failed`, failedUpgrade.error),
      `  What version ${version ?? "?"} made holds; the failure is of ${failedUpgrade.at}.`,
    ];
    return [...(error ? renderError(`${step}: ${error.code}${where}`, error) : []), ...(upgrade ?? [])];
  });
}

function renderError(head: string, error: ErrorReport): string[] {
  const { code, message } = underlyingOf(error);
  const last = code === error.code ? [] : [`  the last error: ${code}: ${printable(message)}`];
  const lines = [`  ${printable(error.message)}`, ...last, `  ${error.meaning}`, `  ${error.remedy}`];
  return ["", head, ...lines];
}
