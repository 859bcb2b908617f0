import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What Linux says of a thread (`schedstat`): time on a core, and time ready to run without one. */
export interface Schedule {
  readonly cpuMs: number;
  readonly waitedMs: number;
}

/** @param thread its path below `/proc`, such as `thread-self`; null where the system does not tell. */
export function readSchedule(thread: string): Schedule | null {
  try {
    const [cpuNs, waitedNs] = readFileSync(`/proc/${thread}/schedstat`, "latin1").split(" ").map(Number);
    return cpuNs === undefined || waitedNs === undefined
      ? null
      : { cpuMs: cpuNs / 1e6, waitedMs: waitedNs / 1e6 };
  } catch {
    return null;
  }
}

/** The id of the calling thread; null where the system does not tell. */
export function readThreadId(): number | null {
  try {
    return Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  } catch {
    return null;
  }
}

/** How long that thread of a process has waited for a core that has waited longest, in ms; 0 where nobody tells. */
export function longestWaitMs(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return Math.max(0, ...threads.map((id) => readSchedule(`${pid}/task/${id}`)?.waitedMs ?? 0));
  } catch {
    return 0;
  }
}
