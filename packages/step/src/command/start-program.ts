import { type ChildProcess, spawn } from "node:child_process";
import { isMainThread } from "node:worker_threads";
import {
  BoundedText,
  createMark,
  killGroup,
  type Mark,
  MarkedProcesses,
  signalGroup,
  startGuarded,
  volunteerForOutOfMemory,
} from "@segue/child-process";
import { StepError } from "@segue/contracts";
import { limitTime, mostGivenBackMs, overBudget } from "../attempt/limit-time.ts";
import { createWaitWatch } from "../attempt/watch-waits.ts";
import type { StepDefinition } from "../define-step.ts";
import { maxLineBytes, maxStdoutBytes, violation } from "./command-protocol.ts";
import { LineQueue } from "./line-queue.ts";

export interface ProgramStart {
  readonly step: Pick<StepDefinition, "name" | "budget">;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Its working directory. */
  readonly scratchDir: string;
  /** Written to its stdin, which ends then. */
  readonly request: string;
  readonly signal: AbortSignal;
  onSpawn(pid: number): void;
}

/** A program under way. */
export interface RunningProgram {
  /** What it writes to stdout, until it has ended or is stopped. */
  readonly lines: LineQueue;
  /** Resolves when it has ended, with all that came of it. Never rejects. */
  readonly ended: Promise<ProgramEnd>;
  /** Ends it by TERM and, after a grace, by KILL, and waits until it is gone. Harmless if it has ended. */
  stop(reason: StepError): Promise<void>;
}

export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly exitSignal: NodeJS.Signals | null;
  /** The beginning and the end of what it wrote to stderr. */
  readonly stderr: string;
  /** Why it was stopped, or could not be started; null if it ended by itself. */
  readonly stoppedFor: StepError | null;
  /** Processes that it left behind, which were killed. */
  readonly leftBehind: number;
}

/** Between TERM and KILL. Shorter than the 300 ms after which a runner kills the thread itself. */
const killAfterMs = 200;
/** The runner's own timer comes first: it knows whether the attempt got its share of the machine. */
const overdueMs = 250;
const memoryPollMs = 100;
const stdoutLimits = `lines of at most ${maxLineBytes} bytes on stdout, ${maxStdoutBytes} in all`;
const keptStderrBytes = 8 * 1024;
/** Longest that a pipe is waited for when all that could write to it has been killed. */
const pipeMs = 500;

/** Starts a program in a process group of its own, within the step's budget; neither it nor what it starts outlives this thread. */
export function startProgram(options: ProgramStart): RunningProgram {
  const { step, signal } = options;
  const { timeMs, memoryMiB } = step.budget;
  const mark = createMark();
  const family = new MarkedProcesses(mark);
  const { child, guard } = startGuarded(() => spawnProgram(options, mark), mark);
  volunteerForOutOfMemory(child.pid);
  if (child.pid !== undefined) options.onSpawn(child.pid);

  let over = false;
  let stoppedFor: StepError | null = null;
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (reason: StepError) => {
    if (stoppedFor || over) return;
    stoppedFor = reason;
    lines.discard();
    signalGroup(child, "SIGTERM");
    killTimer = setTimeout(() => killAll(child, family), killAfterMs);
  };
  const lines = new LineQueue({ maxLineBytes, maxTotalBytes: maxStdoutBytes }, (what) =>
    stop(violation(step.name, `expected ${stdoutLimits}, got ${what}`)),
  );
  const stderr = new BoundedText(keptStderrBytes);
  child.stdout.on("data", (chunk: Buffer) => lines.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A program need not read what it is told.
  child.stdin.on("error", () => {});
  child.stdin.end(options.request);

  const waits = createWaitWatch();
  if (child.pid !== undefined) waits.addChild(child.pid);
  // A worker's thread is watched as a whole, this program included: what it is given back the program has too.
  const behindMs = isMainThread ? overdueMs : overdueMs + mostGivenBackMs;
  const limit = limitTime({ limitMs: timeMs + behindMs, waits, text: overBudget(step), onOver: stop });
  const poll = setInterval(() => {
    const tookMiB = family.residentBytes(memoryMiB * 2 ** 20) / 2 ** 20;
    if (tookMiB <= memoryMiB) return;
    const text = `${step.name}'s program took ${Math.round(tookMiB)} MiB; its budget is ${memoryMiB} MiB`;
    stop(new StepError("memory-budget-exceeded", text));
  }, memoryPollMs);
  const onAbort = () => stop(new StepError("aborted", `${step.name} was told to stop`));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });

  const ended = endOf(child, family).then((end): ProgramEnd => {
    over = true;
    waits[Symbol.dispose]();
    limit[Symbol.dispose]();
    clearTimeout(killTimer);
    clearInterval(poll);
    signal.removeEventListener("abort", onAbort);
    guard[Symbol.dispose]();
    lines.close();
    const notStarted = end.error && notStartedFor(options, end.error);
    return { ...end, stderr: stderr.utf8.trim(), stoppedFor: stoppedFor ?? notStarted };
  });
  return {
    lines,
    ended,
    async stop(reason) {
      stop(reason);
      await ended;
    },
  };
}

function spawnProgram({ step, command, env, scratchDir }: ProgramStart, mark: Mark) {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: scratchDir,
    env: { HOME: scratchDir, ...env, TMPDIR: scratchDir, [mark.variable]: mark.value },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    windowsHide: true,
  });
  if (child.stdout !== undefined) return child;
  // Without files to be had there are no pipes either, whatever the types say.
  child.on("error", () => {});
  throw new StepError("worker-unfit", `${step.name}: ${program} could not be started: no pipes`);
}

/** By whose fault it is tells the system's code. */
function notStartedFor({ step, command }: ProgramStart, error: Error): StepError {
  const text = `${step.name}: ${command[0]} could not be started`;
  return StepError.fromFailure(
    { ...StepError.from(error).toFailure(), message: `${text}: ${error.message}` },
    { cause: error },
  );
}

interface ChildEnd extends Pick<ProgramEnd, "exitCode" | "exitSignal" | "leftBehind"> {
  readonly error: Error | null;
}

/** Waits for the program, kills what it leaves behind, and waits until all that was written has been read. */
function endOf(child: ChildProcess, family: MarkedProcesses): Promise<ChildEnd> {
  return new Promise((resolve) => {
    let leftBehind = 0;
    let pipeTimer: NodeJS.Timeout | undefined;
    child.once("error", (error) => {
      if (child.pid === undefined) resolve({ exitCode: null, exitSignal: null, leftBehind, error });
    });
    child.once("exit", () => {
      leftBehind = family.find().length;
      killAll(child, family);
      // Only where there is no `/proc` to find it by: a process of another group that holds a pipe.
      pipeTimer = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, pipeMs);
    });
    child.once("close", (exitCode, exitSignal) => {
      clearTimeout(pipeTimer);
      resolve({ exitCode, exitSignal, leftBehind, error: null });
    });
  });
}

function killAll(child: ChildProcess, family: MarkedProcesses): void {
  if (child.pid !== undefined) killGroup(child.pid);
  family.kill();
}
