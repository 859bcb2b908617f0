import { type Connection, formatRef } from "./connection.ts";
import { createCrc32c } from "./crc32c.ts";
import { ObjectCorruptError } from "./errors.ts";
import type { ExpectedObject, ObjectRef } from "./object.ts";
import { type Media, openMedia } from "./open-media.ts";

/** Takes the chunks of a download. A promise means: send the next one when it resolves. */
export type Sink = (chunk: Buffer) => Promise<unknown> | undefined;

/** Passes every chunk to `take`. Event handlers, not an async iterator: half the CPU at 64 KiB per chunk. */
function drain({ body }: Media, take: Sink): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      body.destroy();
      reject(error);
    };
    body.on("data", (chunk: Buffer) => {
      try {
        const pending = take(chunk);
        if (!pending) return;
        body.pause();
        pending.then(() => body.resume(), fail);
      } catch (error) {
        fail(error);
      }
    });
    body.on("end", resolve).on("error", reject);
    body.on("close", () => {
      if (!body.complete) reject(Object.assign(new Error("the connection was cut"), { code: "ECONNRESET" }));
    });
  });
}

function verify(what: string, actual: Required<ExpectedObject>, expected: readonly ExpectedObject[]): void {
  for (const { sizeBytes, crc32c } of expected) {
    if (sizeBytes !== undefined && sizeBytes !== actual.sizeBytes) {
      throw new ObjectCorruptError(what, `expected ${sizeBytes} bytes, read ${actual.sizeBytes}`);
    }
    if (crc32c !== undefined && crc32c !== actual.crc32c) {
      throw new ObjectCorruptError(what, `expected CRC32C ${crc32c}, read ${actual.crc32c}`);
    }
  }
}

/**
 * Downloads a whole object into `open(media)`, hashing on the way. Throws `ObjectCorruptError` after the last byte if
 * the bytes are not those that storage states, or not those that the caller expects.
 */
export async function receiveMedia(
  connection: Connection,
  ref: ObjectRef,
  expect: ExpectedObject,
  open: (media: Media) => Sink,
): Promise<void> {
  const media = await openMedia(connection, ref);
  const take = open(media);
  const running = createCrc32c();
  let sizeBytes = 0;
  await drain(media, (chunk) => {
    running.update(chunk);
    sizeBytes += chunk.length;
    return take(chunk);
  });
  const { lengthBytes, crc32c } = media;
  const stated = {
    ...(lengthBytes === undefined ? {} : { sizeBytes: lengthBytes }),
    ...(crc32c ? { crc32c } : {}),
  };
  verify(formatRef(ref), { sizeBytes, crc32c: running.toString() }, [stated, expect]);
}
