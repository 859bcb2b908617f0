import { readFileSync } from "node:fs";
import { MessageChannel } from "node:worker_threads";
import { StepError } from "@segue/contracts";
import { Piscina } from "piscina";
import type { AnyStep, Resumption, StepLog } from "./define-step.ts";
import type { InputData, ThreadResult, ThreadSuccess, ThreadTask } from "./step-thread.ts";
import { type AttemptRequests, answer, type FromThread, type ToThread } from "./thread-port.ts";

export interface PoolRun {
  readonly inputs: Readonly<Record<string, InputData>>;
  readonly outputPath: string;
  readonly scratchDir: string;
  readonly resumed: Resumption | null;
  /** Answers what the step asks while it runs. */
  readonly requests: AttemptRequests;
  readonly log: StepLog;
  /** Stops the attempt: its children are killed and its thread ends. */
  readonly signal: AbortSignal;
}

export type PoolResult = Omit<ThreadSuccess, "ok">;

/** Worker threads for one step; leases keep extending and SIGTERM is heard while they compute. */
export interface StepPool extends AsyncDisposable {
  /** Loads the step's code in every thread, so that no track waits for it. */
  warmUp(): Promise<void>;
  /**
   * Runs one attempt within the step's budget.
   * @throws {StepError} what the step threw; or `time-budget-exceeded`, `memory-budget-exceeded`, `worker-crashed`, `aborted`.
   */
  run(run: PoolRun): Promise<PoolResult>;
}

/** How long a thread that was told to stop may tidy up before it is killed. */
const graceMs = 300;
const reapMs = 100;
const memoryPollMs = 100;

/** Attempts under way in this process: they share its resident memory. */
let running = 0;

export function createStepPool(step: AnyStep, options: { fleetUrl: string; threads: number }): StepPool {
  const pool = new Piscina<ThreadTask, ThreadResult>({
    filename: new URL("./step-thread.ts", import.meta.url).href,
    minThreads: options.threads,
    maxThreads: options.threads,
    concurrentTasksPerWorker: 1,
    // The fleet's module and everything below it is TypeScript, as here.
    execArgv: ["--disable-warning=ExperimentalWarning"],
    atomics: "disabled",
    recordTiming: false,
  });
  // Also of a thread that dies while it is idle; runs report their own.
  pool.on("error", () => {});

  const submit = async (
    task: Omit<ThreadTask, "fleetUrl" | "step" | "port">,
    supervise: Supervise | null,
  ) => {
    const { port1, port2 } = new MessageChannel();
    const kill = new AbortController();
    const stop = supervise?.(port1, kill);
    try {
      const result = await pool.run(
        { ...task, fleetUrl: options.fleetUrl, step: step.name, port: port2 },
        { transferList: [port2], signal: kill.signal },
      );
      const reason = stop?.reason();
      // An attempt that still finished while it was being stopped counts; one that gave up did so for this reason.
      if (!result.ok && reason) throw reason;
      return result;
    } catch (thrown) {
      throw stop?.reason() ?? crash(thrown);
    } finally {
      stop?.[Symbol.dispose]();
      port1.close();
    }
  };

  return {
    async warmUp() {
      await Promise.all(
        Array.from({ length: options.threads }, async () => {
          const result = await submit({ inputs: null, outputPath: "", scratchDir: "", resumed: null }, null);
          if (!result.ok) throw new StepError(result.code, `${step.name}: setup failed: ${result.message}`);
        }),
      );
    },
    async run({ log, signal, requests, ...task }) {
      const childrenBefore = childrenCpuMs();
      const result = await submit(task, superviseAttempt(step, log, signal, requests));
      if (!result.ok) {
        const cause = new Error(result.message);
        if (result.stack) cause.stack = result.stack;
        throw new StepError(result.code, result.message, { cause });
      }
      const childrenAfter = childrenCpuMs();
      const children =
        childrenBefore === null || childrenAfter === null ? null : childrenAfter - childrenBefore;
      const { ok: _, ...success } = result;
      return {
        ...success,
        cpuMs: result.cpuMs === null || children === null ? null : result.cpuMs + children,
      };
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

type MainPort = MessageChannel["port1"];
type Supervise = (port: MainPort, kill: AbortController) => { reason(): StepError | undefined } & Disposable;

/** Watches one attempt from outside its thread: time, memory, the caller's signal; ends its children with it. */
function superviseAttempt(
  step: AnyStep,
  log: StepLog,
  signal: AbortSignal,
  requests: AttemptRequests,
): Supervise {
  return (port, kill) => {
    let reason: StepError | undefined;
    let graceTimer: NodeJS.Timeout | undefined;
    const children = new Set<number>();
    port.on("message", (message: FromThread) => {
      if (message.type === "log") log[message.level](message.fields, message.message);
      else if (message.type === "ask") void answer(port, requests, message);
      else {
        children.add(message.pid);
        if (reason) killGroup(message.pid);
      }
    });
    const stop = (error: StepError) => {
      if (reason) return;
      reason = error;
      port.postMessage({ type: "stop" } satisfies ToThread);
      graceTimer = setTimeout(() => {
        for (const pid of children) killGroup(pid);
        // A thread that waits for its child learns of its end, and reaps it, before it goes itself.
        graceTimer = setTimeout(() => kill.abort(), children.size > 0 ? reapMs : 0);
      }, graceMs);
    };
    running += 1;
    const rssBefore = process.memoryUsage.rss();
    const { timeMs, memoryMiB } = step.budget;
    const timer = setTimeout(
      () =>
        stop(
          new StepError("time-budget-exceeded", `${step.name} ran longer than its budget of ${timeMs} ms`),
        ),
      timeMs,
    );
    const poll = setInterval(() => {
      const grownMiB = (process.memoryUsage.rss() - rssBefore) / 2 ** 20;
      if (grownMiB <= memoryMiB * running) return;
      const message = `${step.name} took ${Math.round(grownMiB)} MiB; its budget is ${memoryMiB} MiB`;
      stop(new StepError("memory-budget-exceeded", message));
    }, memoryPollMs);
    const onAbort = () => stop(new StepError("aborted", `${step.name} was stopped: the worker drains`));
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    return {
      reason: () => reason,
      [Symbol.dispose]() {
        running -= 1;
        clearTimeout(timer);
        clearTimeout(graceTimer);
        clearInterval(poll);
        signal.removeEventListener("abort", onAbort);
        if (reason) for (const pid of children) killGroup(pid);
      },
    };
  };
}

/** Children lead their own process groups; one that has ended is no error. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function crash(thrown: unknown): StepError {
  const error = StepError.from(thrown);
  const outOfMemory =
    thrown instanceof Error && "code" in thrown && thrown.code === "ERR_WORKER_OUT_OF_MEMORY";
  return new StepError(outOfMemory ? "memory-budget-exceeded" : "worker-crashed", error.message, {
    cause: thrown,
  });
}

/** CPU time of all children that were waited for; null where the system does not tell. Ticks are 10 ms on Linux. */
function childrenCpuMs(): number | null {
  try {
    const stat = readFileSync("/proc/self/stat", "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return null;
  }
}
