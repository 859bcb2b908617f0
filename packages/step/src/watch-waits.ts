/**
 * How long an attempt could not go on for reasons that are not its own: its threads and children stood in line for a core,
 * waited for a disk or were stopped, storage did not answer, or the whole process stood still.
 *
 * The system tells of a wait (`schedstat`) when it is over, so a look every now and then adds up what has become known since
 * the last one, and a thread that is ready and has not moved since then waits now.
 */
import { readTasks, type Task } from "./schedule.ts";

const lookMs = 200;

export interface WaitWatch extends Disposable {
  /** A thread of this process belongs to the attempt. */
  addThread(id: number): void;
  /** A child, with all that it starts, belongs to it. */
  addChild(pid: number): void;
  /** Counts what an attempt asks of others until it is answered. */
  during(answering: Promise<void>): Promise<void>;
  /** Begins anew. */
  reset(): void;
  /** Since the beginning, in ms; never more than the time that has passed. */
  totalMs(): number;
}

interface Seen extends Task {
  /** Counted as waiting before the system told of it. */
  readonly countedMs: number;
}

export function createWaitWatch(now: () => number = () => performance.now()): WaitWatch {
  const threads = new Set<number>();
  const children = new Set<number>();
  let seen = new Map<string, Seen>();
  let startedAt = now();
  let lastLookAt = startedAt;
  let waitedMs = 0;
  let asking = 0;

  const look = () => {
    const at = now();
    const passedMs = at - lastLookAt;
    lastLookAt = at;
    const tasks = new Map<string, Seen>();
    // The attempt goes on only as fast as the slowest of its parts.
    let longestMs = asking > 0 ? passedMs : Math.max(0, passedMs - 2 * lookMs);
    for (const task of readTasks(threads, children)) {
      const before = seen.get(task.name);
      const { waited, countedMs } = waitOf(task, before, passedMs);
      tasks.set(task.name, { ...task, countedMs });
      longestMs = Math.max(longestMs, waited);
    }
    seen = tasks;
    waitedMs += Math.min(passedMs, longestMs);
  };
  const timer = setInterval(look, lookMs);
  timer.unref();
  return {
    addThread(id) {
      threads.add(id);
      look();
    },
    addChild(pid) {
      children.add(pid);
      look();
    },
    async during(answering) {
      look();
      asking += 1;
      await answering.finally(() => {
        look();
        asking -= 1;
      });
    },
    reset() {
      look();
      startedAt = lastLookAt;
      waitedMs = 0;
    },
    totalMs() {
      look();
      return Math.min(waitedMs, lastLookAt - startedAt);
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function waitOf(
  task: Task,
  before: Seen | undefined,
  passedMs: number,
): { readonly waited: number; readonly countedMs: number } {
  // A new child has waited since it was begun; a thread of ours has had other attempts before.
  if (!before) return { waited: task.isOurs ? 0 : task.waitedMs, countedMs: 0 };
  const ranMs = task.cpuMs - before.cpuMs;
  const toldMs = task.waitedMs - before.waitedMs;
  if (ranMs === 0 && toldMs === 0) {
    // `T`: somebody has stopped it; `D`: the disk. The system does not tell of these later.
    if (task.state === "T" || task.state === "D") return { waited: passedMs, countedMs: before.countedMs };
    if (task.state === "R") return { waited: passedMs, countedMs: before.countedMs + passedMs };
  }
  return {
    waited: Math.max(0, toldMs - before.countedMs),
    countedMs: Math.max(0, before.countedMs - toldMs),
  };
}
