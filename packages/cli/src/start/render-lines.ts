import { formatCount, formatLatency, printable } from "@segue/wording";
import type { TrackRow } from "./describe-track.ts";
import type { SkippedFiles } from "./expand-paths.ts";
import { explainCode } from "./local-failures.ts";
import type { Paint } from "./paint.ts";
import { readablePath } from "./path-bytes.ts";
import { quote } from "./shown-environment.ts";
import type { FailureCount, Progress } from "./tally.ts";

/** A track's end on one line. */
export function renderEnded(row: TrackRow, { total, succeeded, failed }: Progress, paint: Paint): string {
  const number = `[${succeeded + failed}/${total}]`;
  const file = printable(row.file);
  if (row.state === "failed") return `${number} ${paint.bad("failed")} ${file}: ${describeFailures(row)}`;
  const facts = [
    ...row.results.flatMap(({ label, summary }) => (summary === "" ? [] : [`${label} ${summary}`])),
    row.latencyMs === null ? "-" : formatLatency(row.latencyMs),
  ];
  const line = `${number} ${row.state === "done" ? paint.good("done") : paint.bad(row.state)} ${file}: ${facts.join(" · ")}`;
  return row.failures.length > 0 ? `${line} · ${describeFailures(row)}` : line;
}

/** `decode: not-audio (no frame)`. */
export function describeFailures({ failures }: TrackRow): string {
  return failures.map(({ step, code, message }) => `${step}: ${code} (${printable(message)})`).join("; ");
}

/** What failed, by code: what each means and what to do. Empty if nothing failed. */
export function renderFailures(failures: readonly FailureCount[], paint: Paint): string {
  return failures.flatMap((failure) => renderFailure(failure, paint)).join("\n");
}

function renderFailure({ code, count, examples }: FailureCount, paint: Paint): string[] {
  const known = examples[0]?.words ?? explainCode(code);
  const lines = [
    `${paint.bad(code)} ${paint.dim(`(${count})`)}${known ? ` ${printable(known.meaning)} ${printable(known.remedy)}` : ""}`,
  ];
  for (const { file, message } of examples) lines.push(`  ${printable(file)}: ${printable(message)}`);
  if (count > examples.length) lines.push(`  and ${count - examples.length} more`);
  return lines;
}

/** How it went, on one line. */
export function renderSummary({ total, succeeded, failed, elapsedMs }: Progress, paint: Paint): string {
  const left = total - succeeded - failed;
  const parts = [paint.good(`${succeeded} succeeded`)];
  if (failed > 0) parts.push(paint.bad(`${failed} failed`));
  if (left > 0) parts.push(`${left} unfinished`);
  return `${paint.bold(formatCount(total, "track"))}: ${parts.join(", ")} in ${formatLatency(elapsedMs)}`;
}

/** What folders hold beside audio. Empty where that is nothing. */
export function renderSkipped({ count, examples }: SkippedFiles): string {
  if (count === 0) return "";
  const more = count > examples.length ? `, and ${count - examples.length} more` : "";
  return `${formatCount(count, "file")} skipped (not audio by name, or no file): ${examples.map(readablePath).map(printable).join(", ")}${more}`;
}

/** Where a fleet answers. */
export interface FleetAddress {
  readonly apiUrl: string;
  /** The catalog's database, if that can be shown. */
  readonly databaseUrl: string | null;
  /** Its data folder, where commands do not look by themselves. */
  readonly dataDir: string | null;
}

/** Where the API is and how to use it, and where the catalog's database is. */
export function renderApiHelp({ apiUrl, databaseUrl, dataDir }: FleetAddress, paint: Paint): string {
  const command = renderCommand("plan", dataDir);
  return [
    `${paint.bold("Dashboard")}  ${paint.accent(`${apiUrl}/`)}`,
    `${paint.bold("API")}  ${paint.accent(apiUrl)}`,
    `  curl -F file=@song.mp3 ${apiUrl}/v1/tracks`,
    `  curl ${apiUrl}/v1/tracks`,
    `  ${command}   from this folder; also status, failed, export, ...`,
    ...(databaseUrl === null ? [] : [`Postgres  ${paint.accent(databaseUrl)}`]),
  ].join("\n");
}

function renderCommand(command: string, dataDir: FleetAddress["dataDir"]): string {
  return `${dataDir === null ? "" : `SEGUE_DATA_DIR=${quote(dataDir)} `}npm run -s segue -- ${command}`;
}

/** What to do for tracks that were accepted before the fleet made something. */
export function renderTargetsSince(targets: readonly string[], dataDir: FleetAddress["dataDir"]): string {
  const command = renderCommand(`make --targets ${targets.join(",")}`, dataDir);
  return [
    `Not made for tracks of an earlier start: ${targets.map(printable).join(", ")}. While the fleet is up,`,
    `  ${command}`,
    "makes what all of them lack.",
  ].join("\n");
}
