import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Somebody else holds the lock. */
export class FolderInUseError extends Error {
  override readonly name = "FolderInUseError";
}

/**
 * Takes a folder, made if it is missing, for this process alone, by a lock of the operating system on one file in it: it ends
 * with the process, however that ends, and holds between processes that can't see each other, as in two containers.
 *
 * @throws {FolderInUseError} if another process, or this one, has it; any error of the file system as it is.
 */
export function lockFolder(folder: string, fileName: string): Disposable {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(folder, fileName));
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    if (!isBusy(cause)) throw cause;
    throw new FolderInUseError(`${folder}: expected a folder that nobody else uses`, { cause });
  }
  return { [Symbol.dispose]: () => lock.close() };
}

/** SQLITE_BUSY. */
function isBusy(thrown: unknown): boolean {
  return thrown instanceof Error && "errcode" in thrown && thrown.errcode === 5;
}
