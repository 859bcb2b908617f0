import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

const variable = "SEGUE_ATTEMPT";

export interface Mark {
  readonly variable: string;
  readonly value: string;
}

/** An environment variable that a program hands on to all that it starts, so that they can be told from all others. */
export function createMark(): Mark {
  return { variable, value: randomUUID() };
}

/** Rounds of killing: a process may start another one just before it is killed itself. */
const maxRounds = 8;

/**
 * A program and all that came of it, found by their mark: also what has left its process group or session, and what has
 * outlived its parent. Linux only (`/proc`): elsewhere there is nobody to be found.
 */
export class MarkedProcesses {
  readonly #text: string;
  #others: ReadonlySet<number> = new Set();

  constructor(mark: Mark) {
    this.#text = `${mark.variable}=${mark.value}`;
  }

  /** Ids of those that run. What has been seen without the mark is not looked at again: descendants have it at once. */
  find(): number[] {
    const others = new Set<number>();
    const found: number[] = [];
    for (const pid of listProcesses()) {
      const environment = this.#others.has(pid) ? null : readEnvironment(pid);
      if (environment?.includes(this.#text)) found.push(pid);
      // Nothing to read: a zombie, or one that becomes another program just now.
      else if (environment !== "") others.add(pid);
    }
    this.#others = others;
    return found;
  }

  /** Kills all of them. */
  kill(): void {
    for (let round = 0; round < maxRounds; round++) {
      // An id may have been given anew.
      this.#others = new Set();
      const found = this.find();
      if (found.length === 0) return;
      for (const pid of found) killProcess(pid);
    }
  }

  /** Resident memory of all of them in bytes, if it may be over the limit; else some figure below it. */
  residentBytes(limitBytes: number): number {
    const pids = this.find();
    const upperBound = sum(pids.map((pid) => readKiB(pid, "status", "VmRSS")));
    if (upperBound <= limitBytes) return upperBound;
    // Exact, and dearer: pages that processes share are counted once.
    return sum(pids.map((pid) => readKiB(pid, "smaps_rollup", "Pss") || readKiB(pid, "status", "VmRSS")));
  }
}

function listProcesses(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Null: somebody else's, who may not be asked. */
function readEnvironment(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EACCES" ? null : "";
  }
}

/** A figure of `/proc`, in bytes; 0 if the process has ended. */
function readKiB(pid: number, file: "status" | "smaps_rollup", field: string): number {
  try {
    const text = readFileSync(`/proc/${pid}/${file}`, "latin1");
    return Number(new RegExp(`^${field}:\\s*(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
