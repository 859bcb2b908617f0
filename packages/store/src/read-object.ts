import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { type Connection, formatRef } from "./connection.ts";
import { ObjectCorruptError, StoreRefusedError, toStoreError } from "./errors.ts";
import type { ExpectedObject, ObjectRef, OpenRequest } from "./object.ts";
import { openMedia } from "./open-media.ts";
import { receiveMedia, type Sink } from "./receive-media.ts";
import { retryUnavailable } from "./retry.ts";

const batchBytes = 1024 * 1024;

/** Reads a whole object into memory and verifies it against the checksum that storage states. */
export async function readObject(connection: Connection, ref: ObjectRef): Promise<Buffer> {
  const what = formatRef(ref);
  return retryUnavailable(what, connection.requestTimeoutMs, async () => {
    let whole: Buffer = Buffer.alloc(0);
    let filledBytes = 0;
    await receiveMedia(connection, ref, {}, ({ lengthBytes }) => {
      if (lengthBytes === undefined) throw new ObjectCorruptError(what, "expected a stated length");
      whole = Buffer.allocUnsafeSlow(lengthBytes);
      return (chunk) => {
        filledBytes += chunk.copy(whole, filledBytes);
        return undefined;
      };
    });
    return whole;
  });
}

/** Reads a whole object as JSON. Throws `StoreRefusedError` when it is not JSON; the value is still to be parsed. */
export async function readJson(connection: Connection, ref: ObjectRef): Promise<unknown> {
  const text = (await readObject(connection, ref)).toString("utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StoreRefusedError(formatRef(ref), "expected JSON", error);
  }
}

/** Gathers chunks and writes them about 1 MiB at a time: 42 writes for 42 MB instead of 640. */
function gatherInto(file: FileHandle): { take: Sink; finish(): Promise<void> } {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  const flush = async () => {
    const batch = waiting;
    const expectedBytes = waitingBytes;
    waiting = [];
    waitingBytes = 0;
    const { bytesWritten } = await file.writev(batch);
    // Only a disk that is nearly full writes less; writing the rest then says so.
    if (bytesWritten < expectedBytes) await file.writeFile(Buffer.concat(batch).subarray(bytesWritten));
  };
  const take: Sink = (chunk) => {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    return waitingBytes < batchBytes ? undefined : flush();
  };
  return { take, finish: () => (waitingBytes > 0 ? flush() : Promise.resolve()) };
}

async function downloadOnce(connection: Connection, ref: ObjectRef, path: string, expect: ExpectedObject) {
  const file = await open(path, "wx");
  try {
    const gathered = gatherInto(file);
    await receiveMedia(connection, ref, expect, () => gathered.take);
    await gathered.finish();
  } finally {
    await file.close();
  }
}

/**
 * Copies an object to `path`, verified in the same pass. The file appears whole or not at all: it is written beside
 * its place and renamed. A local error (no room, no folder) comes back as Node's own.
 */
export async function downloadObject(
  connection: Connection,
  ref: ObjectRef,
  path: string,
  expect: ExpectedObject = {},
): Promise<void> {
  await retryUnavailable(formatRef(ref), connection.requestTimeoutMs, async () => {
    const partial = `${path}.${randomUUID()}.partial`;
    try {
      await downloadOnce(connection, ref, partial, expect);
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  });
}

/** Opens an object, or a part of it, as a stream. Not verified, and not resumed when it breaks. */
export async function openObject(
  connection: Connection,
  ref: ObjectRef,
  { generation, asStored = false, ...range }: OpenRequest = {},
): Promise<Readable> {
  const what = formatRef(ref);
  const whole = range.start === undefined && range.end === undefined;
  const { body } = await retryUnavailable(what, connection.requestTimeoutMs, () =>
    openMedia(connection, ref, whole ? undefined : range, { generation, asStored }),
  );
  const typed = async function* () {
    try {
      yield* body;
    } catch (error) {
      throw toStoreError(error, what);
    }
  };
  return Readable.from(typed(), { objectMode: false });
}
