import { copyFile, link, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { PayloadRef } from "@segue/contracts";

/** Payloads that a group's steps hand on to each other: files in a directory of its own, which goes with it. */
export interface HeldPayloads {
  has(payload: PayloadRef): boolean;
  /** The file, which nobody changes; undefined where it is not held. */
  pathOf(payload: PayloadRef): string | undefined;
  /** Takes a file over: it is where it was no more. */
  take(payload: PayloadRef, path: string): Promise<void>;
  /** Holds a file that somebody else has as well. */
  share(payload: PayloadRef, path: string): Promise<void>;
  /** The file under another name. False: it is not held, or not any more, since somebody has written to it. */
  give(payload: PayloadRef, path: string): Promise<boolean>;
  /** Removes all of them. */
  drop(): Promise<void>;
}

/** @param scratchDir where the directory is made, when the first payload comes. */
export function holdPayloads(scratchDir: string): HeldPayloads {
  const files = new Map<string, { readonly path: string; readonly changedAtMs: number }>();
  let dir: Promise<string> | undefined;
  let count = 0;
  const newPath = async () => {
    dir ??= mkdtemp(join(scratchDir, "group-"));
    count += 1;
    return join(await dir, String(count));
  };
  const pathOf = (payload: PayloadRef) => files.get(nameOf(payload))?.path;
  const hold = async (payload: PayloadRef, path: string) => {
    files.set(nameOf(payload), { path, changedAtMs: (await stat(path)).mtimeMs });
  };
  return {
    has: (payload) => files.has(nameOf(payload)),
    pathOf,
    async take(payload, path) {
      const held = await newPath();
      await rename(path, held);
      await hold(payload, held);
    },
    async share(payload, path) {
      const held = await newPath();
      await linkOrCopy(path, held);
      await hold(payload, held);
    },
    async give(payload, path) {
      const held = files.get(nameOf(payload));
      if (held === undefined) return false;
      // Steps are to read what they are given, and those that had it before have the same file.
      const isAsItWas = (await stat(held.path)).mtimeMs === held.changedAtMs;
      if (isAsItWas) await linkOrCopy(held.path, path);
      else files.delete(nameOf(payload));
      return isAsItWas;
    },
    async drop() {
      if (dir) await rm(await dir, { recursive: true, force: true });
    },
  };
}

/** Other bytes of the same name are another payload. */
function nameOf({ bucket, name, sizeBytes, crc32c }: PayloadRef): string {
  return `${bucket}/${name} ${sizeBytes} ${crc32c}`;
}

/** Where the disk has no hard links. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}
