import { MessageChannel } from "node:worker_threads";
import { childrenCpuMs } from "@segue/child-process";
import { StepError, type Tools } from "@segue/contracts";
import type { AnyStep, StepLog } from "@segue/step";
import {
  type AttemptData,
  type AttemptRequests,
  type AttemptSupervision,
  stepThreadUrl,
  superviseAttempt,
  type ThreadResult,
  type ThreadSuccess,
  type ThreadTask,
} from "@segue/step/attempt";
import { Piscina } from "piscina";
import { createGathering } from "./gather-batch.ts";

export interface PoolRun extends AttemptData {
  /** Of a step that works in batches: not with others, since it may have ended a batch before. */
  readonly alone: boolean;
  /** Answers what the step asks while it runs. */
  readonly requests: AttemptRequests;
  readonly log: StepLog;
  /** Called when the step is set up where it runs: the budget begins then. */
  onReady?(): void;
  /** Told of every child process, the leader of its own group, that the step starts. */
  onSpawn?(pid: number): void;
  /** Stops the attempt: its children are killed and its thread ends. */
  readonly signal: AbortSignal;
}

export type PoolResult = Omit<ThreadSuccess, "ok">;

/** One step on worker threads; leases keep extending and SIGTERM is heard while they compute. */
export interface StepPool extends AsyncDisposable {
  /** Loads the step's code in every thread, so that no track waits for it: while nothing else is done on them. */
  warmUp(): Promise<void>;
  /**
   * Runs one attempt within the step's budget.
   * @throws {StepError} what the step threw; or `time-budget-exceeded`, `starved`, `memory-budget-exceeded`, `worker-crashed`, `aborted`.
   */
  run(run: PoolRun): Promise<PoolResult>;
  /** What the step works with on this machine, as the latest of its threads said. */
  tools(): Tools;
}

/** Worker threads for attempts at any step, which each sets up once. */
export interface StepThreads extends AsyncDisposable {
  readonly count: number;
  readonly pool: Piscina<ThreadTask, ThreadResult[]>;
}

export function createStepThreads(count: number): StepThreads {
  const pool = new Piscina<ThreadTask, ThreadResult[]>({
    filename: stepThreadUrl,
    minThreads: count,
    maxThreads: count,
    concurrentTasksPerWorker: 1,
    // The fleet's module and everything below it is TypeScript, as here.
    execArgv: ["--disable-warning=ExperimentalWarning"],
    atomics: "disabled",
    recordTiming: false,
  });
  // Also of a thread that dies while it is idle; runs report their own.
  pool.on("error", () => {});
  let ending: Promise<void> | undefined;
  return {
    count,
    pool,
    [Symbol.asyncDispose]() {
      ending ??= pool.destroy();
      return ending;
    },
  };
}

/** @param threads which may be other steps' too, and end with the first pool of them that is disposed of. */
export function createStepPool(
  step: AnyStep,
  { fleetUrl, threads }: { fleetUrl: string; threads: StepThreads },
): StepPool {
  let tools: Tools = {};
  const submit = createSubmit(threads.pool, step, fleetUrl, (found) => {
    tools = found;
  });
  const together = step.batch && createGathering(step.batch, submit);

  return {
    async warmUp() {
      await Promise.all(
        Array.from({ length: threads.count }, async () => {
          const result = unwrap((await submit([]))[0]);
          if (result.ok) return;
          const message = `${step.name}: setup failed: ${result.failure.message}`;
          throw StepError.fromFailure({ ...result.failure, message });
        }),
      );
    },
    async run(run) {
      const childrenBefore = childrenCpuMs();
      const isGathered = together && !run.alone;
      const result = unwrap(isGathered ? await together.add(run) : (await submit([run]))[0]);
      if (!result.ok) throw reviveFailure(result);
      const childrenAfter = childrenCpuMs();
      const children =
        childrenBefore === null || childrenAfter === null ? null : childrenAfter - childrenBefore;
      const { ok: _, ...success } = result;
      return {
        ...success,
        cpuMs:
          result.cpuMs === null || children === null
            ? null
            : result.cpuMs + children / (result.sharedBy ?? 1),
      };
    },
    tools: () => tools,
    [Symbol.asyncDispose]: () => threads[Symbol.asyncDispose](),
  };
}

/** Does attempts on one thread. @returns how each ended. */
function createSubmit(
  pool: Piscina<ThreadTask, ThreadResult[]>,
  step: AnyStep,
  fleetUrl: string,
  onTools: (tools: Tools) => void,
) {
  return async (runs: readonly PoolRun[]): Promise<PromiseSettledResult<ThreadResult>[]> => {
    const kill = new AbortController();
    const opened = runs.map((run) => openRun(step, run, kill));
    try {
      const results = await pool.run(
        { fleetUrl, step: step.name, attempts: opened.map(({ attempt }) => attempt) },
        { transferList: opened.map(({ attempt }) => attempt.port), signal: kill.signal },
      );
      return results.map((value, index) => {
        if (value.tools) onTools(value.tools);
        const reason = opened[index]?.supervision.reason();
        // An attempt that still finished while it was being stopped counts; one that gave up did so for this reason.
        return !value.ok && reason ? { status: "rejected", reason } : { status: "fulfilled", value };
      });
    } catch (thrown) {
      const crashed = (supervision?: AttemptSupervision) => ({
        status: "rejected" as const,
        reason: supervision?.reason() ?? crash(thrown),
      });
      return opened.length === 0 ? [crashed()] : opened.map(({ supervision }) => crashed(supervision));
    } finally {
      for (const each of opened) each[Symbol.dispose]();
    }
  };
}

/** An attempt as its thread gets it, watched from here. */
function openRun(
  step: AnyStep,
  { log, signal, requests, onSpawn, onReady, alone: _, ...run }: PoolRun,
  kill: AbortController,
) {
  const { port1, port2 } = new MessageChannel();
  const supervision = superviseAttempt({ step, log, signal, requests, onSpawn, onReady }, port1, kill);
  return {
    attempt: { ...run, port: port2 },
    supervision,
    [Symbol.dispose]() {
      supervision[Symbol.dispose]();
      port1.close();
    },
  };
}

function unwrap(end: PromiseSettledResult<ThreadResult> | undefined): ThreadResult {
  if (end?.status === "fulfilled") return end.value;
  throw end?.reason ?? new TypeError("a thread gave fewer results than it had attempts");
}

/** The error that a thread or a process ended with, its stack as the cause's. */
export function reviveFailure({ failure, stack }: Extract<ThreadResult, { ok: false }>): StepError {
  const cause = new Error(failure.message);
  if (stack) cause.stack = stack;
  return StepError.fromFailure(failure, { cause });
}

function crash(thrown: unknown): StepError {
  const error = StepError.from(thrown);
  // A thread that could not be begun has not crashed.
  if (error.family === "worker") return error;
  const outOfMemory =
    thrown instanceof Error && "code" in thrown && thrown.code === "ERR_WORKER_OUT_OF_MEMORY";
  return new StepError(outOfMemory ? "memory-budget-exceeded" : "worker-crashed", error.message, {
    cause: thrown,
  });
}
