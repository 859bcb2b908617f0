// Where attempts run that may take their process with them: each in a process of its own, one at a time.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { killGroup, volunteerForOutOfMemory } from "@segue/child-process";
import { StepError } from "@segue/contracts";
import type { AnyStep } from "@segue/step";
import {
  type AttemptData,
  answer,
  createWaitWatch,
  type FromThread,
  lateError,
  mostGivenBackMs,
  type ThreadResult,
  type ToThread,
} from "@segue/step/attempt";
import { type PoolResult, type PoolRun, reviveFailure } from "./step-pool.ts";

export interface Quarantine {
  /** Takes the lane, which is free again when that is disposed; undefined while another attempt has it. */
  enter(): Disposable | undefined;
  /**
   * Runs one attempt as a pool does, for whoever has the lane. The budget begins when the process has set the step up.
   * @throws {StepError} as a pool does; `worker-crashed` or `memory-budget-exceeded` when the process dies.
   */
  run(step: AnyStep, run: PoolRun): Promise<PoolResult>;
}

/** What a quarantined process is told first. */
export interface QuarantineTask extends AttemptData {
  readonly type: "run";
  readonly fleetUrl: string;
  readonly step: string;
}
export type ToQuarantine = QuarantineTask | ToThread;
export type FromQuarantine =
  | FromThread
  | { readonly type: "ready" }
  | { readonly type: "result"; readonly result: ThreadResult };

const entryPath = fileURLToPath(new URL("./quarantine-main.ts", import.meta.url));
/** Longest that a process may take to import the fleet and set the step up. */
const setupMs = 60_000;
/** Past the budget, or past being told to stop: then the process itself has failed to end the attempt. */
const overdueMs = 2_000;
const keptStderrChars = 1_000;

export function createQuarantine({ fleetUrl }: { readonly fleetUrl: string }): Quarantine {
  let taken = false;
  return {
    enter() {
      if (taken) return undefined;
      taken = true;
      return {
        [Symbol.dispose]() {
          taken = false;
        },
      };
    },
    run: (step, run) => runAlone(fleetUrl, step, run),
  };
}

async function runAlone(fleetUrl: string, step: AnyStep, run: PoolRun): Promise<PoolResult> {
  const aborted = () => new StepError("aborted", `${step.name} was stopped: the worker drains`);
  if (run.signal.aborted) throw aborted();
  const child = fork(entryPath, [], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // Signals to the worker's group are not for it: it ends when the worker says so, or with the worker.
    detached: true,
  });
  volunteerForOutOfMemory(child.pid);
  const { inputs, outputPaths, scratchDir, resumed, pieces, todo } = run;
  const task = { inputs, outputPaths, scratchDir, resumed, pieces, todo };
  send(child, { type: "run", fleetUrl, step: step.name, ...task });

  const waits = createWaitWatch();
  if (child.pid !== undefined) waits.addChild(child.pid);
  let killedFor: StepError | undefined;
  const kill = (error: StepError) => {
    killedFor ??= error;
    child.kill("SIGKILL");
  };
  const limitMs = setupMs + step.budget.timeMs + mostGivenBackMs + overdueMs;
  const timer = setTimeout(
    () => kill(lateError(`${step.name} did not end within ${limitMs} ms`, limitMs, waits.totalMs())),
    limitMs,
  );
  let graceTimer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    send(child, { type: "stop" });
    graceTimer = setTimeout(() => kill(aborted()), overdueMs / 2);
  };
  run.signal.addEventListener("abort", onAbort, { once: true });
  try {
    const end = await attend(child, run);
    if ("result" in end) return unwrap(end.result);
    throw killedFor ?? describeDeath(step, end);
  } finally {
    waits[Symbol.dispose]();
    clearTimeout(timer);
    clearTimeout(graceTimer);
    run.signal.removeEventListener("abort", onAbort);
    child.kill("SIGKILL");
  }
}

interface Death {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Answers the process until it has a result or is dead; its own children never outlive it. */
function attend(child: ChildProcess, run: PoolRun): Promise<{ readonly result: ThreadResult } | Death> {
  const { promise, resolve, reject } = Promise.withResolvers<{ result: ThreadResult } | Death>();
  const children = new Set<number>();
  const port = { postMessage: (message: ToThread) => send(child, message) };
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-keptStderrChars);
  });
  child.on("message", (message) => {
    const said = message as FromQuarantine;
    if (said.type === "result") resolve({ result: said.result });
    else if (said.type === "log") run.log[said.level](said.fields, said.message);
    else if (said.type === "ask") void answer(port, run.requests, said);
    else if (said.type === "spawned") children.add(said.pid);
    else if (said.type === "ready") run.onReady?.();
  });
  child.on("error", reject);
  // After `exit`, and after its last words have been read.
  child.on("close", (code, signal) => {
    for (const pid of children) killGroup(pid);
    resolve({ code, signal, stderr });
  });
  return promise;
}

function describeDeath(step: AnyStep, { code, signal, stderr }: Death): StepError {
  const lastWords = stderr.trim() ? `; it said: ${stderr.trim()}` : "";
  const end = signal ? `was ended by ${signal}` : `exited with code ${code}`;
  const text = `${step.name} in quarantine: its process ${end}${lastWords}`;
  // Nobody here has killed it: the kernel does when memory runs out.
  const outOfMemory = signal === "SIGKILL" || /out of memory/i.test(stderr);
  return new StepError(outOfMemory ? "memory-budget-exceeded" : "worker-crashed", text);
}

function unwrap(result: ThreadResult): PoolResult {
  if (!result.ok) throw reviveFailure(result);
  const { ok: _, ...success } = result;
  return success;
}

function send(child: ChildProcess, message: ToQuarantine): void {
  // Its end is heard of elsewhere.
  if (child.connected) child.send(message, () => {});
}
