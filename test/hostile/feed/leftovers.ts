import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createNames, localNaming } from "@segue/chain";
import { storeOf } from "../../support/cloud.ts";
import { descendantsOf, processesNaming } from "./footprint.ts";

export interface LeftoverOptions {
  readonly pids: readonly number[];
  /** What attempts work in: its folders stay, and must be empty. */
  readonly scratchDir: string;
  /** What the services believe to be the system's folder for temporary files. */
  readonly tmpDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Programs of child processes that services keep on purpose, one entry for each. */
  readonly kept: readonly string[];
}

/** An attempt announces its result before it has cleaned up, and a busy machine takes its time for that: what stays so long stays. */
const settleMs = 60_000;

/** What a fleet at rest holds and should not: child processes, temporary files and folders, uploads. In words. */
export async function findLeftovers(options: LeftoverOptions): Promise<string[]> {
  const deadline = Date.now() + settleMs;
  for (;;) {
    const found = await look(options);
    if (found.length === 0 || Date.now() > deadline) return found;
    await delay(100);
  }
}

async function look({ pids, scratchDir, tmpDir, env, kept }: LeftoverOptions): Promise<string[]> {
  const children = without(await descendantsOf(pids), kept);
  const orphans = await processesNaming(scratchDir);
  const scratch = await readdir(scratchDir, { recursive: true, withFileTypes: true });
  const files = scratch.filter((entry) => !entry.isDirectory() || entry.name.startsWith("attempt-"));
  const uploads: string[] = [];
  const bucket = createNames(localNaming).bucket("scratch");
  for await (const { name } of storeOf(env).walkObjects({ bucket, prefix: "uploads/" })) uploads.push(name);
  return [
    ...children.map((child) => `a child process: ${child}`),
    ...orphans.map((orphan) => `an orphan: ${orphan}`),
    ...files.map((entry) => `in scratch: ${join(entry.parentPath, entry.name)}`),
    ...(await readdir(tmpDir)).map((name) => `a temporary file: ${name}`),
    ...uploads.map((name) => `an upload: ${name}`),
  ];
}

/** What is left of a list when each entry of another is taken from it once. */
function without(list: readonly string[], taken: readonly string[]): string[] {
  const left = [...list];
  for (const entry of taken) {
    const at = left.indexOf(entry);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}
