import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { killGroup } from "@segue/child-process";
import type { AttemptEvent } from "@segue/step/attempt";

/** As long as the runner waits before it kills the children of an attempt that it has told to stop. */
const graceMs = 300;
const pollMs = 10;

/** Processes below this one, by id; none where the system does not tell. */
export function childrenOf(pid: number = process.pid): number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const children = tasks.flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
    return children.filter((child) => !isZombie(child));
  } catch {
    return [];
  }
}

function isZombie(pid: number): boolean {
  return !/\) [^ZX] /.test(statOf(pid));
}

/** Whether a process leads a group of its own, as it must to be killed with all that it has started; also where it is gone already. */
function leadsItsGroup(pid: number): boolean {
  const group = /\) \S+ \d+ (\d+)/.exec(statOf(pid))?.[1];
  return group === undefined || Number(group) === pid;
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return "";
  }
}

/** Sees what children an attempt has, and kills those that it told of once it is told to stop, as the runner does. */
export function watchChildren() {
  const before = new Set(childrenOf());
  const told = new Set<number>();
  const ungrouped: number[] = [];
  const untold: number[] = [];
  let timer: NodeJS.Timeout | undefined;
  const mine = () => childrenOf().filter((pid) => !before.has(pid));
  const kill = () => {
    for (const pid of told) killGroup(pid);
  };
  return {
    watch(stop: AbortSignal): (event: AttemptEvent) => void {
      const onStop = () => {
        timer = setTimeout(() => {
          // A thread that waits for one is ended by now, in a worker: it goes on without.
          untold.push(...mine().filter((pid) => !told.has(pid)));
          kill();
        }, graceMs);
      };
      stop.addEventListener("abort", onStop, { once: true });
      return (event) => {
        if (event.type !== "spawned") return;
        told.add(event.pid);
        if (!leadsItsGroup(event.pid)) ungrouped.push(event.pid);
      };
    },
    /** After the attempt: what is wrong with its children, in words. */
    async left(patienceMs: number): Promise<string | undefined> {
      clearTimeout(timer);
      kill();
      if (ungrouped.length > 0)
        return `expected a child that leads its own process group (detached), got one that does not (${ungrouped})`;
      if (untold.length > 0)
        return `a child process goes on ${graceMs} ms after the stop, and was not told of (${untold}): see onSpawn`;
      const until = Date.now() + patienceMs;
      while (mine().length > 0 && Date.now() < until) await delay(pollMs);
      const [pid] = mine();
      return pid === undefined ? undefined : `a child process is left behind, and was not told of (${pid})`;
    },
  };
}
