import type { TrackResource } from "@segue/contracts";
import { createLogUpdate } from "log-update";
import type { TrackRow } from "./describe-track.ts";
import { printable } from "./format-text.ts";
import type { FileFailure } from "./local-failures.ts";
import { createPaint, type Paint } from "./paint.ts";
import { renderApiHelp, renderEnded, renderFailures, renderSummary } from "./render-lines.ts";
import { renderProgress } from "./render-progress.ts";
import { renderResults } from "./render-results.ts";
import type { FailureCount, Progress } from "./tally.ts";

export interface Outcome {
  readonly progress: Progress;
  /** The first ones. */
  readonly rows: readonly TrackRow[];
  /** How many tracks have ended. */
  readonly ended: number;
  readonly failures: readonly FailureCount[];
}

/** Where everything that happens is shown. */
export interface Display {
  /** A message that stays. */
  note(text: string): void;
  /** A message that holds for now; null when it does not any more. */
  status(text: string | null): void;
  /** The API answers here; the catalog's database there, if that can be shown. */
  ready(apiUrl: string, databaseUrl: string | null): void;
  /** Shows progress as it goes, until `results`. */
  watch(read: () => Progress): void;
  /** Progress was made. */
  changed(): void;
  ended(row: TrackRow, track: TrackResource): void;
  notSent(failure: FileFailure): void;
  results(outcome: Outcome, apiUrl: string): void;
  close(): void;
}

/** A terminal, a pipe or a file. */
export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface DisplayStreams {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** A live view on a terminal, plain lines elsewhere, JSON lines on request. */
export function createDisplay({ stdout, stderr }: DisplayStreams, { json }: { json: boolean }): Display {
  if (json) return createJsonDisplay(stdout, stderr);
  return stdout.isTTY ? createLiveDisplay(stdout) : createPlainDisplay(stdout);
}

const redrawMs = 150;
/** Where a terminal does not tell its width. */
const liveWidth = 80;
/** Where the width is not known: wide enough for a table. */
const plainWidth = 140;

function createLiveDisplay(stdout: OutputStream): Display {
  const paint = createPaint(stdout);
  const live = createLogUpdate(stdout);
  // One column less: a full last column makes some terminals break the line.
  const width = () => (stdout.columns || liveWidth) - 1;
  let read: (() => Progress) | undefined;
  let note: string | null = null;
  const draw = () => {
    if (read) live(renderProgress({ progress: read(), note }, width(), paint));
    else if (note) live(paint.dim(printable(note)));
  };
  const timer = setInterval(draw, redrawMs);
  timer.unref();
  const persist = (text: string) => (text === "" ? undefined : live.persist(text));
  return {
    note: persist,
    status(text) {
      note = text;
      if (text === null && !read) live.clear();
      else draw();
    },
    ready: (apiUrl, databaseUrl) => persist(renderApiHelp(apiUrl, databaseUrl, paint)),
    watch(progress) {
      read = progress;
      draw();
    },
    changed() {},
    ended(row) {
      if (read && row.state !== "done") persist(renderEnded(row, read(), paint));
    },
    notSent: (failure) => persist(renderNotSent(failure, paint)),
    results(outcome, apiUrl) {
      read = undefined;
      live.clear();
      persist(renderOutcome(outcome, apiUrl, width(), paint));
    },
    close() {
      clearInterval(timer);
      live.clear();
      live.done();
    },
  };
}

function createPlainDisplay(stdout: OutputStream): Display {
  const paint = createPaint(stdout);
  const print = (text: string) => void (text !== "" && stdout.write(`${text}\n`));
  const steps = new Map<string, string>();
  let read: (() => Progress) | undefined;
  let saidStatus = false;
  return {
    note: print,
    status(text) {
      // Once until something moves again: the reasons for waiting repeat themselves.
      if (text !== null && !saidStatus) print(printable(text));
      saidStatus = text !== null;
    },
    ready: (apiUrl, databaseUrl) => print(renderApiHelp(apiUrl, databaseUrl, paint)),
    watch(progress) {
      read = progress;
    },
    changed() {
      const progress = read?.();
      // With one track every step is news; with many, the lines of tracks that end are.
      if (progress?.total !== 1) return;
      for (const { step, succeeded, failed, blocked } of progress.steps) {
        const state = succeeded ? "succeeded" : failed ? "failed" : blocked ? "blocked" : "waiting";
        if (state !== "waiting" && steps.get(step) !== state) print(`  ${step}: ${state}`);
        steps.set(step, state);
      }
    },
    ended(row) {
      saidStatus = false;
      if (read) print(renderEnded(row, read(), paint));
    },
    notSent: (failure) => print(renderNotSent(failure, paint)),
    results: (outcome, apiUrl) => print(renderOutcome(outcome, apiUrl, stdout.columns ?? plainWidth, paint)),
    close() {},
  };
}

/** One JSON value per line on standard output; what is for people goes to standard error. */
function createJsonDisplay(stdout: OutputStream, stderr: OutputStream): Display {
  const print = (value: Readonly<Record<string, unknown>>) => void stdout.write(`${JSON.stringify(value)}\n`);
  const say = (text: string) => void stderr.write(`${text}\n`);
  return {
    note: say,
    status: (text) => void (text !== null && say(printable(text))),
    ready: (apiUrl, databaseUrl) => print({ type: "ready", apiUrl, databaseUrl }),
    watch() {},
    changed() {},
    ended: ({ file }, track) => print({ type: "track", file, track }),
    notSent: (failure) => print({ type: "failure", ...failure }),
    results: ({ progress: { total, succeeded, failed, elapsedMs }, failures }) =>
      print({
        type: "summary",
        total,
        succeeded,
        failed,
        unfinished: total - succeeded - failed,
        elapsedMs,
        failures: failures.map(({ code, count }) => ({ code, count })),
      }),
    close() {},
  };
}

function renderNotSent({ file, code, message }: FileFailure, paint: Paint): string {
  return `${paint.bad(code)} ${printable(file)}: ${printable(message)}`;
}

function renderOutcome(
  { progress, rows, ended, failures }: Outcome,
  apiUrl: string,
  width: number,
  paint: Paint,
): string {
  const more = ended - rows.length;
  const parts = [
    renderResults(rows, apiUrl, width, paint),
    more > 0 ? `and ${more} more: curl ${apiUrl}/v1/tracks` : "",
    renderFailures(failures, paint),
    renderSummary(progress, paint),
  ];
  return parts.filter((part) => part !== "").join("\n");
}
