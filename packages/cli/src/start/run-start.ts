import { once } from "node:events";
import { join, resolve } from "node:path";
import { createApiClient } from "@segue/client";
import type { RunningFleet } from "@segue/launcher";
import { formatCount, printable } from "@segue/wording";
import { defaultDataDir } from "../config.ts";
import { describeWritten } from "../export/describe-written.ts";
import { makeOutFolder } from "../export/make-out-folder.ts";
import { ResultWriter, type Written } from "../export/result-writer.ts";
import { writeDemoFile } from "./demo-file.ts";
import { createDisplay, type Display, type Outcome } from "./display.ts";
import { exitCodes } from "./exit-codes.ts";
import { type ExpandedPaths, expandPaths, shownPath } from "./expand-paths.ts";
import { holdFleet, type Running, type StartEnvironment } from "./hold-fleet.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { openJournal } from "./journal.ts";
import { readablePath } from "./path-bytes.ts";
import { renderSkipped, renderTargetsSince } from "./render-lines.ts";
import { type GivenFile, runSession, type SessionOptions } from "./run-session.ts";
import { shownEnvironment } from "./shown-environment.ts";

export interface StartRequest {
  /** Files, folders and patterns, relative to `cwd`; none for the demo track. */
  readonly paths: readonly string[];
  /** Where the user is. Absolute. */
  readonly cwd: string;
  /** Relative to `cwd`. */
  readonly dataDir: string;
  readonly apiPort?: number;
  /** Where results are written to, relative to `cwd`; nowhere when left out. */
  readonly outDir?: string;
  /** Stop when everything has ended. */
  readonly once: boolean;
  readonly json: boolean;
}

/** Runs `segue start` to its end and returns the exit code. */
export async function runStart(request: StartRequest, environment: StartEnvironment): Promise<number> {
  const interrupts = listenForInterrupts(environment.signals);
  const display = createDisplay(environment, request);
  // A reader that went away (`| head`) is no reason to leave a fleet running.
  environment.stdout.on("error", () => environment.signals.emit("SIGTERM"));
  try {
    const given = await findFiles(request, display);
    if (!given) return exitCodes.usage;
    if (!(await hasOutFolder(request, display))) return exitCodes.someFailed;
    const dataDir = resolve(request.cwd, request.dataDir);
    const options = { dataDir, ...(request.apiPort === undefined ? {} : { apiPort: request.apiPort }) };
    const running = { ...environment, interrupts, display };
    return await holdFleet(options, running, (fleet) => useFleet(fleet, request, dataDir, given, running));
  } finally {
    display.close();
    interrupts[Symbol.dispose]();
  }
}

interface Given {
  readonly files: readonly GivenFile[];
  readonly failures: ExpandedPaths["failures"];
  readonly skipped: ExpandedPaths["skipped"];
}

/** Undefined, with the reasons shown, if paths were named and not one file was found. */
async function findFiles(
  { paths, cwd, dataDir }: StartRequest,
  display: Display,
): Promise<Given | undefined> {
  if (paths.length === 0) {
    const { path, title } = await writeDemoFile(resolve(cwd, dataDir));
    return {
      files: [{ path, label: labelOf(path, cwd), title }],
      failures: [],
      skipped: { count: 0, examples: [] },
    };
  }
  const { files, failures, skipped } = await expandPaths(paths, cwd, (count) => {
    if (count % 1000 === 0) display.status(`looking for audio: ${formatCount(count, "file")} so far`);
  });
  display.status(null);
  if (files.length > 0) {
    return { files: files.map((path) => ({ path, label: labelOf(path, cwd) })), failures, skipped };
  }
  for (const failure of failures) display.notSent(failure);
  const words = renderSkipped(skipped);
  if (words) display.note(words);
  display.note("Nothing to do: no audio file was found. `npm start -- --help` shows what can be named.");
  return undefined;
}

/** Before a fleet is started for nothing. */
async function hasOutFolder({ cwd, outDir }: StartRequest, display: Display): Promise<boolean> {
  if (outDir === undefined) return true;
  try {
    await makeOutFolder(resolve(cwd, outDir));
    return true;
  } catch (error) {
    display.note(printable(error instanceof Error ? error.message : String(error)));
    return false;
  }
}

function labelOf(path: string, cwd: string): string {
  return readablePath(shownPath(path, cwd));
}

async function useFleet(
  fleet: RunningFleet,
  request: StartRequest,
  dataDir: string,
  given: Given,
  { display, interrupts: { signal } }: Running,
): Promise<number> {
  const address = {
    apiUrl: fleet.apiUrl,
    databaseUrl: shownEnvironment(fleet).DATABASE_URL ?? null,
    dataDir: dataDir === resolve(request.cwd, defaultDataDir) ? null : dataDir,
  };
  display.ready(address);
  const { files, failures, skipped } = given;
  const { outcome, written } = await sendAndFollow(fleet.apiUrl, request, dataDir, {
    files,
    failures,
    labelOf: (path) => labelOf(path, request.cwd),
    display,
    signal,
  });
  const words = written && describeWritten(written);
  display.results(outcome, { apiUrl: request.once ? null : fleet.apiUrl, skipped, written: words ?? null });
  if (outcome.targetsSince.length > 0)
    display.note(renderTargetsSince(outcome.targetsSince, address.dataDir));
  const code = Math.max(exitCodeOf(outcome), (written?.missing ?? 0) > 0 ? exitCodes.someFailed : 0);
  if (code === exitCodes.interrupted) {
    display.note("Interrupted. Accepted tracks are safe: the next start goes on with them.");
    const unsent = countUnsent(outcome);
    if (unsent > 0) display.note(`${formatCount(unsent, "file")} had not been sent; name them again.`);
  } else if (!request.once) {
    display.note(`The API stays up at ${fleet.apiUrl}; Ctrl-C stops everything.`);
    if (!signal.aborted) await once(signal, "abort");
  }
  return code;
}

async function sendAndFollow(
  apiUrl: string,
  { cwd, outDir }: StartRequest,
  dataDir: string,
  options: Omit<SessionOptions, "api" | "journal">,
): Promise<{ outcome: Outcome; written: Written | undefined }> {
  const { display, signal } = options;
  const journal = await openJournal(join(dataDir, "journal.jsonl"));
  const api = createApiClient(apiUrl);
  try {
    const onMissing = (path: string) => display.note(`gone: ${printable(path)}`);
    const out = outDir === undefined ? undefined : resolve(cwd, outDir);
    const writer = out === undefined ? undefined : await ResultWriter.open(out, { api, signal, onMissing });
    const before = journal.unfinished().length;
    if (before > 0) display.note(`Going on with ${formatCount(before, "track")} from before.`);
    const session = writer ? { onTrack: writer.add.bind(writer) } : {};
    const outcome = await runSession({ ...options, ...session, api, journal });
    return { outcome, written: writer && (await writer.finish()) };
  } finally {
    await api[Symbol.asyncDispose]();
    await journal[Symbol.asyncDispose]();
  }
}

function exitCodeOf({ progress: { total, succeeded, failed } }: Outcome): number {
  if (succeeded + failed < total) return exitCodes.interrupted;
  return failed > 0 ? exitCodes.someFailed : exitCodes.succeeded;
}

function countUnsent({ progress: { total, accepted, succeeded, failed }, ended }: Outcome): number {
  const refused = succeeded + failed - ended;
  return total - accepted - refused;
}
