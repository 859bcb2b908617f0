import type { MessagePort } from "node:worker_threads";
import { killGroup } from "@segue/child-process";
import { StepError } from "@segue/contracts";
import type { AnyStep, StepLog } from "./define-step.ts";
import { longestWaitMs, readSchedule } from "./schedule.ts";
import { type AttemptRequests, answer, type FromThread, type ToThread } from "./thread-port.ts";

export interface SupervisionOptions {
  readonly step: AnyStep;
  readonly log: StepLog;
  readonly signal: AbortSignal;
  readonly requests: AttemptRequests;
  readonly onSpawn: ((pid: number) => void) | undefined;
  /** Called when the step is set up in its thread: the budget begins then. */
  readonly onReady: (() => void) | undefined;
}

export interface AttemptSupervision extends Disposable {
  /** Why the attempt was stopped; undefined if it was not. */
  reason(): StepError | undefined;
}

/** How long a thread that was told to stop may tidy up before it is killed. */
const graceMs = 300;
const reapMs = 100;
/** Longest that a thread may take to import the fleet and set the step up. */
const setupMs = 60_000;
const memoryPollMs = 100;
/** Share of the time budget: an attempt that has spent so much of it waiting for others is not to blame. */
const starvedShare = 0.7;

/** Attempts under way in this process: they share its resident memory. */
let running = 0;

/** Watches one attempt from outside its thread: time, memory, the caller's signal; ends its children with it. */
export function superviseAttempt(
  { step, log, signal, requests, onSpawn, onReady }: SupervisionOptions,
  port: MessagePort,
  kill: AbortController,
): AttemptSupervision {
  let reason: StepError | undefined;
  let graceTimer: NodeJS.Timeout | undefined;
  const children = new Set<number>();
  const waits = watchWaits();
  port.on("message", (message: FromThread) => {
    if (message.type === "log") log[message.level](message.fields, message.message);
    else if (message.type === "ask") void waits.during(answer(port, requests, message));
    else if (message.type === "began") {
      waits.began(message.threadId, message.waitedMs);
      startBudget();
    } else {
      children.add(message.pid);
      onSpawn?.(message.pid);
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
  // A thread that replaces a dead one sets the step up first: that is no fault of the next message's.
  const setupText = `${step.name} was not set up within ${setupMs} ms`;
  let timer = setTimeout(() => stop(new StepError("starved", setupText)), setupMs);
  const startBudget = () => {
    if (reason) return;
    clearTimeout(timer);
    timer = setTimeout(() => stop(timeOut(step, waits.totalMs(children, timeMs))), timeMs);
    onReady?.();
  };
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
}

/** @param waitedMs how long the attempt could not go on for reasons that are not its own. */
export function timeOut(step: Pick<AnyStep, "name" | "budget">, waitedMs: number): StepError {
  const { timeMs } = step.budget;
  const text = `${step.name} ran longer than its budget of ${timeMs} ms`;
  if (waitedMs < timeMs * starvedShare) return new StepError("time-budget-exceeded", text);
  return new StepError(
    "starved",
    `${text}; ${Math.round(waitedMs)} ms of it it waited for a core or for storage`,
  );
}

/** Adds up what an attempt waits for others: for a core, for storage, and while its whole process stood still. */
function watchWaits() {
  let startedAt = performance.now();
  let thread: { readonly id: number | null; readonly waitedMs: number } | undefined;
  let asking = 0;
  let askingSince = 0;
  let askedMs = 0;
  return {
    began(id: number | null, waitedMs: number) {
      startedAt = performance.now();
      thread = { id, waitedMs };
    },
    async during(answering: Promise<void>) {
      if (asking++ === 0) askingSince = performance.now();
      await answering;
      if (--asking === 0) askedMs += performance.now() - askingSince;
    },
    totalMs(children: ReadonlySet<number>, timeMs: number): number {
      const now = performance.now();
      const stoodStillMs = now - startedAt - timeMs;
      const forStorageMs = askedMs + (asking > 0 ? now - askingSince : 0);
      const own = thread?.id ? readSchedule(`self/task/${thread.id}`) : null;
      const ownMs = own && thread ? own.waitedMs - thread.waitedMs : 0;
      const forCoreMs = Math.max(ownMs, ...[...children].map(longestWaitMs));
      return Math.max(0, stoodStillMs) + forStorageMs + forCoreMs;
    },
  };
}
