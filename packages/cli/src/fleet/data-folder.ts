import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** The folder that holds a local fleet's whole state: queue, objects, database, logs. One fleet at a time. */
export interface DataFolder extends AsyncDisposable {
  readonly path: string;
  readonly logDir: string;
  readonly scratchDir: string;
  /** Remembers the processes that use the folder, so that a later start can wait for those that were left behind. */
  rememberProcesses(pids: readonly number[]): Promise<void>;
}

/** Another fleet uses the folder. */
export class DataFolderBusyError extends Error {
  override readonly name = "DataFolderBusyError";
}

interface Owner {
  readonly pid: number;
  readonly processes: readonly number[];
}

/** How long processes whose launcher was killed may take to notice and stop; then they are killed. */
const orphanGraceMs = 15_000;

/** @throws {DataFolderBusyError} if a fleet runs on the folder. */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const logDir = join(path, "logs");
  const scratchDir = join(path, "scratch");
  const ownerFile = join(path, "fleet.json");
  await mkdir(logDir, { recursive: true });
  const owner = await readOwner(ownerFile);
  if (owner && (await isSegue(owner.pid))) {
    throw new DataFolderBusyError(
      `${path} is in use by a running fleet (process ${owner.pid}); stop it, or use --data`,
    );
  }
  if (owner) await waitForOrphans(owner.processes);
  // Whatever attempts left behind when they were killed.
  await rm(scratchDir, { recursive: true, force: true });
  await mkdir(scratchDir, { recursive: true });
  const remember = (processes: readonly number[]) =>
    writeFile(ownerFile, JSON.stringify({ pid: process.pid, processes } satisfies Owner));
  await remember([]);
  return {
    path,
    logDir,
    scratchDir,
    rememberProcesses: remember,
    [Symbol.asyncDispose]: () => rm(ownerFile, { force: true }),
  };
}

async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    const owner: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof owner !== "object" || owner === null || !("pid" in owner) || !("processes" in owner))
      return undefined;
    return {
      pid: Number(owner.pid),
      processes: Array.isArray(owner.processes) ? owner.processes.map(Number) : [],
    };
  } catch {
    return undefined;
  }
}

async function waitForOrphans(pids: readonly number[]): Promise<void> {
  const deadline = Date.now() + orphanGraceMs;
  for (const pid of pids) {
    while (await isSegue(pid)) {
      if (Date.now() > deadline) process.kill(pid, "SIGKILL");
      await delay(50);
    }
  }
}

/** Whether a process id is alive and, where the system tells, still one of ours: ids are used again. */
async function isSegue(pid: number): Promise<boolean> {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const status = await readFile(`/proc/${pid}/stat`, "latin1");
    if (/\) Z /.test(status)) return false;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8");
    return /packages.(cli|local-cloud).src/.test(command);
  } catch {
    return process.platform !== "linux";
  }
}
