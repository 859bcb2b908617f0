import { randomUUID } from "node:crypto";
import {
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { RunningDigests } from "./checksum.ts";

const batchBytes = 1024 * 1024;

/**
 * The bytes of objects, a file each, named by a random id and never changed once published. What was composed is a folder of
 * links to its parts' files: joining gigabytes copies none of them.
 *
 * An upload writes to `incoming/`; the database names the blob; only then does it move to `blobs/`. Whoever is killed
 * in between leaves a file in `incoming/`, which the next start either publishes (the database knows it) or removes.
 * Nothing is fsynced: data survives the death of the process, not of the machine; readers verify checksums.
 */
export type Blobs = {
  /** A new blob's id; its file does not exist yet. */
  create(): string;
  incomingPath(id: string): string;
  /** The published files that hold a blob's bytes, in order. */
  parts(id: string): string[];
  /** Moves a blob to its final place. Synchronous, so that no request runs between the commit and the move. */
  publish(id: string): void;
  /** A second name for the same bytes, published at once: blobs never change. */
  link(from: string): string;
  /** The bytes of several published blobs, one after the other; not published yet. */
  compose(from: readonly string[]): string;
  remove(id: string): void;
  /** Removes what was never published, if the disk lets it; the next start removes it otherwise. */
  discard(id: string): void;
  listIncoming(): string[];
  incomingSizeBytes(id: string): number;
};

/** Opens the folder, making it if there is none. */
export function openBlobs(folder: string): Blobs {
  const incoming = join(folder, "incoming");
  mkdirSync(incoming, { recursive: true });
  for (let shard = 0; shard < 256; shard++) {
    mkdirSync(join(folder, "blobs", shard.toString(16).padStart(2, "0")), { recursive: true });
  }
  const incomingPath = (id: string) => join(incoming, id);
  const path = (id: string) => join(folder, "blobs", id.slice(0, 2), id);
  const remove = (id: string) => {
    rmSync(incomingPath(id), { force: true, recursive: true });
    rmSync(path(id), { force: true, recursive: true });
  };
  const discard = (id: string) => {
    try {
      remove(id);
    } catch {}
  };
  const parts = (id: string) => {
    const published = path(id);
    // A disk that failed between the commit and the move left it where it came in.
    const whole = existsSync(published) ? published : incomingPath(id);
    if (!statSync(whole).isDirectory()) return [whole];
    return readdirSync(whole)
      .sort()
      .map((part) => join(whole, part));
  };
  const compose = (from: readonly string[]) => {
    const id = randomUUID();
    mkdirSync(incomingPath(id));
    try {
      for (const [index, part] of from.flatMap(parts).entries())
        linkSync(part, join(incomingPath(id), String(index).padStart(8, "0")));
    } catch (error) {
      discard(id);
      throw error;
    }
    return id;
  };
  return {
    create: () => randomUUID(),
    incomingPath,
    parts,
    compose,
    publish: (id) => renameSync(incomingPath(id), path(id)),
    link(from) {
      const [only, ...more] = parts(from);
      if (only === undefined || more.length > 0) return compose([from]);
      const id = randomUUID();
      linkSync(only, incomingPath(id));
      return id;
    },
    remove,
    discard,
    listIncoming: () => readdirSync(incoming),
    incomingSizeBytes: (id) => statSync(incomingPath(id), { throwIfNoEntry: false })?.size ?? 0,
  };
}

/** Appends a body to a file: hashes and gathers chunks, and writes them about 1 MiB at a time. */
export class BlobWriter {
  readonly #file: FileHandle;
  readonly #digests: RunningDigests;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #pendingWrite: Promise<unknown> = Promise.resolve();
  sizeBytes: number;

  private constructor(file: FileHandle, digests: RunningDigests, sizeBytes: number) {
    this.#file = file;
    this.#digests = digests;
    this.sizeBytes = sizeBytes;
  }

  /** Opens `path` for appending, making it if there is none. `digests` must cover the bytes that are there. */
  static async open(path: string, digests: RunningDigests, sizeBytes: number): Promise<BlobWriter> {
    return new BlobWriter(await open(path, "a"), digests, sizeBytes);
  }

  /** Takes a chunk. A promise means: wait for it before the next one; it rejects when the disk fails. */
  write(chunk: Buffer): Promise<unknown> | undefined {
    this.#digests.update(chunk);
    this.sizeBytes += chunk.length;
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    return this.#waitingBytes >= batchBytes ? this.#flush() : undefined;
  }

  // One batch is being written while the next one fills: waiting for the batch before bounds memory at two.
  #flush(): Promise<unknown> {
    const before = this.#pendingWrite;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#pendingWrite = before.then(() => writeAll(this.#file, batch));
    this.#pendingWrite.catch(() => {});
    return before;
  }

  /** Writes what is left and closes the file, whether or not writing fails. */
  async close(): Promise<void> {
    try {
      if (this.#waitingBytes > 0) this.#flush();
      await this.#pendingWrite;
    } finally {
      await this.#file.close();
    }
  }
}

async function writeAll(file: FileHandle, batch: Buffer[]): Promise<void> {
  const { bytesWritten } = await file.writev(batch);
  let total = 0;
  for (const chunk of batch) total += chunk.length;
  if (bytesWritten === total) return;
  // A short write happens only when the disk is nearly full; the rest then fails with the reason.
  await file.writeFile(Buffer.concat(batch).subarray(bytesWritten));
}

/** Feeds the bytes of a file to `digests`. */
export async function digestFile(path: string, digests: RunningDigests): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: batchBytes })) digests.update(chunk);
}

/** A complete blob that is not published yet. */
export type StoredBlob = {
  readonly blob: string;
  readonly sizeBytes: number;
  readonly digests: { readonly crc32c: string; readonly md5: string };
};
