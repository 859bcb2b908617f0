import type { MessagePort } from "node:worker_threads";
import { killGroup } from "@segue/child-process";
import { StepError } from "@segue/contracts";
import type { AnyStep, StepLog } from "../define-step.ts";
import { lateError, limitTime, overBudget } from "./limit-time.ts";
import { type AttemptRequests, answer, type FromThread, type ToThread } from "./thread-port.ts";
import { createWaitWatch } from "./watch-waits.ts";

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
  const waits = createWaitWatch();
  port.on("message", (message: FromThread) => {
    if (message.type === "log") log[message.level](message.fields, message.message);
    else if (message.type === "ask") void waits.during(answer(port, requests, message));
    else if (message.type === "entered") waits.addThread(message.threadId);
    else if (message.type === "began") startBudget();
    else {
      children.add(message.pid);
      waits.addChild(message.pid);
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
  const { timeMs } = step.budget;
  // A thread that replaces a dead one sets the step up first.
  const setupText = `${step.name} was not set up within ${setupMs} ms`;
  const setupTimer = setTimeout(() => stop(lateError(setupText, setupMs, waits.totalMs())), setupMs);
  let budget: Disposable | undefined;
  const startBudget = () => {
    if (reason) return;
    clearTimeout(setupTimer);
    waits.reset();
    budget = limitTime({ limitMs: timeMs, waits, text: overBudget(step), onOver: stop });
    onReady?.();
  };
  const poll = watchMemory(step, stop);
  const onAbort = () => stop(new StepError("aborted", `${step.name} was stopped: the worker drains`));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  return {
    reason: () => reason,
    [Symbol.dispose]() {
      running -= 1;
      clearTimeout(setupTimer);
      budget?.[Symbol.dispose]();
      clearTimeout(graceTimer);
      clearInterval(poll);
      waits[Symbol.dispose]();
      signal.removeEventListener("abort", onAbort);
      if (reason) for (const pid of children) killGroup(pid);
    },
  };
}

/** From now on, what all attempts of the process have taken beside what they may. */
function watchMemory({ name, budget }: AnyStep, onOver: (error: StepError) => void): NodeJS.Timeout {
  const rssBefore = process.memoryUsage.rss();
  const { memoryMiB } = budget;
  return setInterval(() => {
    const grownMiB = (process.memoryUsage.rss() - rssBefore) / 2 ** 20;
    if (grownMiB <= memoryMiB * running) return;
    const message = `${name} took ${Math.round(grownMiB)} MiB; its budget is ${memoryMiB} MiB`;
    onOver(new StepError("memory-budget-exceeded", message));
  }, memoryPollMs);
}
