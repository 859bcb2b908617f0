import type { TrackResource } from "@segue/contracts";
import { printable } from "@segue/wording";
import { createLogUpdate } from "log-update";
import wrapAnsi from "wrap-ansi";
import { toJson } from "../command-context.ts";
import type { TrackRow } from "./describe-track.ts";
import type { SkippedFiles } from "./expand-paths.ts";
import type { FileFailure } from "./local-failures.ts";
import { createPaint, type Paint } from "./paint.ts";
import {
  type FleetAddress,
  renderApiHelp,
  renderEnded,
  renderFailures,
  renderSkipped,
  renderSummary,
} from "./render-lines.ts";
import { describeProgress, renderProgress } from "./render-progress.ts";
import { renderResults } from "./render-results.ts";
import type { FailureCount, Progress } from "./tally.ts";

export interface Outcome {
  readonly progress: Progress;
  /** The first ones. */
  readonly rows: readonly TrackRow[];
  /** How many tracks have ended. */
  readonly ended: number;
  readonly failures: readonly FailureCount[];
  /** What the fleet makes for every track by now, and some of an earlier start were not accepted for. */
  readonly targetsSince: readonly string[];
}

/** What there is to say of a run beside its tracks. */
export interface RunEnd {
  /** Where the API goes on answering; null where it is about to stop. */
  readonly apiUrl: string | null;
  readonly skipped: SkippedFiles;
  /** Where results were written to, in words; null where nobody asked for it. */
  readonly written: string | null;
}

/** Where everything that happens is shown. */
export interface Display {
  /** A message that stays. */
  note(text: string): void;
  /** A message that holds for now; null when it does not any more. */
  status(text: string | null): void;
  /** The fleet is up, and answers here. */
  ready(address: FleetAddress): void;
  /** Shows progress as it goes, until `results`. */
  watch(read: () => Progress): void;
  /** Progress was made. */
  changed(): void;
  ended(row: TrackRow, track: TrackResource): void;
  notSent(failure: FileFailure): void;
  results(outcome: Outcome, end: RunEnd): void;
  close(): void;
}

/** A terminal, a pipe or a file. */
export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface DisplayStreams {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** A live view on a terminal, plain lines elsewhere, JSON lines on request. */
export function createDisplay(
  { stdout, stderr }: DisplayStreams,
  { json, now = Date.now }: { readonly json: boolean; readonly now?: () => number },
): Display {
  if (json) return createJsonDisplay(stdout, stderr);
  // A terminal without columns (one that nobody looks at, mostly in a container) can't be drawn on.
  return stdout.isTTY && stdout.columns !== 0 ? createLiveDisplay(stdout) : createPlainDisplay(stdout, now);
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
  const persistWrapped = (text: string) => persist(wrapWords(text, width()));
  return {
    note: persistWrapped,
    status(text) {
      note = text;
      if (text === null && !read) live.clear();
      else draw();
    },
    ready: (address) => persist(renderApiHelp(address, paint)),
    watch(progress) {
      read = progress;
      draw();
    },
    changed() {},
    ended(row) {
      if (read && row.state !== "done") persistWrapped(renderEnded(row, read(), paint));
    },
    notSent: (failure) => persistWrapped(renderNotSent(failure, paint)),
    results(outcome, end) {
      read = undefined;
      live.clear();
      persist(renderOutcome(outcome, end, width(), paint));
    },
    close() {
      clearInterval(timer);
      live.clear();
      live.done();
    },
  };
}

/** Where nobody watches, or a file grows: a line now and then says as much as a hundred. */
const lineEveryMs = 5_000;

function createPlainDisplay(stdout: OutputStream, now: () => number): Display {
  const paint = createPaint(stdout);
  const print = (text: string) => void (text !== "" && stdout.write(`${text}\n`));
  let read: (() => Progress) | undefined;
  let news: string | null = null;
  let trouble: string | null = null;
  let saidTrouble = false;
  let lastLineMs = Number.NEGATIVE_INFINITY;
  const tell = () => {
    if (now() - lastLineMs < lineEveryMs) return;
    const isTrouble = trouble !== null && !saidTrouble;
    if (news === null && !isTrouble) return;
    const progress = read?.();
    const parts = [news ?? (progress && describeProgress(progress, trouble)), isTrouble ? trouble : null];
    const isMore = news !== null && progress && progress.succeeded + progress.failed < progress.total;
    if (isMore) parts.push(describeProgress(progress, trouble));
    print(parts.filter((part) => typeof part === "string").join(" · "));
    lastLineMs = now();
    saidTrouble ||= isTrouble;
    news = null;
  };
  const timer = setInterval(tell, lineEveryMs / 5);
  timer.unref();
  return {
    note: print,
    status(text) {
      // Once until something moves again: the reasons for waiting repeat themselves.
      trouble = text === null ? null : printable(text);
      if (text === null) saidTrouble = false;
      tell();
    },
    ready: (address) => print(renderApiHelp(address, paint)),
    watch(progress) {
      read = progress;
    },
    changed() {},
    ended(row) {
      if (!read) return;
      news = renderEnded(row, read(), paint);
      tell();
    },
    notSent(failure) {
      // Before there is anything to follow, it is all that there is to say.
      if (read) news = renderNotSent(failure, paint);
      else print(renderNotSent(failure, paint));
      tell();
    },
    results(outcome, end) {
      read = undefined;
      news = null;
      print(renderOutcome(outcome, end, stdout.columns ?? plainWidth, paint));
    },
    close: () => clearInterval(timer),
  };
}

/** One JSON value per line on standard output; what is for people goes to standard error. */
function createJsonDisplay(stdout: OutputStream, stderr: OutputStream): Display {
  const print = (value: Readonly<Record<string, unknown>>) => void stdout.write(`${toJson(value)}\n`);
  const say = (text: string) => void stderr.write(`${text}\n`);
  return {
    note: say,
    status: (text) => void (text !== null && say(printable(text))),
    ready: ({ apiUrl, databaseUrl }) => print({ type: "ready", apiUrl, databaseUrl }),
    watch() {},
    changed() {},
    ended: ({ file }, track) => print({ type: "track", file, track }),
    notSent: (failure) => print({ type: "failure", ...failure }),
    results: ({ progress: { total, succeeded, failed, elapsedMs }, failures }, { skipped }) =>
      print({
        type: "summary",
        total,
        succeeded,
        failed,
        unfinished: total - succeeded - failed,
        elapsedMs,
        skipped: skipped.count,
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
  { apiUrl, skipped, written }: RunEnd,
  width: number,
  paint: Paint,
): string {
  const more = ended - rows.length;
  const where = apiUrl === null ? "--out DIR keeps all" : `curl ${apiUrl}/v1/tracks`;
  const words = [
    more > 0 ? `and ${more} more${written === null ? `: ${where}` : ""}` : "",
    renderFailures(failures, paint),
    renderSkipped(skipped),
    written ?? "",
    renderSummary(progress, paint),
  ];
  const parts = [renderResults(rows, apiUrl, width, paint), ...words.map((text) => wrapWords(text, width))];
  return parts.filter((part) => part !== "").join("\n");
}

/** Lines are broken between words, and go on as far in as they begin; a word that is longer stays whole: it may be a link. */
function wrapWords(text: string, width: number): string {
  return text
    .split("\n")
    .map((line) => {
      const indent = /^ */.exec(line)?.[0] ?? "";
      return wrapAnsi(line.slice(indent.length), width - indent.length).replace(/^/gm, indent);
    })
    .join("\n");
}
