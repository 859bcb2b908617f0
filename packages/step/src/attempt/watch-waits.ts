/**
 * How long an attempt could not go on for reasons that are not its own: its threads and children stood in line for a core,
 * waited for a disk or were stopped, storage did not answer, or the whole process stood still.
 *
 * Threads of one attempt that stand in line for each other wait for nobody else: a line for cores counts as far as the attempt as a
 * whole had less of them than it could use.
 *
 * The system tells of a wait (`schedstat`) when it is over, so a look every now and then adds up what has become known since
 * the last one, and a thread that is ready and has not moved since then waits now.
 */
import { availableParallelism } from "node:os";
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

export interface WaitWatchOptions {
  now?(): number;
  /** Of the machine, as far as this process may use them. */
  readonly cores?: number;
  readonly read?: typeof readTasks;
}

export function createWaitWatch({
  now = () => performance.now(),
  cores = availableParallelism(),
  read = readTasks,
}: WaitWatchOptions = {}): WaitWatch {
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
    const { tasks, heldMs, inLineMs, ranMs, busy } = takeStock(read(threads, children), seen, passedMs);
    seen = tasks;
    // The attempt goes on only as fast as the slowest of its parts.
    const longestMs = Math.max(asking > 0 ? passedMs : passedMs - 2 * lookMs, heldMs);
    const lackedMs = passedMs - ranMs / Math.max(1, Math.min(busy, cores));
    waitedMs += Math.min(passedMs, Math.max(longestMs, Math.min(inLineMs, lackedMs)));
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

/** Of all of an attempt's parts since the last look: the longest waits, and what they ran together. */
function takeStock(parts: Iterable<Task>, before: ReadonlyMap<string, Seen>, passedMs: number) {
  const tasks = new Map<string, Seen>();
  const all = { tasks, heldMs: 0, inLineMs: 0, ranMs: 0, busy: 0 };
  for (const task of parts) {
    const { countedMs, heldMs, inLineMs, ranMs } = waitOf(task, before.get(task.name), passedMs);
    tasks.set(task.name, { ...task, countedMs });
    all.heldMs = Math.max(all.heldMs, heldMs);
    all.inLineMs = Math.max(all.inLineMs, inLineMs);
    all.ranMs += ranMs;
    if (ranMs > 0 || inLineMs > 0) all.busy += 1;
  }
  return all;
}

/** Since the last look. */
interface Wait {
  readonly ranMs: number;
  /** For a core. */
  readonly inLineMs: number;
  /** By a disk, or by somebody who has stopped it. */
  readonly heldMs: number;
  readonly countedMs: number;
}

function waitOf(task: Task, before: Seen | undefined, passedMs: number): Wait {
  const none = { ranMs: 0, inLineMs: 0, heldMs: 0, countedMs: before?.countedMs ?? 0 };
  // A new child has waited since it was begun; a thread of ours has had other attempts before.
  if (!before) return task.isOurs ? none : { ...none, ranMs: task.cpuMs, inLineMs: task.waitedMs };
  const ranMs = task.cpuMs - before.cpuMs;
  const toldMs = task.waitedMs - before.waitedMs;
  if (ranMs === 0 && toldMs === 0) {
    // `T`: somebody has stopped it; `D`: the disk. The system does not tell of these later.
    if (task.state === "T" || task.state === "D") return { ...none, heldMs: passedMs };
    if (task.state === "R") return { ...none, inLineMs: passedMs, countedMs: none.countedMs + passedMs };
  }
  return {
    ...none,
    ranMs,
    inLineMs: Math.max(0, toldMs - none.countedMs),
    countedMs: Math.max(0, none.countedMs - toldMs),
  };
}
