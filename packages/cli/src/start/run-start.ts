import { once } from "node:events";
import { join, relative, resolve } from "node:path";
import type { FleetOptions, RunningFleet } from "../fleet/start-fleet.ts";
import { createApiClient } from "./api-client.ts";
import { writeDemoFile } from "./demo-file.ts";
import { createDisplay, type Display, type DisplayStreams, type Outcome } from "./display.ts";
import { exitCodes } from "./exit-codes.ts";
import { type ExpandedPaths, expandPaths } from "./expand-paths.ts";
import { formatCount } from "./format-text.ts";
import { type Interrupts, listenForInterrupts } from "./interrupts.ts";
import { openJournal } from "./journal.ts";
import { type GivenFile, runSession, type SessionOptions } from "./run-session.ts";

export interface StartRequest {
  /** Files, folders and patterns, relative to `cwd`; none for the demo track. */
  readonly paths: readonly string[];
  /** Where the user is. Absolute. */
  readonly cwd: string;
  /** Relative to `cwd`. */
  readonly dataDir: string;
  readonly apiPort?: number;
  /** Stop when everything has ended. */
  readonly once: boolean;
  readonly json: boolean;
}

export interface StartEnvironment extends DisplayStreams {
  startFleet(options: FleetOptions): Promise<RunningFleet>;
  readonly signals: NodeJS.EventEmitter;
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
    return await startAndRun(request, given, { ...environment, interrupts, display });
  } finally {
    display.close();
    interrupts[Symbol.dispose]();
  }
}

type Running = StartEnvironment & { readonly interrupts: Interrupts; readonly display: Display };
interface Given {
  readonly files: readonly GivenFile[];
  readonly failures: ExpandedPaths["failures"];
}

/** Undefined, with the reasons shown, if paths were named and not one file was found. */
async function findFiles(
  { paths, cwd, dataDir }: StartRequest,
  display: Display,
): Promise<Given | undefined> {
  if (paths.length === 0) {
    const { path, title } = await writeDemoFile(resolve(cwd, dataDir));
    return { files: [{ path, label: labelOf(path, cwd), title }], failures: [] };
  }
  const { files, failures } = await expandPaths(paths, cwd, (count) => {
    if (count % 1000 === 0) display.status(`looking for audio: ${formatCount(count, "file")} so far`);
  });
  display.status(null);
  if (files.length > 0) {
    return { files: files.map((path) => ({ path, label: labelOf(path, cwd) })), failures };
  }
  for (const failure of failures) display.notSent(failure);
  display.note("Nothing to do: no audio file was found. `npm start -- --help` shows what can be named.");
  return undefined;
}

/** Relative where that is shorter to read: inside of the user's folder. */
function labelOf(path: string, cwd: string): string {
  const label = relative(cwd, path);
  return label.startsWith("..") ? path : label;
}

async function startAndRun(request: StartRequest, given: Given, running: Running): Promise<number> {
  const { display, interrupts } = running;
  const dataDir = resolve(request.cwd, request.dataDir);
  display.status("starting the local cloud and the fleet ...");
  // Nothing can be drained yet; what has been started ends by itself when this process is gone.
  interrupts.onThird = () => process.kill(process.pid, "SIGKILL");
  interrupts.signal.addEventListener("abort", () => display.status("stopping ..."));
  let fleet: RunningFleet;
  try {
    fleet = await running.startFleet({
      dataDir,
      ...(request.apiPort === undefined ? {} : { apiPort: request.apiPort }),
      log: (line) => display.note(line),
    });
  } catch (error) {
    display.status(null);
    display.note(`The fleet could not be started: ${error instanceof Error ? error.message : String(error)}`);
    return exitCodes.fleetFailed;
  }
  display.status(null);
  interrupts.onSecond = () => display.note("Still draining; a third Ctrl-C kills what is running.");
  interrupts.onThird = () => {
    display.note("Killing what is running.");
    for (const { pid } of fleet.processes()) killProcess(pid);
  };
  try {
    if (interrupts.signal.aborted) return exitCodes.interrupted;
    return await useFleet(fleet, request, dataDir, given, running);
  } finally {
    if (interrupts.signal.aborted) display.status("draining ...");
    await fleet.stop();
    display.status(null);
  }
}

async function useFleet(
  fleet: RunningFleet,
  request: StartRequest,
  dataDir: string,
  given: Given,
  { display, interrupts: { signal } }: Running,
): Promise<number> {
  display.ready(fleet.apiUrl);
  if (request.apiPort !== undefined && new URL(fleet.apiUrl).port !== String(request.apiPort)) {
    display.note(`Port ${request.apiPort} is in use; the API took another one.`);
  }
  const outcome = await sendAndFollow(fleet.apiUrl, join(dataDir, "journal.jsonl"), {
    ...given,
    labelOf: (path) => labelOf(path, request.cwd),
    display,
    signal,
  });
  display.results(outcome, fleet.apiUrl);
  const code = exitCodeOf(outcome);
  if (code === exitCodes.interrupted) {
    display.note("Interrupted. Accepted tracks are safe: the next start goes on with them.");
    const unsent = countUnsent(outcome);
    if (unsent > 0) display.note(`${formatCount(unsent, "file")} had not been sent; name them again.`);
  } else if (!request.once) {
    const database = fleet.env.DATABASE_URL;
    if (database) display.note(`\`segue plan --database ${database}\` asks the catalog.`);
    display.note(`The API stays up at ${fleet.apiUrl}; Ctrl-C stops everything.`);
    if (!signal.aborted) await once(signal, "abort");
  }
  return code;
}

async function sendAndFollow(
  apiUrl: string,
  journalFile: string,
  options: Omit<SessionOptions, "api" | "journal">,
): Promise<Outcome> {
  const journal = await openJournal(journalFile);
  const api = createApiClient(apiUrl);
  try {
    const before = journal.unfinished().length;
    if (before > 0) options.display.note(`Going on with ${formatCount(before, "track")} from before.`);
    return await runSession({ ...options, api, journal });
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

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
