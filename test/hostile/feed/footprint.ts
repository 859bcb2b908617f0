import { readdir, readFile, readlink } from "node:fs/promises";

/** What a process holds on to. */
export interface Footprint {
  readonly name: string;
  readonly pid: number;
  readonly threads: number;
  readonly files: number;
  readonly residentMiB: number;
}

/** Reads it from `/proc`; works on Linux only. */
export async function footprintOf(process: { name: string; pid: number }): Promise<Footprint> {
  const { name, pid } = process;
  const status = await readFile(`/proc/${pid}/status`, "latin1");
  const figure = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  return {
    name,
    pid,
    threads: figure("Threads"),
    files: (await readdir(`/proc/${pid}/fd`)).length,
    residentMiB: figure("VmRSS") / 1024,
  };
}

/** Every descendant of some processes, zombies included: the program that each runs. */
export async function descendantsOf(pids: readonly number[]): Promise<string[]> {
  const parents = new Map<number, number>();
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, "latin1").catch(() => "");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 4).split(" ", 1)[0]);
    if (parent > 0) parents.set(Number(entry), parent);
  }
  const known = new Set(pids);
  const found: number[] = [];
  for (let grew = true; grew; ) {
    grew = false;
    for (const [pid, parent] of parents) {
      if (!known.has(parent) || known.has(pid)) continue;
      known.add(pid);
      found.push(pid);
      grew = true;
    }
  }
  return Promise.all(found.map(programOf));
}

/** Programs whose arguments name a folder: also those that have lost their parent. */
export async function processesNaming(folder: string): Promise<string[]> {
  const named: string[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, "latin1").catch(() => "");
    if (command.includes(folder)) named.push(`${entry} ${command.replaceAll("\0", " ").slice(0, 200)}`);
  }
  return named;
}

async function programOf(pid: number): Promise<string> {
  return readlink(`/proc/${pid}/exe`).catch(() => "(zombie)");
}
