import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isRunning } from "@segue/child-process";
import { FolderInUseError, lockFolder } from "@segue/local-cloud/lock-folder";
import { claimFolder } from "./data-edition.ts";

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

/** The folder can't be used, for a reason that its words tell. */
export class DataFolderUnusableError extends Error {
  override readonly name = "DataFolderUnusableError";
}

/**
 * Takes the folder for this process, until it ends: by a lock of the operating system, so that of two that start in the same
 * moment one is refused, in two containers as well.
 *
 * @throws {DataFolderBusyError} if a fleet runs on the folder.
 * @throws {DataFolderUnusableError} if it can't be made or written.
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const logDir = join(path, "logs");
  const scratchDir = join(path, "scratch");
  const ownerFile = join(path, "fleet.json");
  const remember = (processes: readonly number[]) =>
    writeFile(ownerFile, JSON.stringify({ pid: process.pid, processes } satisfies Owner));
  let lock: Disposable | undefined;
  try {
    lock = await takeFolder(path, ownerFile);
    await claimFolder(path, idName);
    await mkdir(logDir, { recursive: true });
    const owner = await readOwner(ownerFile);
    if (owner) await waitForOrphans(owner.processes);
    // Whatever attempts left behind when they were killed.
    await rm(scratchDir, { recursive: true, force: true });
    await mkdir(scratchDir, { recursive: true });
    await remember([]);
  } catch (error) {
    lock?.[Symbol.dispose]();
    throw error instanceof DataFolderBusyError ? error : unusable(path, error);
  }
  const held = lock;
  return {
    path,
    logDir,
    scratchDir,
    rememberProcesses: remember,
    async [Symbol.asyncDispose]() {
      await rm(ownerFile, { force: true });
      held[Symbol.dispose]();
    },
  };
}

/** Tracks, results and the database's password are nobody else's business. */
const privateMode = 0o700;
const lockName = "fleet.lock";
const idName = "fleet-id";

async function takeFolder(path: string, ownerFile: string): Promise<Disposable> {
  // A folder of somebody's own, named by --data, stays as open as it is until a fleet has been in it.
  const isNew = (await mkdir(path, { recursive: true, mode: privateMode })) !== undefined;
  const isOurs = isNew || existsSync(join(path, lockName)) || existsSync(join(path, idName));
  if (isOurs) await chmod(path, privateMode);
  try {
    return lockFolder(path, lockName);
  } catch (error) {
    if (!(error instanceof FolderInUseError)) throw error;
    const owner = await readOwner(ownerFile);
    const who = owner ? ` (process ${owner.pid})` : "";
    throw new DataFolderBusyError(
      `${path} is in use by a running fleet${who}; send it more with "segue add", or stop it, or use --data`,
    );
  }
}

const reasons: Readonly<Record<string, string>> = {
  EROFS: "it is on a read-only file system",
  // Of a folder that is made with all above it, Node says this in place of EROFS.
  ENOENT: "it can't be made there; the file system is read-only, most likely",
  EACCES: "this user may not write there",
  EPERM: "it belongs to another user",
  ENOSPC: "its disk is full",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "a part of its path is a file",
  EEXIST: "it is a file",
};

function unusable(path: string, cause: unknown): DataFolderUnusableError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const words = cause instanceof Error ? cause.message : String(cause);
  // SQLite tells these in words only.
  const named = /readonly|read-only/.test(words) ? "EACCES" : /disk is full/.test(words) ? "ENOSPC" : code;
  const why = reasons[named] ?? words;
  return new DataFolderUnusableError(`${path} can't hold a fleet's data: ${why}; use --data FOLDER`, {
    cause,
  });
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

/** Whether a process runs and, where the system tells, is still one of ours: ids are used again. */
async function isSegue(pid: number): Promise<boolean> {
  if (pid === process.pid || !isRunning(pid)) return false;
  try {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8");
    return /packages.(host|local-cloud).src/.test(command);
  } catch {
    return process.platform !== "linux";
  }
}
