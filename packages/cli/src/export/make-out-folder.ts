import { mkdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Makes the folder for results, and in it the one for files.
 *
 * @throws {Error} whose message names the folder, and what is in the way.
 */
export async function makeOutFolder(dir: string): Promise<void> {
  try {
    await mkdir(join(dir, "assets"), { recursive: true });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    // A folder that is to be made with all above it can't lack one: Node says so of read-only file systems.
    const why = code === "ENOENT" ? "its file system is read-only, most likely" : String(cause);
    throw new Error(`${dir} can't hold results: ${why}`, { cause });
  }
}
