import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What Linux says of a thread (`schedstat`): time on a core, and time ready to run without one. */
export interface Schedule {
  readonly cpuMs: number;
  readonly waitedMs: number;
}

/** A thread at a moment. */
export interface Task extends Schedule {
  /** Its path below `/proc`. */
  readonly name: string;
  /** As `stat` has it: `R` runs or is ready to, `S` sleeps, `D` waits for a disk, `T` is stopped. */
  readonly state: string;
  /** Of this process. */
  readonly isOurs: boolean;
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

/**
 * Threads of this process, and all of some children and of what those have started, as far as the system tells.
 * Those that have ended are left out.
 */
export function readTasks(threads: Iterable<number>, children: Iterable<number>): Task[] {
  const names = [...threads].map((id) => `self/task/${id}`);
  for (const pid of children) addTasks(pid, names);
  return names.flatMap((name) => readTask(name) ?? []);
}

function addTasks(pid: number, names: string[]): void {
  for (const id of readDir(`/proc/${pid}/task`)) {
    const name = `${pid}/task/${id}`;
    names.push(name);
    // Only some kernels tell.
    for (const child of readText(`/proc/${name}/children`).split(" ")) {
      if (child.trim() !== "") addTasks(Number(child), names);
    }
  }
}

function readTask(name: string): Task | undefined {
  const schedule = readSchedule(name);
  // After the command's name, which may hold anything.
  const state = readText(`/proc/${name}/stat`).split(") ").at(-1)?.at(0);
  return schedule && state ? { ...schedule, name, state, isOurs: name.startsWith("self/") } : undefined;
}

function readDir(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
