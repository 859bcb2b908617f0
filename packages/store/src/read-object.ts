import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Connection, formatRef } from "./connection.ts";
import { createCrc32c } from "./crc32c.ts";
import { ObjectCorruptError, StoreRefusedError, toStoreError } from "./errors.ts";
import type { ByteRange, ExpectedObject, ObjectRef } from "./object.ts";
import { type Media, openMedia } from "./open-media.ts";
import { retryUnavailable } from "./retry.ts";

/** The bytes of a whole object as they come, and an error after the last one if they are not those stored. */
async function* readVerified(media: Media, ref: ObjectRef, expect: ExpectedObject): AsyncGenerator<Buffer> {
  const running = createCrc32c();
  let sizeBytes = 0;
  for await (const chunk of media.body as AsyncIterable<Buffer>) {
    running.update(chunk);
    sizeBytes += chunk.length;
    yield chunk;
  }
  const what = formatRef(ref);
  const wantedBytes = expect.sizeBytes ?? media.lengthBytes;
  if (sizeBytes !== wantedBytes) {
    throw new ObjectCorruptError(what, `expected ${wantedBytes} bytes, read ${sizeBytes}`);
  }
  for (const wanted of [media.crc32c, expect.crc32c]) {
    if (wanted !== undefined && !running.validate(wanted)) {
      throw new ObjectCorruptError(what, `expected CRC32C ${wanted}, read ${running}`);
    }
  }
}

/** Reads a whole object into memory and verifies it against the checksum that storage states. */
export async function readObject(connection: Connection, ref: ObjectRef): Promise<Buffer> {
  return retryUnavailable(formatRef(ref), connection.requestTimeoutMs, async () => {
    const media = await openMedia(connection, ref);
    const whole = Buffer.allocUnsafeSlow(media.lengthBytes);
    let filledBytes = 0;
    for await (const chunk of readVerified(media, ref, {})) filledBytes += chunk.copy(whole, filledBytes);
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
    const media = await openMedia(connection, ref);
    const partial = `${path}.${randomUUID()}.partial`;
    try {
      await pipeline(
        readVerified(media, ref, expect),
        createWriteStream(partial, { highWaterMark: 1024 * 1024 }),
      );
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
  range: ByteRange = {},
): Promise<Readable> {
  const what = formatRef(ref);
  const { body } = await retryUnavailable(what, connection.requestTimeoutMs, () =>
    openMedia(connection, ref, range),
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
